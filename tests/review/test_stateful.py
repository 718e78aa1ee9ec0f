"""What holds state and would go."""

import pytest

from mlplatform.review.diff.comparison import diff_states
from mlplatform.review.diff.stateful import losses
from tests.review.pairs import kube
from tests.review.states import entry, state


def thing(kind, name="x", **more):
    return entry(f"urn:pulumi:dev::mlplatform::{kind}::{name}", {}, **more)


def lost(old, new=()):
    return [(loss.resource.name, loss.way, loss.what) for loss in losses(diff_states(state(*old), state(*new)))]


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("kubernetes:core/v1:PersistentVolumeClaim", "the volume and all data on it"),
        ("kubernetes:core/v1:Namespace", "everything in the namespace"),
        ("kubernetes:apps/v1:StatefulSet", "its pods and their claim on their volumes"),
        ("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "all objects of that kind"),
        ("kubernetes:postgresql.cnpg.io/v1:Cluster", "the databases and their volumes"),
        ("random:index/randomPassword:RandomPassword", "the generated value, with all that was encrypted"),
        ("random:index/randomBytes:RandomBytes", "the generated value"),
        ("tls:index/privateKey:PrivateKey", "the generated key"),
        ("aws:s3/bucket:Bucket", "the bucket and all objects in it"),
        ("aws:s3/bucketV2:BucketV2", "the bucket and all objects in it"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "the object"),
        ("aws:rds/instance:Instance", "the database"),
        ("aws:rds/cluster:Cluster", "the databases"),
        ("aws:rds/clusterInstance:ClusterInstance", "the database"),
        ("aws:eks/cluster:Cluster", "the cluster with everything on it"),
        ("aws:cloudwatch/logGroup:LogGroup", "all that was logged in it"),
        ("aws:ec2/eip:Eip", "the address"),
        ("aws:ec2/vpc:Vpc", "the network"),
        ("aws:kms/key:Key", "the key, and with it all that it encrypted"),
        ("aws:kms/replicaKey:ReplicaKey", "the key, and with it all that it encrypted"),
        ("aws:efs/fileSystem:FileSystem", "the file system"),
    ],
)
def test_what_holds_state(kind, what):
    ((name, way, told),) = lost([thing(kind)])
    assert (name, way) == ("x", "delete")
    assert told.startswith(what)


@pytest.mark.parametrize(
    "kind",
    [
        "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ConfigMap", "kubernetes:helm.sh/v3:Release",
        "kubernetes:core/v1:PersistentVolumeClaimPatch", "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketVersioning:BucketVersioning", "aws:rds/subnetGroup:SubnetGroup", "aws:kms/alias:Alias",
        "aws:eks/nodeGroup:NodeGroup", "pulumi:providers:random",
    ],
)  # fmt: skip
def test_what_holds_none(kind):
    assert lost([thing(kind)]) == []


def test_the_program_says_what_it_keeps():
    assert lost([thing("a:b:C", protect=True)]) == [("x", "delete", "what the program protects or retains")]
    assert lost([thing("a:b:C", retainOnDelete=True)]) == [("x", "forget", "what the program protects or retains")]
    assert lost([thing("kubernetes:core/v1:Namespace", retainOnDelete=True)])[0][1] == "forget"


def test_only_an_issuers_certificate_carries_trust():
    def certificate(**spec):
        return kube("cert-manager.io/v1:Certificate", "x", spec=spec)

    assert lost([certificate(isCA=True)])
    assert lost([certificate(secretName="x")]) == []


def test_deletions_come_before_replacements_and_those_before_what_is_only_forgotten():
    def volume(name, kind, **more):
        return kube("core/v1:PersistentVolumeClaim", name, spec={"storageClassName": kind}, **more)

    old = [volume("a", "old", retainOnDelete=True), volume("b", "old"), volume("c", "old"), volume("d", "old")]
    new = [volume("b", "new"), volume("d", "old")]
    assert [(name, way) for name, way, _ in lost(old, new)] == [("c", "delete"), ("b", "replace"), ("a", "forget")]


def test_a_component_holds_nothing_by_itself():
    component = thing("mlplatform:mlflow:Postgres", custom=False, protect=True)
    assert lost([component]) == []
