"""moto's S3 server with what the release store relies on and moto 5.2 does not do, run as ``python -m tests.moto_s3``.

S3 and MinIO do all of this, as the tests against a real MinIO show; here it is simulated before moto:

* a body that does not match its ``x-amz-checksum-sha256`` is refused (moto stores it, under the wrong checksum);
* ``ListParts`` tells the SHA-256 of each part and the algorithm of the upload (moto leaves them out);
* a part for an upload that is not there is refused as ``NoSuchUpload`` (moto fails);
* one request changes the store at a time (moto looks for the object and writes it in two steps).
"""

import base64
import hashlib
import io
import re
import sys
import threading
from urllib.parse import parse_qs

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

_GONE = b"<Error><Code>NoSuchUpload</Code><Message>The specified upload does not exist.</Message></Error>"
_REFUSED = b"<Error><Code>BadDigest</Code><Message>The SHA256 you specified did not match the body.</Message></Error>"


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_arguments):
        pass


class CheckedParts:
    """The application before moto's."""

    def __init__(self, moto):
        self.moto = moto
        self.lock = threading.Lock()
        self.sums, self.algorithms = {}, {}

    def __call__(self, environ, start_response):
        # A body in chunks ends by itself; it has no length.
        chunked = environ.get("wsgi.input_terminated")
        body = environ["wsgi.input"].read(*([] if chunked else [int(environ.get("CONTENT_LENGTH") or 0)]))
        environ["wsgi.input"] = io.BytesIO(body)
        query = parse_qs(environ["QUERY_STRING"])
        upload, part = (query.get(name, [None])[0] for name in ("uploadId", "partNumber"))
        announced = environ.get("HTTP_X_AMZ_CHECKSUM_SHA256")
        if environ["REQUEST_METHOD"] == "PUT" and announced:
            if announced != base64.b64encode(hashlib.sha256(body).digest()).decode():
                start_response("400 Bad Request", [("Content-Type", "text/xml")])
                return [_REFUSED]
            if upload:
                self.sums[upload, part] = announced
        if environ["REQUEST_METHOD"] == "GET" and upload:
            return self._list_parts(environ, start_response, upload)
        if environ["REQUEST_METHOD"] == "GET":
            return self.moto(environ, start_response)
        kept = {}
        with self.lock:
            try:
                answer = list(self.moto(environ, _keep(kept)))
            except KeyError:
                if not upload:
                    raise
                kept.update(status="404 Not Found", headers=[("Content-Type", "text/xml")])
                answer = [_GONE]
        if "uploads" in parse_qs(environ["QUERY_STRING"], keep_blank_values=True) and kept["status"].startswith("200"):
            begun = re.search(rb"<UploadId>(.+?)</UploadId>", b"".join(answer))[1].decode()
            self.algorithms[begun] = environ.get("HTTP_X_AMZ_CHECKSUM_ALGORITHM")
        start_response(kept["status"], kept["headers"])
        return answer

    def _list_parts(self, environ, start_response, upload):
        kept = {}
        answer = b"".join(self.moto(environ, _keep(kept)))

        def with_sum(match):
            found = self.sums.get((upload, match[1].decode()))
            return match[0] + (f"<ChecksumSHA256>{found}</ChecksumSHA256>".encode() if found else b"")

        answer = re.sub(rb"<PartNumber>(\d+)</PartNumber>", with_sum, answer)
        if algorithm := self.algorithms.get(upload):
            element = f"<ChecksumAlgorithm>{algorithm}</ChecksumAlgorithm><UploadId>"
            answer = answer.replace(b"<UploadId>", element.encode(), 1)
        headers = [pair for pair in kept["headers"] if pair[0].lower() != "content-length"]
        start_response(kept["status"], [*headers, ("Content-Length", str(len(answer)))])
        return [answer]


def _keep(kept):
    return lambda status, headers, *_rest: kept.update(status=status, headers=headers)


if __name__ == "__main__":
    application = CheckedParts(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True, request_handler=Quiet)
