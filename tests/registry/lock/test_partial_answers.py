"""``whenReachable`` lets silence pass, never a contradiction: what was read counts, whatever could not be read."""

import pytest

from mlplatform.registry.served import VERIFY_VARIABLE
from tests.registry.lock.world import FILES

WHEN_REACHABLE = {"verify": "whenReachable"}
DENIED = (403, {}, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")


@pytest.fixture
def two(world, monkeypatch):
    """Two locked models; the first one's release was tampered with."""
    monkeypatch.delenv(VERIFY_VARIABLE, raising=False)
    world.register(f"{world.name}-b")
    world.deploy("second", f"{world.name}-b")
    world.lock()
    world.s3.client().put_object(Bucket=world.bucket, Key=world.key("model.pkl"), Body=b"W" + FILES["model.pkl"][1:])
    world.store_settings = WHEN_REACHABLE
    world.registry_settings = WHEN_REACHABLE
    world.forget()
    return world


def answering(world, answer, *, name="second", operation=None, end=""):
    """Have the store answer so to requests about a deployment's release."""
    place = world.key(name=name).rstrip("/")

    def before(request):
        about = request.path + "".join(request.query.get("prefix", []))
        concerned = place in about and operation in {None, request.operation} and about.endswith(end)
        return answer if concerned else None

    world.store.before = before


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("list_objects_v2", DENIED),
        ("head_object", (403, {}, b"")),
        ("head_object", (400, {}, b"")),
        ("head_object", (503, {}, b"")),
    ],
)
def test_a_release_that_cannot_be_read_hides_no_other_and_is_wrong_itself(two, operation, answer):
    answering(two, answer, operation=operation, end="MLmodel" if operation == "head_object" else "")
    problems = two.refused()
    assert list(problems) == [
        "locks/prod/iris.yaml: variants.default.files", "locks/prod/second.yaml: variants.default.files",
    ]  # fmt: skip
    assert "is not what was locked" in problems["locks/prod/iris.yaml: variants.default.files"]
    assert "though the release store answers otherwise: " in problems["locks/prod/second.yaml: variants.default.files"]


def test_one_object_of_the_only_release_that_cannot_be_read(world):
    world.lock()
    world.store_settings = WHEN_REACHABLE
    answering(world, (403, {}, b""), name="iris", operation="head_object", end="model.pkl")
    message = world.refused()["locks/prod/iris.yaml: variants.default.files"]
    assert "cannot be compared with the release at s3://" in message


def test_a_store_that_denies_everything_is_silent(two):
    two.store.before = lambda _request: DENIED
    (reason,) = two.served().unverified
    assert reason.startswith("the releases were not compared with their locks: the release store refused")
    two.store_settings = {}
    assert list(two.refused()) == ["Pulumi.prod.yaml: releaseStore.profile"]


def test_a_dead_store_is_asked_a_few_times_only(world):
    for index in range(20):
        name = f"{world.name}-{index}"
        world.register(name)
        world.deploy(f"m{index}", name)
    world.lock()
    world.store_settings = WHEN_REACHABLE
    world.forget()
    world.store.before = lambda _request: DENIED
    assert len(world.served().unverified) == 1
    assert len(world.store.requests) <= 8 + 8 + 8


@pytest.mark.parametrize("part", ["/logged-models/", "/runs/"])
def test_a_version_that_contradicts_is_refused_although_the_registry_fails_at_the_rest(world, part, client):
    world.lock()
    world.edit(lambda variant: variant.update(runId="0" * 32))
    client.set_model_version_tag(world.name, "1", "approved", "late")
    world.registry_settings = WHEN_REACHABLE
    world.proxy.answer(part, 500, "{}")
    messages = [problem.message for problem in world.problems()]
    assert any(message.startswith(f"runId of version 1 of '{world.name}' changed") for message in messages)


def test_a_registry_that_has_to_answer_has_to_answer_all(world):
    world.lock()
    world.registry_settings = {"verify": "required"}
    world.proxy.answer("/logged-models/", 500, "{}")
    (problem,) = world.problems()
    assert (problem.key, "failed" in problem.message) == ("registry.uri", True)


def test_a_registry_that_fails_half_way_was_compared_half_way(world, client):
    world.lock()
    client.set_model_version_tag(world.name, "1", "approved", "late")
    world.registry_settings = WHEN_REACHABLE
    world.proxy.answer("/logged-models/", 500, "{}")
    served = world.served()
    (reason,) = served.unverified
    assert reason.startswith(
        "the locks were compared with the registry's versions only, not with their runs and logged models: the MLflow"
    )
    (notice,) = served.notices
    assert "approved (none) -> late" in notice
    client.delete_model_version(world.name, "1")
    assert "has no version 1" in world.refused()["locks/prod/iris.yaml: variants.default.version"]
