"""Rules of the teams: shares that Kubernetes counts, and containers that fit into them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlplatform.config.draft import draft
from mlplatform.config.engines import AUTO, ENGINES, AddedContainer, engine_facts
from mlplatform.config.models import DEFAULT_RESOURCES
from mlplatform.config.parts.istio import IstioSection
from mlplatform.config.rules import training
from mlplatform.config.rules.finding import entries, section
from mlplatform.config.rules.namespaces import namespace_faults
from mlplatform.config.rules.resources import amount, unique_names
from mlplatform.config.tenancy import ContainerLimitsSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path

# https://kubernetes.io/docs/concepts/policy/resource-quotas/
_AMOUNTS = re.compile(
    r"(requests\.|limits\.)?(cpu|memory|ephemeral-storage)|requests\.storage|(requests\.)?hugepages-\w+"
    r"|[a-z0-9.-]+\.storageclass\.storage\.k8s\.io/requests\.storage"
)
# Of devices a quota counts requests only; one on their limits would be accepted, and ignored.
_COUNTS = re.compile(
    r"pods|services(\.(loadbalancers|nodeports))?|replicationcontrollers|resourcequotas|secrets|configmaps"
    r"|persistentvolumeclaims|count/[a-z0-9.-]+|requests\.[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9._-]+"
    r"|[a-z0-9.-]+\.storageclass\.storage\.k8s\.io/persistentvolumeclaims"
)
# What a container's limits are of.
_LIMITED = ("cpu", "memory")
# Of the chart istiod 1.30.
_SIDECAR = AddedContainer(what="Istio's sidecar", limits={"cpu": "2", "memory": "1Gi"})
_MODEL_RESOURCES = DEFAULT_RESOURCES.model_dump()


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    yield from unique_names(raw, "teams", "team")
    for index, team in entries(raw, "teams"):
        path: Path = ("teams", index)
        yield from namespace_faults(raw, (*path, "name"), team.get("name"))
        quota = team.get("quota")
        if isinstance(quota, dict):
            yield from _quota((*path, "quota"), quota)
        for resource in _LIMITED:
            yield from _limits((*path, "containerLimits"), resource, team, raw)
            yield from _workloads(resource, team, raw)


def _quota(path: Path, quota: dict[str, Any]) -> Iterator[Finding]:
    for name, given in quota.items():
        counted = _COUNTS.fullmatch(str(name))
        if not counted and not _AMOUNTS.fullmatch(str(name)):
            yield (
                (*path, name),
                (
                    "is nothing that a quota counts; use for example requests.cpu, limits.memory, requests.storage, "
                    "pods, count/jobs.batch or requests.nvidia.com/gpu"
                ),
            )
        elif counted and (count := amount(given)) is not None and count != count.to_integral_value():
            yield (*path, name), f"{given} is no whole number; what is counted cannot be divided"


def _limits(path: Path, resource: str, team: dict[str, Any], raw: dict[str, Any]) -> Iterator[Finding]:
    default, most = _default(team, resource), _most(team, resource)
    request = getattr(_container_limits(team), f"default_request_{resource}")
    if _above(request, default):
        yield (
            (*path, f"defaultRequest{resource.capitalize()}"),
            f"{request} is above default{resource.capitalize()} ({default}); a request is at most the limit",
        )
    key = f"max{resource.capitalize()}"
    if amount(most) is None:
        return
    if _above(default, most):
        yield (
            (*path, f"default{resource.capitalize()}"),
            f"{default} is above {key} ({most}): containers that state no limit would be refused",
        )
    for container in _added(team, raw):
        if _above(container.limits[resource], most):
            yield (
                (*path, key),
                (
                    f"{most} is below the {container.limits[resource]} of {container.what}, which the platform adds "
                    f"to pods; use at least {container.limits[resource]}"
                ),
            )
            return


def _added(team: dict[str, Any], raw: dict[str, Any]) -> Iterator[AddedContainer]:
    istio = section(raw, "istio")
    if istio is not None and draft(IstioSection, istio).data_plane == "sidecar":
        yield _SIDECAR
    served = [model.get("serving") for _, model in _inside(raw, "models", team)]
    yield from (engine.added_container for engine in ENGINES.values() if engine.name in served)


def _inside(raw: dict[str, Any], key: str, team: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the models or training jobs in a team's namespace."""
    name = team.get("name")
    yield from ((index, entry) for index, entry in entries(raw, key) if name and entry.get("namespace") == name)


def _workloads(resource: str, team: dict[str, Any], raw: dict[str, Any]) -> Iterator[Finding]:
    for index, model in _inside(raw, "models", team):
        resources = model.get("resources", _MODEL_RESOURCES)
        engine, runtime = engine_facts(model.get("serving")), model.get("runtime")
        limits = engine.runtime(runtime if isinstance(runtime, str) else AUTO).limits if engine else {}
        added = limits.get(resource)
        request = (section({"resources": resources}, "resources", "requests") or {}).get("cpu")
        if added and resource == "cpu" and _above(request, added):
            # components.serving.patterns.resources: the request, at least the runtime's own limit.
            added = request
        yield from _container(("models", index, "resources"), resources, resource, team, added=added)
    for index, job in _inside(raw, "training", team):
        resources = {**training.DEFAULT_RESOURCES, **job}
        # A job's CPU is held to its request (components.training.manifests).
        added = (section(resources, "requests") or {}).get("cpu") if resource == "cpu" else None
        yield from _container(("training", index), resources, resource, team, added=added)


def _container(
    path: Path, resources: Any, resource: str, team: dict[str, Any], *, added: str | None
) -> Iterator[Finding]:
    """Yield what the team's LimitRange refuses of a container; ``added``: the platform's limit where none is stated."""
    if not isinstance(resources, dict):
        return
    requests, limits = (section(resources, kind) or {} for kind in ("requests", "limits"))
    stated, request = limits.get(resource, added), requests.get(resource)
    most, default = _most(team, resource), _default(team, resource)
    key = resource.capitalize()
    if stated is not None and _above(stated, most):
        kind = "limits" if resource in limits or stated != request else "requests"
        yield (*path, kind, resource), f"{stated} is above max{key} ({most}) of the team {team.get('name')}"
    elif stated is None and _above(request, default):
        yield (
            (*path, "limits", resource),
            (
                f"is required: without it the limit is default{key} ({default}) of the team {team.get('name')}, "
                f"below the request ({request})"
            ),
        )


def _default(team: dict[str, Any], resource: str) -> Any:
    return getattr(_container_limits(team), f"default_{resource}")


def _most(team: dict[str, Any], resource: str) -> Any:
    return getattr(_container_limits(team), f"max_{resource}")


def _container_limits(team: dict[str, Any]) -> ContainerLimitsSection:
    return draft(ContainerLimitsSection, section(team, "containerLimits") or {})


def _above(value: Any, bound: Any) -> bool:
    given, limit = amount(value), amount(bound)
    return given is not None and limit is not None and given > limit
