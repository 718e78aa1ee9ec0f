"""Rules of a cluster on EKS and its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from mlplatform.config.aws import NodeKind
from mlplatform.config.clock import today
from mlplatform.config.eks_support import version_fault
from mlplatform.config.fields import KUBERNETES_VERSION
from mlplatform.config.instance_types import NVIDIA_GPU, has_nvidia_gpu, has_other_chips, is_arm, is_instance_type
from mlplatform.config.rules.finding import entries, section
from mlplatform.config.rules.resources import amount, count, unique_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path

_GROUPS: Path = ("aws", "nodeGroups")
_KINDS = frozenset(get_args(NodeKind))
# The platform's pods with several replicas are spread over nodes.
_FEWEST_SYSTEM_NODES = 2


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule of the cluster itself."""
    cluster = section(raw, "cluster") or {}
    yield from _version(cluster)
    administrators = cluster.get("administrators")
    if isinstance(administrators, list):
        for index, arn in enumerate(administrators):
            # EKS refuses a second access entry for a principal. One of another account is as good as any: Amazon EKS
            # User Guide, "Create access entries".
            if isinstance(arn, str) and arn in administrators[:index]:
                yield ("cluster", "administrators", index), f"'{arn}' is named twice; name each once"
    if (section(raw, "istio") or {}).get("platform") is not None:
        yield (
            ("istio", "platform"),
            (
                "is for clusters that keep CNI plugins in other folders, and nodes of EKS keep them where Istio looks; "
                "remove it"
            ),
        )


def _version(cluster: dict[str, Any]) -> Iterator[Finding]:
    path: Path = ("cluster", "kubernetesVersion")
    version, extended = cluster.get("kubernetesVersion"), cluster.get("extendedSupport") is True
    if isinstance(version, str) and KUBERNETES_VERSION.fullmatch(version):
        fault = version_fault(version, extended=extended, today=today())
        if fault is not None:
            yield path, fault


def node_groups(raw: dict[str, Any], aws: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule of the node groups."""
    groups = entries(aws, "nodeGroups")
    production = raw.get("environment") == "production"
    for path, message in unique_names(aws, "nodeGroups", "node group"):
        yield ("aws", *path), message
    listed = aws.get("nodeGroups")
    kinds = {str(group.get("kind")) for _, group in groups}
    if isinstance(listed, list) and "system" not in kinds and kinds <= _KINDS:
        yield _GROUPS, "has no group of kind system, whose nodes the platform runs on; add one, with minSize 1 or more"
    for index, group in groups:
        path = (*_GROUPS, index)
        yield from _sizes(path, group, production=production)
        yield from _instance_types((*path, "instanceTypes"), group)
    if "gpu" not in kinds and kinds <= _KINDS:
        yield from _without_gpus(raw)


def _sizes(path: Path, group: dict[str, Any], *, production: bool) -> Iterator[Finding]:
    fewest, most = count(group.get("minSize")), count(group.get("maxSize"))
    if fewest is not None and most is not None and most < fewest:
        yield (*path, "maxSize"), f"{most} is below minSize ({fewest}); use at least {fewest}"
    if group.get("kind") != "system":
        return
    least = _FEWEST_SYSTEM_NODES if production else 1
    if fewest is not None and 0 <= fewest < least:
        why = "one node that fails must not take everything" if production else "without a node, nothing adds any"
        yield (*path, "minSize"), f"{fewest} is too few for kind system; use at least {least}: {why}"
    if production and group.get("capacity") == "spot":
        yield (
            (*path, "capacity"),
            "spot is taken away at two minutes' notice, and these nodes carry the platform; use onDemand",
        )


def _instance_types(path: Path, group: dict[str, Any]) -> Iterator[Finding]:
    given, kind = group.get("instanceTypes"), str(group.get("kind"))
    types = given if isinstance(given, list) else []
    sizes: dict[str, str] = {}
    for index, name in enumerate(types):
        if not isinstance(name, str) or not is_instance_type(name):
            continue
        sizes.setdefault(name.partition(".")[2], name)
        if is_arm(name):
            yield (
                (*path, index),
                f"'{name}' is not amd64, which images are made for; use for example m7i.large",
            )
        elif has_other_chips(name):
            yield (*path, index), f"'{name}' is made for chips that these nodes have no drivers for; use another type"
        elif kind == "gpu" and not has_nvidia_gpu(name):
            yield (*path, index), f"'{name}' has no GPU of NVIDIA; use for example g6.xlarge, or another kind of group"
        elif kind in {"system", "cpu"} and has_nvidia_gpu(name):
            yield (
                (*path, index),
                f"'{name}' has GPUs, which pods get in groups of kind gpu only; use another one",
            )
    if len(sizes) > 1:
        # Cluster Autoscaler FAQ for AWS, "MixedInstancesPolicy": it counts with the first type's CPU and memory.
        yield (
            path,
            f"{' and '.join(sizes.values())} differ in size, and the autoscaler counts on one; use one",
        )


def _without_gpus(raw: dict[str, Any]) -> Iterator[Finding]:
    for key, where in (("models", ("resources",)), ("training", ())):
        for index, entry in entries(raw, key):
            asked = section(entry, *where, "limits") or {}
            if amount(asked.get(NVIDIA_GPU)):
                yield (
                    (key, index, *where, "limits", NVIDIA_GPU),
                    "needs a node group of kind gpu, and aws.nodeGroups has none; add one, or remove this",
                )
