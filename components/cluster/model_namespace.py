"""A namespace in which models are served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as kubernetes

from components.cluster import object_store
from components.metadata import object_meta

if TYPE_CHECKING:
    from settings import ObjectStore


@dataclass(frozen=True, kw_only=True)
class ModelNamespaceArgs:
    """What a model namespace needs to know.

    Attributes:
        engines: the serving engines used in it.
        store: how its model servers reach the object store.

    """

    engines: frozenset[object_store.Engine]
    store: ObjectStore


def pod_security_labels(engines: frozenset[object_store.Engine]) -> dict[str, str]:
    """Return the Pod Security labels of a namespace.

    ``restricted``, except where Seldon serves: the containers that Seldon Core 1.17.1 adds to a pod (executor and
    storage initializer) neither drop capabilities nor can be told to, so ``restricted`` would refuse every pod.
    There ``baseline`` is enforced and the breaches of ``restricted`` are reported.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/
    """
    enforced = "baseline" if "seldon" in engines else "restricted"
    return {
        "pod-security.kubernetes.io/enforce": enforced,
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    }


class ModelNamespace(pulumi.ComponentResource):
    """A namespace with its Pod Security labels, its storage service account and the Secrets that it needs."""

    def __init__(self, name: str, args: ModelNamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespace ``name`` and what belongs in it."""
        super().__init__("mlplatform:cluster:ModelNamespace", name, {"engines": sorted(args.engines)}, opts)
        namespace = kubernetes.core.v1.Namespace(
            name,
            metadata=object_meta(name, extra_labels=pod_security_labels(args.engines)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        secrets = self._secrets(name, args, inside)
        store = args.store
        kserve_secret = object_store.secret_name(store, "kserve") if "kserve" in args.engines else None
        kubernetes.core.v1.ServiceAccount(
            f"{name}-{store.service_account}",
            metadata=object_meta(
                store.service_account,
                namespace=name,
                annotations=object_store.service_account_annotations(store),
            ),
            # KServe finds the credentials among the account's Secrets.
            secrets=[{"name": kserve_secret}] if kserve_secret else None,
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=secrets)),
        )
        self.register_outputs({"namespace": name})

    @staticmethod
    def _secrets(name: str, args: ModelNamespaceArgs, opts: pulumi.ResourceOptions) -> list[kubernetes.core.v1.Secret]:
        store = args.store
        if store.existing_secret:
            return []
        secrets = []
        if "kserve" in args.engines and store.credentials:
            secrets.append(
                kubernetes.core.v1.Secret(
                    f"{name}-{object_store.KSERVE_SECRET}",
                    metadata=object_meta(
                        object_store.KSERVE_SECRET,
                        namespace=name,
                        annotations=object_store.kserve_annotations(store),
                    ),
                    string_data={
                        "AWS_ACCESS_KEY_ID": store.credentials.access_key_id,
                        "AWS_SECRET_ACCESS_KEY": store.credentials.secret_access_key.output(),
                    },
                    opts=opts,
                )
            )
        if "seldon" in args.engines:
            keys: dict[str, pulumi.Input[str]] = {}
            if store.credentials:
                keys = {
                    "RCLONE_CONFIG_S3_ACCESS_KEY_ID": store.credentials.access_key_id,
                    "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY": store.credentials.secret_access_key.output(),
                }
            secrets.append(
                kubernetes.core.v1.Secret(
                    f"{name}-{object_store.SELDON_SECRET}",
                    metadata=object_meta(object_store.SELDON_SECRET, namespace=name),
                    string_data={**object_store.rclone_settings(store), **keys},
                    opts=opts,
                )
            )
        return secrets
