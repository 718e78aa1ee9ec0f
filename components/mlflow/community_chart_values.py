"""The community Helm chart as another way to run the same tracking server: values of chart ``mlflow``. Pure.

Database, store, migrations, users, network policies, exposure, monitoring and garbage collection stay this project's
own objects, so both variants run on the same data. The chart brings Deployment, Service, autoscaler and service
account. It gets credentials only as names of existing Secrets.

An existing stack changes its variant in two steps, because both give their objects the same names and Helm adopts none
that it did not make: ``pulumi destroy --target '<urn of the old variant>' --target-dependents``, then ``pulumi up``.

What the chart's own ways would do instead, and why they are not taken (version 1.11.5):

- ``auth.enabled`` writes the database's password into a file with ``sed``, which ``/``, ``&`` or ``@`` in it breaks.
- ``backendStore.databaseMigration`` migrates in every pod at once.
- ``serviceMonitor.enabled`` refers to the target port ``http``, while the pods' port is ``mlflow``; it cannot log in.
- Its own image has another MLflow, which refuses the schema of this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.mlflow import names, pods
from components.mlflow.command import AUTH_FOLDER, METRICS_FOLDER, allowed_hosts, allowed_origins, server_environment
from components.mlflow.server import metrics_container, metrics_volume, wait_container

if TYPE_CHECKING:
    import pulumi

    from components.mlflow.plan import ServerPlan

Manifest = dict[str, Any]


def chart_values(plan: ServerPlan) -> dict[str, Any]:
    """Return the values."""
    settings = plan.settings
    security = {**pods.container_security(), "privileged": False, "runAsUser": pods.MLFLOW_USER}
    return {
        "fullnameOverride": names.SERVER,
        "replicaCount": settings.replicas,
        "image": _image(plan.image),
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "serviceAccount": {"create": False, "name": names.SERVER, "automount": False},
        "podAnnotations": {**plan.rotation, **({"mlplatform.dev/auth": plan.auth_config} if plan.auth_config else {})},
        # The chart sets the name itself, and the same key twice is no YAML.
        "extraPodLabels": {"app.kubernetes.io/part-of": names.selector(names.SERVER)["app.kubernetes.io/part-of"]},
        "podSecurityContext": pods.pod_security(pods.MLFLOW_USER),
        "securityContext": security,
        "service": {
            "type": settings.service_type,
            "port": names.SERVER_PORT,
            "name": names.HTTP,
            "containerPort": names.SERVER_PORT,
            "containerPortName": names.HTTP,
            **({"annotations": settings.service_annotations} if settings.service_annotations else {}),
        },
        **_stores(plan),
        "autoscaling": _autoscaling(plan),
        "extraArgs": {
            "workers": str(settings.workers),
            "exposePrometheus": METRICS_FOLDER,
            **({"appName": "basic-auth"} if settings.auth == "basic" else {}),
        },
        "extraFlags": [] if settings.artifacts.access == "proxied" else ["noServeArtifacts"],
        "extraEnvVars": _environment(plan),
        # Later Secrets win over the chart's own: one signing key, the stack's, for all replicas.
        "extraSecretNamesForEnvFrom": [names.SERVER_SECRET],
        "serverAllowedHosts": allowed_hosts(settings),
        "corsAllowedOrigins": allowed_origins(settings, plan.public_url),
        "initContainers": [wait_container(plan)],
        "extraVolumes": _volumes(plan),
        "extraContainers": [metrics_container(plan)] if plan.metrics else [],
        "extraVolumeMounts": [
            {"name": "metrics", "mountPath": METRICS_FOLDER},
            *([pods.read_only("auth", AUTH_FOLDER)] if plan.auth_config else []),
            *plan.database.mounts(),
        ],
        "resources": pods.resources(settings.requests, settings.memory_limit),
        "livenessProbe": {"initialDelaySeconds": 60, "periodSeconds": 20, "timeoutSeconds": 5, "failureThreshold": 12},
        "readinessProbe": {"initialDelaySeconds": 5, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        **({"affinity": _affinity()} if plan.production else {}),
    }


def _stores(plan: ServerPlan) -> Manifest:
    store = plan.store
    return {
        "backendStore": {
            "databaseMigration": False,
            "databaseConnectionCheck": False,
            "postgres": {
                "enabled": True,
                "host": plan.database.host,
                "port": plan.database.port,
                "database": plan.database.database,
                "driver": "psycopg2",
            },
            "existingDatabaseSecret": {
                "name": plan.database.secret,
                "usernameKey": "username",
                "passwordKey": "password",
            },
        },
        "artifactRoot": {
            "proxiedArtifactStorage": plan.settings.artifacts.access == "proxied",
            "s3": {
                "enabled": True,
                "bucket": store.bucket,
                **({"path": store.prefix} if store.prefix else {}),
                **({"existingSecret": {"name": store.secret}} if store.secret else {}),
            },
        },
    }


def _image(image: str) -> Manifest:
    name, _, digest = image.partition("@")
    repository, _, tag = name.rpartition(":")
    return {"repository": repository, "tag": tag, **({"digest": digest} if digest else {})}


def _autoscaling(plan: ServerPlan) -> Manifest:
    settings = plan.settings
    if settings.max_replicas is None:
        return {"enabled": False}
    target = {"type": "Utilization", "averageUtilization": 75}
    return {
        "enabled": True,
        "minReplicas": settings.replicas,
        "maxReplicas": settings.max_replicas,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }


def _environment(plan: ServerPlan) -> dict[str, pulumi.Input[str]]:
    """Return the plain variables; the secret ones come from Secrets as a whole, the address from the chart."""
    given = {"PGHOST", "PGPORT", "PGDATABASE"}
    plain = [variable for variable in server_environment(plan) if "value" in variable]
    return {variable["name"]: variable["value"] for variable in plain if variable["name"] not in given}


def _volumes(plan: ServerPlan) -> list[Manifest]:
    auth = [pods.config_volume("auth", plan.auth_config)] if plan.auth_config else []
    scratch = pods.scratch_volume("64Mi")
    return [scratch, metrics_volume(), pods.config_volume("scripts", plan.scripts), *auth, *plan.database.volumes()]


def _affinity() -> Manifest:
    term = {
        "labelSelector": {"matchLabels": names.selector(names.SERVER)},
        "topologyKey": "topology.kubernetes.io/zone",
    }
    return {
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]
        }
    }
