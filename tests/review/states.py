"""Small states for tests of reports, written in the format of a stack export."""

import json

from mlplatform.review.diff.property_changes import Differences
from mlplatform.review.state.export_document import export_document
from mlplatform.review.state.state_file import parse_document

STACK = "urn:pulumi:dev::mlplatform::pulumi:pulumi:Stack::mlplatform-dev"
PROVIDER = "urn:pulumi:dev::mlplatform::pulumi:providers:kubernetes::cluster"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def model_facts(name="iris", version="1", **more):
    return {
        "name": name,
        "namespace": "models",
        "serving": "kserve",
        "runtime": "kserve-mlserver",
        "registeredModel": f"{name}-classifier",
        "alias": "champion",
        "version": version,
        "storageUri": f"s3://models/{name}/{version}",
        "signature": {"inputs": [{"type": "double"}]},
        **more,
    }


def entry(urn, inputs=None, *, custom=True, parent=STACK, **more):
    kind = urn.split("::")[2].rpartition("$")[2]
    return {"urn": urn, "type": kind, "custom": custom, "parent": parent, "inputs": inputs or {}, **more}


def model(name="iris", version="1", **facts):
    component = f"urn:pulumi:dev::mlplatform::mlplatform:serving:ModelDeployment::{name}"
    return [
        entry(component, model_facts(name, version, **facts), custom=False),
        entry(
            "urn:pulumi:dev::mlplatform::mlplatform:serving:ModelDeployment$"
            f"kubernetes:serving.kserve.io/v1beta1:InferenceService::{name}",
            {
                "apiVersion": "serving.kserve.io/v1beta1",
                "kind": "InferenceService",
                "metadata": {"name": name, "namespace": "models", "annotations": {"mlplatform.dev/version": version}},
                "spec": {
                    "predictor": {
                        "model": {
                            "modelFormat": {"name": "mlflow"},
                            "storageUri": f"s3://models/{name}/{version}",
                            "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
                        }
                    }
                },
            },
            parent=component,
            provider=f"{PROVIDER}::id",
        ),
    ]


def namespace(name="models", level="restricted", **more):
    labels = {"pod-security.kubernetes.io/enforce": level} if level else {}
    return entry(
        f"urn:pulumi:dev::mlplatform::kubernetes:core/v1:Namespace::{name}",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}},
        provider=f"{PROVIDER}::id",
        **more,
    )


def state(*resources):
    items = []
    for resource in resources:
        items += resource if isinstance(resource, list) else [resource]
    root = entry(STACK, custom=False, parent="")
    provider = entry(PROVIDER, {"context": "kind-dev"}, id="id")
    return parse_document({"version": 3, "deployment": {"resources": [root, provider, *items]}}, file="test")


def applied(state_to_export):
    """Return what an engine would export of a state that it applied."""
    document = json.loads(json.dumps(export_document(state_to_export)))
    document["deployment"]["manifest"] = {"time": "2026-12-01T10:00:00Z", "magic": "m", "version": "v3.265.0"}
    return document


def output_changes(old, new):
    """Return how the stack's own outputs change; the engine counts them as no change of a resource."""
    differences = Differences(replaces=lambda _path, _value: False, settled=lambda _path: True)
    sides = [state.root.outputs if state and state.root else {} for state in (old, new)]
    differences.compare(*sides)
    return tuple(differences.changes)
