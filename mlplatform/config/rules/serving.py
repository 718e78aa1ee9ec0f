"""Rules of the registry, the object store and the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.rules.namespaces import namespace_faults
from mlplatform.config.rules.resources import count, request_and_limit, short_host, unique_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    registry = raw.get("registry")
    if isinstance(registry, dict):
        yield from _registry(registry)
    store = raw.get("objectStore")
    # With the section aws all of it is decided (mlplatform.config.rules.aws_stores).
    if isinstance(store, dict) and raw.get("aws") is None:
        yield from _object_store(store)
    models = raw.get("models")
    if isinstance(models, list):
        yield from _retired(models, raw.get("retiredModels"))
        yield from unique_names(raw, "models", "deployment")
        for index, model in enumerate(models):
            if isinstance(model, dict):
                yield from namespace_faults(raw, ("models", index, "namespace"), model.get("namespace"))
                yield from _model(("models", index), model)


def _retired(models: list[Any], retired: Any) -> Iterator[Finding]:
    served = {model.get("name") for model in models if isinstance(model, dict)}
    for index, name in enumerate(retired if isinstance(retired, list) else ()):
        if isinstance(name, str) and name in served:
            yield ("retiredModels", index), f"'{name}' is still in models; remove it here or there"


def _registry(registry: dict[str, Any]) -> Iterator[Finding]:
    if registry.get("token") and (registry.get("username") or registry.get("password")):
        yield ("registry", "token"), "cannot be combined with username and password; keep one of the two"
    if registry.get("password") and not registry.get("username"):
        yield ("registry", "username"), "is required beside password: the user of the server's basic auth"


def _object_store(store: dict[str, Any]) -> Iterator[Finding]:
    ways = [key for key in ("roleArn", "credentials", "existingSecret", "minio") if store.get(key)]
    for extra in ways[1:]:
        yield ("objectStore", extra), f"cannot be combined with {ways[0]}; keep one way of access"
    if store.get("existingSecret"):
        yield from _said_elsewhere(store, "existingSecret")
    elif store.get("minio"):
        yield from _said_elsewhere(store, "minio")
    elif store.get("endpoint") and not ways:
        yield (
            ("objectStore", "credentials"),
            "is required beside endpoint (or existingSecret instead of it): such a store has no other way of access",
        )
    if short_host(store.get("endpoint")):
        yield (
            ("objectStore", "endpoint"),
            f"'{store['endpoint']}' is another Service in each namespace; write http://minio.<namespace>.svc:9000",
        )
    if store.get("roleArn") and store.get("endpoint"):
        # KServe sends STS calls to the endpoint as well, where nobody answers them.
        yield (
            ("objectStore", "endpoint"),
            "cannot be combined with roleArn: an IAM role works with AWS S3 only; remove one of the two",
        )


def _said_elsewhere(store: dict[str, Any], way: str) -> Iterator[Finding]:
    for key in ("endpoint", "region"):
        if store.get(key):
            yield ("objectStore", key), f"cannot be combined with {way}, which says that itself; remove it"


def _model(path: Path, model: dict[str, Any]) -> Iterator[Finding]:
    alias, version = model.get("alias"), model.get("version")
    if alias is None and version is None:
        yield (*path, "alias"), 'is required unless version is given: alias: champion, or version: "3"'
    if alias is not None and version is not None:
        yield (*path, "version"), "cannot be combined with alias; keep one of the two"
    yield from _replicas(path, model)
    resources = model.get("resources")
    if isinstance(resources, dict):
        yield from request_and_limit((*path, "resources"), resources)


def _replicas(path: Path, model: dict[str, Any]) -> Iterator[Finding]:
    fewest, most = count(model.get("minReplicas")), count(model.get("maxReplicas"))
    if fewest is not None and most is not None and fewest > most:
        yield (*path, "maxReplicas"), f"{most} is below minReplicas ({fewest}); use at least {fewest}"
