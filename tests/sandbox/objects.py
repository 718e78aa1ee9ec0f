"""Small valid objects for the tests of the sandbox."""

SAFE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def obj(api_version, kind, name, namespace=None, **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def pod_spec(**fields):
    return {"containers": [{"name": "main", "image": "example.org/image:1", "securityContext": SAFE}], **fields}


def template(**fields):
    return {"metadata": {"labels": {"app": "test"}}, "spec": pod_spec(**fields)}


def pod(namespace, name="pod", **fields):
    return obj("v1", "Pod", name, namespace, spec=pod_spec(**fields))


def deployment(namespace, name="deployment", replicas=2, **fields):
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "test"}}, "template": template(**fields)}
    return obj("apps/v1", "Deployment", name, namespace, spec=spec)


def claim(namespace, name="claim", **fields):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}, **fields}
    return obj("v1", "PersistentVolumeClaim", name, namespace, spec=spec)


def job(namespace, name="job"):
    return obj("batch/v1", "Job", name, namespace, spec={"template": template(restartPolicy="Never")})


def config_map(namespace, name="config", **data):
    return obj("v1", "ConfigMap", name, namespace, data=data)
