"""What is lost when a resource goes: the data behind it, which no update brings back.

Two signs: its type is in the list below, or the program itself says so by ``protect`` or ``retainOnDelete``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.review.diff.resource_diff import ResourceDiff

# Pattern of a type token -> what is lost with it. The first that fits counts.
HOLDS: tuple[tuple[str, str], ...] = (
    ("kubernetes:core/v1:PersistentVolumeClaim", "the volume and all data on it"),
    ("kubernetes:core/v1:PersistentVolume", "the volume and all data on it"),
    ("kubernetes:core/v1:Namespace", "everything in the namespace"),
    ("kubernetes:apps/v1:StatefulSet", "its pods and their claim on their volumes"),
    ("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "all objects of that kind"),
    ("kubernetes:postgresql.cnpg.io/v1:Cluster", "the databases and their volumes"),
    ("kubernetes:postgresql.cnpg.io/v1:Database", "the database"),
    ("kubernetes:barmancloud.cnpg.io/v1:ObjectStore", "the way to the backups"),
    ("kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshot", "the snapshot"),
    ("kubernetes:cert-manager.io/v1:Certificate", "the key and the trust of all that it signed"),
    ("random:index/*", "the generated value, with all that was encrypted or logged in with it"),
    ("tls:index/*Key:*", "the generated key"),
    ("aws:s3/bucket*Object*:*", "the object"),
    ("aws:s3/bucket:Bucket", "the bucket and all objects in it"),
    ("aws:s3/bucketV2:BucketV2", "the bucket and all objects in it"),
    ("aws:rds/*nstance:*", "the database"),
    ("aws:rds/*luster:*", "the databases"),
    ("aws:rds/*napshot:*", "the snapshot"),
    ("aws:dynamodb/table:Table", "the table"),
    ("aws:eks/cluster:Cluster", "the cluster with everything on it"),
    ("eks:index:Cluster", "the cluster with everything on it"),
    ("aws:cloudwatch/logGroup:LogGroup", "all that was logged in it"),
    ("aws:ec2/eip:Eip", "the address, which others may have let in"),
    ("aws:ec2/vpc:Vpc", "the network with everything in it"),
    ("aws:kms/key:Key", "the key, and with it all that it encrypted"),
    ("aws:kms/*Key:*", "the key, and with it all that it encrypted"),
    ("aws:efs/fileSystem:FileSystem", "the file system and all data on it"),
    ("aws:ebs/volume:Volume", "the volume and all data on it"),
    ("aws:ebs/snapshot:Snapshot", "the snapshot"),
    ("aws:ecr/repository:Repository", "the repository and all images in it"),
    ("aws:secretsmanager/secret:Secret", "the secret"),
    ("aws:backup/vault:Vault", "the backups"),
    ("aws:route53/zone:Zone", "the zone and all names in it"),
)
# Only an issuer's certificate carries trust; any other is simply issued again.
_CERTIFICATE = "kubernetes:cert-manager.io/v1:Certificate"
_BY_FLAG = "what the program protects or retains"

Way = Literal["delete", "replace", "forget"]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A resource that holds state, and goes.

    Attributes:
        resource: the resource.
        way: ``delete``; ``replace``, which deletes the present one; ``forget``: it leaves the stack and stays where it
            is, because of ``retainOnDelete``.
        what: what is lost with it, or left behind, in words.

    """

    resource: ResourceDiff
    way: Way
    what: str


def losses(resources: Iterable[ResourceDiff]) -> tuple[Loss, ...]:
    """Return what holds state and would be deleted, replaced or forgotten: in that order."""
    all_losses = [loss for resource in resources if (loss := _loss(resource))]
    ways: tuple[Way, ...] = ("delete", "replace", "forget")
    return tuple(sorted(all_losses, key=lambda loss: ways.index(loss.way)))


def _loss(resource: ResourceDiff) -> Loss | None:
    old = resource.old
    if resource.op not in {"delete", "replace"} or old is None or not old.custom:
        return None
    what = _held(resource)
    if what is None:
        return None
    # A retained object of the same name would stand in the way of its replacement; the engine only forgets it.
    way: Way = "forget" if old.retain_on_delete else "delete" if resource.op == "delete" else "replace"
    return Loss(resource=resource, way=way, what=what)


def _held(resource: ResourceDiff) -> str | None:
    old = resource.old
    if old is None:
        return None
    for pattern, what in HOLDS:
        if fnmatchcase(resource.type, pattern):
            is_issuer = resource.type != _CERTIFICATE or _spec(old.inputs).get("isCA") is True
            return what if is_issuer or old.protect or old.retain_on_delete else None
    return _BY_FLAG if old.protect or old.retain_on_delete else None


def _spec(inputs: object) -> dict[str, object]:
    spec = inputs.get("spec") if isinstance(inputs, dict) else None
    return spec if isinstance(spec, dict) else {}
