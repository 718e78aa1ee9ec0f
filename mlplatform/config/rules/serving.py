"""Rules of the registry, the object store and the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.fields import MAX_DEPLOYMENT_NAME, MAX_LABEL
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
    # With the section aws all of it is decided (settings.rules.aws_stores).
    if isinstance(store, dict) and raw.get("aws") is None:
        yield from _object_store(store)
    models = raw.get("models")
    if isinstance(models, list):
        yield from unique_names(raw, "models", "deployment")
        for index, model in enumerate(models):
            if isinstance(model, dict):
                yield from namespace_faults(raw, ("models", index, "namespace"), model.get("namespace"))
                yield from _model(("models", index), model)


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
    yield from _host(path, model)
    yield from _replicas(path, model)
    resources = model.get("resources")
    if isinstance(resources, dict):
        yield from request_and_limit((*path, "resources"), resources)
        yield from _autoscaling(path, model, resources)


def _host(path: Path, model: dict[str, Any]) -> Iterator[Finding]:
    # KServe's host is <name>-predictor-<namespace>.<domain> (pkg/controller/.../ingress/domain.go), each label of it
    # at most 63 characters.
    name, namespace = model.get("name"), model.get("namespace")
    if model.get("serving") != "kserve" or not isinstance(name, str) or not isinstance(namespace, str):
        return
    host = f"{name}-predictor-{namespace}"
    if len(host) > MAX_LABEL and len(name) <= MAX_DEPLOYMENT_NAME:
        yield (
            (*path, "name"),
            f"is too long with its namespace: '{host}', of KServe's host, has more than {MAX_LABEL} characters",
        )


def _replicas(path: Path, model: dict[str, Any]) -> Iterator[Finding]:
    fewest, most = count(model.get("minReplicas")), count(model.get("maxReplicas"))
    if fewest is not None and most is not None and fewest > most:
        yield (*path, "maxReplicas"), f"{most} is below minReplicas ({fewest}); use at least {fewest}"
    if fewest == 0 and model.get("serving") == "seldon":
        yield (
            (*path, "minReplicas"),
            "0 (scale to zero) is something Seldon cannot do; use at least 1, or serving: kserve",
        )


def _autoscaling(path: Path, model: dict[str, Any], resources: dict[str, Any]) -> Iterator[Finding]:
    most, requests = count(model.get("maxReplicas")), resources.get("requests", {})
    scaled = most is not None and most > (count(model.get("minReplicas", 1)) or 0)
    if model.get("serving") == "seldon" and scaled and isinstance(requests, dict) and "cpu" not in requests:
        yield (
            (*path, "resources", "requests", "cpu"),
            "is required: Seldon's autoscaler measures CPU against the request; add for example cpu: 500m",
        )
