"""A publisher that is killed: the next one goes on, and sends nothing again that was finished."""

import os
import signal
import threading
import time

from tests.object_stores import ENVIRONMENT
from tests.registry.release import publisher
from tests.registry.release.conftest import MODEL, PART
from tests.store_proxy import xml_error

SENDING = ("put_object", "upload_part")
PROBE = ".mlplatform-conditional-writes"


def finished(proxy):
    """Return what the server took: files and parts, without the probe."""
    return [name for name in proxy.sent(*SENDING, status=200) if PROBE not in name]


def test_killed_after_any_write_and_resumed(server, make_release, proxy_to):
    writes = 0
    while not killed_and_resumed(server, make_release(server, MODEL), proxy_to, writes):
        writes += 1
    # The probe's six less its abort, three files; begin, three parts and end of the large one.
    assert writes >= 13


def killed_and_resumed(server, release, proxy_to, writes):
    """Kill a publisher once the store has done so many writes, and resume; return whether it was done before that."""
    proxy, children, started = proxy_to(server.endpoint), [], threading.Event()

    def kill(request):
        done = [one for one in proxy.requests if one.method not in {"GET", "HEAD"}]
        if len(done) > writes or (not writes and request.operation == "list_objects_v2"):
            started.wait(60)
            # Its work is done in the store, and nobody hears of it.
            os.kill(children[0].pid, signal.SIGKILL)
            return "drop"
        return None

    proxy.after = kill
    children.append(publisher.start(release, proxy.endpoint, part_size=PART, environment=ENVIRONMENT))
    started.set()
    children[0].join(120)
    proxy.drain()
    if children[0].exitcode == 0:
        return True
    assert children[0].exitcode == -signal.SIGKILL
    check_resumed(server, release, finished(proxy), proxy_to(server.endpoint), writes)
    return False


def check_resumed(server, release, before, proxy, killed):
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    assert set(finished(proxy)).isdisjoint(before), killed
    sent_again = [name for name in proxy.sent(*SENDING) if name in before]
    assert sent_again == [], killed
    assert len(before) + len(finished(proxy)) == 6, killed
    assert store.check(release.uri, released, full=True) == ()
    assert (
        not server.client()
        .list_multipart_uploads(Bucket=release.bucket, Prefix=release.key("model.pkl"))
        .get("Uploads")
    )


def test_interrupt_begins_no_further_part(server, make_release, proxy_to):
    release = make_release(server, {"model.pkl": 20 * PART})
    proxy = proxy_to(server.endpoint)
    proxy.latency = 0.1
    child, started, interrupted = None, threading.Event(), threading.Event()

    def interrupt(request):
        if request.name == "upload_part model.pkl 1":
            started.wait(60)
            os.kill(child.pid, signal.SIGINT)
            interrupted.set()
        elif interrupted.is_set() and request.operation == "upload_part":
            # All threads wait for these, so the one that gets the signal has the processor for itself.
            time.sleep(3)

    proxy.before = interrupt
    child = publisher.start(release, proxy.endpoint, part_size=PART, environment=ENVIRONMENT)
    started.set()
    child.join(120)
    proxy.drain()
    assert child.exitcode == 1
    # Those under way, and those that began while the signal travelled.
    assert len(proxy.sent("upload_part")) < 20
    assert "complete_multipart_upload" not in proxy.operations()[-1]
    before, second = finished(proxy), proxy_to(server.endpoint)
    release.open(second.endpoint).publish(release.uri, release.folder, release.files)
    assert set(before).isdisjoint(second.sent(*SENDING))


def test_parts_of_other_content_are_sent_anew(server, make_release):
    release = make_release(server, MODEL)
    client, key = server.client(), {"Bucket": release.bucket, "Key": release.key("model.pkl")}
    upload = client.create_multipart_upload(ChecksumAlgorithm="SHA256", **key)["UploadId"]
    for number in (1, 2):
        client.upload_part(UploadId=upload, PartNumber=number, Body=b"!" * PART, ChecksumAlgorithm="SHA256", **key)
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    assert store.check(release.uri, released, full=True) == ()


def test_upload_without_sha256_is_left_alone(server, make_release):
    release = make_release(server, MODEL)
    client, key = server.client(), {"Bucket": release.bucket, "Key": release.key("model.pkl")}
    upload = client.create_multipart_upload(**key)["UploadId"]
    client.upload_part(UploadId=upload, PartNumber=1, Body=b"!" * PART, **key)
    store = release.open(server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    assert store.check(release.uri, released, full=True) == ()


def test_upload_that_others_abort_in_between_begins_anew(server, make_release, proxy_to):
    release = make_release(server, MODEL)
    proxy, aborted = proxy_to(server.endpoint), []

    def abort(request):
        if request.name == "upload_part model.pkl 2" and not aborted:
            aborted.append(request.query["uploadId"][0])
            key = {"Bucket": release.bucket, "Key": release.key("model.pkl")}
            server.client().abort_multipart_upload(UploadId=aborted[0], **key)

    proxy.before = abort
    done = []
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files, progress=done.append)
    released = release.files
    assert store.check(release.uri, released, full=True) == ()
    assert sum(done) == sum(file.size for file in release.files)


def test_user_who_may_not_list_uploads_publishes_all_the_same(server, make_release, proxy_to):
    release = make_release(server, MODEL)
    proxy = proxy_to(server.endpoint)
    proxy.before = lambda request: (
        xml_error(403, "AccessDenied") if request.operation == "list_multipart_uploads" else None
    )
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    assert store.check(release.uri, released, full=True) == ()


def test_answer_that_gets_lost_is_asked_for_again(server, make_release, proxy_to):
    # The write happened: the repetition is refused, and what lies there is what was sent.
    release = make_release(server, MODEL)
    proxy, lost = proxy_to(server.endpoint), set()

    def lose(request):
        writes = {*SENDING, "complete_multipart_upload"}
        if request.operation in writes and PROBE not in request.name and request.name not in lost:
            lost.add(request.name)
            return "drop"
        return None

    proxy.after = lose
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    released = release.files
    assert len(lost) == 7
    assert store.check(release.uri, released, full=True) == ()
