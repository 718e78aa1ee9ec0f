"""What the people of a team may do in its namespace. Pure functions.

The built-in ClusterRole ``edit`` reads and writes Secrets, hands out tokens of service accounts and opens shells in
pods, so editors would hold the object store's credentials. These roles grant none of the three, and change no role,
quota or network policy.

Who may start pods can still mount a Secret of the namespace into one. What editors can reach in this way: the keys that
model servers read models with; where the stack trains, the MLflow user of training jobs, one for all teams; with
``mlflow.artifacts.access: direct`` a key that writes artifacts; and what a team puts there itself. So the namespaces
keep teams apart in the cluster, not inside of MLflow (docs/adr/0015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.kubernetes.metadata import labels
from components.serving.engines import ENGINES

if TYPE_CHECKING:
    from mlplatform.config.tenancy import Team

EDITOR, VIEWER = "team-editor", "team-viewer"
_RBAC = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]
_WRITE = [*_READ, "create", "update", "patch", "delete"]
# API group -> what a team works with.
_OWN = {
    "": ["configmaps", "persistentvolumeclaims", "services"],
    "apps": ["deployments", "statefulsets"],
    "autoscaling": ["horizontalpodautoscalers"],
    "batch": ["cronjobs", "jobs"],
    "policy": ["poddisruptionbudgets"],
    **{engine.api_group: list(engine.resources) for engine in ENGINES.values()},
}
# What shows how that is doing.
_SHOWN = {
    "": ["endpoints", "events", "limitranges", "pods", "pods/log", "resourcequotas", "serviceaccounts"],
    "apps": ["replicasets"],
    "events.k8s.io": ["events"],
    "networking.k8s.io": ["networkpolicies"],
    "serving.knative.dev": ["configurations", "revisions", "routes", "services"],
}


def roles(namespace: str, team: Team) -> list[dict[str, Any]]:
    """Return the ``Role`` and the ``RoleBinding`` of a team's editors and of its viewers, where it has such groups."""
    restart = {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]}
    read_rules = _rules(_SHOWN, _READ)
    granted = (
        (EDITOR, [*_rules(_OWN, _WRITE), *read_rules, restart], team.editors),
        (VIEWER, [*_rules(_OWN, _READ), *read_rules], team.viewers),
    )
    return [manifest for name, rules, groups in granted if groups for manifest in _role(namespace, name, rules, groups)]


def _role(namespace: str, name: str, rules: list[dict[str, Any]], groups: tuple[str, ...]) -> list[dict[str, Any]]:
    metadata = {"name": name, "namespace": namespace, "labels": labels()}
    version, group = f"{_RBAC}/v1", {"apiGroup": _RBAC}
    return [
        {"apiVersion": version, "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": version,
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {**group, "kind": "Role", "name": name},
            "subjects": [{**group, "kind": "Group", "name": people} for people in groups],
        },
    ]


def _rules(resources: dict[str, list[str]], verbs: list[str]) -> list[dict[str, Any]]:
    return [{"apiGroups": [group], "resources": names, "verbs": verbs} for group, names in sorted(resources.items())]
