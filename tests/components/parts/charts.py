"""Helm charts on this machine, for tests: their values, and what they render with ours.

Values lie beside the checkout (``../shared/charts``, or ``MLPLATFORM_CHART_VALUES``); charts are ``.tgz`` files in
``MLPLATFORM_CHARTS``, rendered by the ``helm`` on PATH or in ``MLPLATFORM_HELM``.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
VALUES = Path(os.environ.get("MLPLATFORM_CHART_VALUES", ROOT.parent / "shared" / "charts"))
ARCHIVES = os.environ.get("MLPLATFORM_CHARTS")
HELM = os.environ.get("MLPLATFORM_HELM") or shutil.which("helm")
# Istio's charts keep their defaults under this key; users write them without it.
ISTIO_DEFAULTS = "_internal_defaults_do_not_set"
# Values without a default that charts read all the same: a map with free keys, a documented key that is commented out,
# and what only a template names.
FREE = {
    "istiod": {"meshConfig.defaultConfig", "global.platform"},
    **{name: {"global", "global.platform"} for name in ("base", "cni", "ztunnel", "gateway")},
    "cert-manager": {"serviceAccount.annotations"},
    "cluster-autoscaler": {
        f"extraArgs.{argument}"
        for argument in (
            "balance-similar-node-groups",
            "expander",
            "ignore-daemonsets-utilization",
            "skip-nodes-with-local-storage",
        )
    },
    "knative-operator": {
        "knative_operator.knative_operator.securityContext",
        "knative_operator.operator_webhook.securityContext",
    },
}
# Text that could be an image: registry or organisation, path, and a tag or digest.
IMAGE = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9][a-z0-9._-]*)+(:[A-Za-z0-9][\w.-]*|@sha256:[0-9a-f]{64})")


def releases(state):
    """Return the Helm releases of a state: (resource name, chart's name, version, namespace, values)."""
    found = []
    for resource in state.resources:
        if resource.type == "kubernetes:helm.sh/v3:Release":
            inputs = resource.inputs
            name = Path(inputs["chart"]).name.removesuffix(f"-{inputs['version']}.tgz")
            found.append((resource.name, name, inputs["version"], inputs["namespace"], inputs.get("values", {})))
    return found


def values_folder(name, version):
    """Return the folder with a chart's values.yaml, or None."""
    folder = VALUES / f"{name}-{version.removeprefix('v')}"
    return folder if folder.is_dir() else None


def defaults(text):
    """Return a chart's values as their users write them."""
    values = yaml.safe_load(text) or {}
    return values.get(ISTIO_DEFAULTS, values)


def unknown(name, values, known):
    """Return the paths of values that a chart does not have."""
    return [path for path in unknown_keys(values, known) if path not in FREE.get(name, ())]


def unknown_keys(values, known, path=""):
    """Yield the paths of values without a default; below an empty default everything is free."""
    for key, value in values.items():
        here = f"{path}.{key}" if path else key
        if key not in known:
            yield here
        elif isinstance(value, dict) and isinstance(known[key], dict) and known[key]:
            yield from unknown_keys(value, known[key], here)


def render(name, version, namespace, values, release):
    """Return the objects that a chart renders."""
    result = subprocess.run(
        [
            HELM,
            "template",
            release,
            str(Path(ARCHIVES) / f"{name}-{version}.tgz"),
            *("--namespace", namespace, "--kube-version", "1.35.0", "--values", "-"),
            *("--api-versions", "monitoring.coreos.com/v1"),
        ],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [document for document in yaml.load_all(result.stdout, Loader=yaml.CSafeLoader) if document]


def pod_template(document):
    """Return the pod that an object makes, or None."""
    kind, spec = document["kind"], document.get("spec", {})
    if kind in {"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job"}:
        return spec["template"]
    return spec["jobTemplate"]["spec"]["template"] if kind == "CronJob" else document if kind == "Pod" else None


def images(document):
    """Yield every text of an object that is an image: of containers, arguments, variables, and JSON in ConfigMaps."""
    # A disabled runtime is there by name only.
    if document["kind"] == "CustomResourceDefinition" or document.get("spec", {}).get("disabled") is True:
        return
    for value in texts(document):
        if IMAGE.fullmatch(value.removeprefix("--prometheus-config-reloader=")):
            yield value.removeprefix("--prometheus-config-reloader=")
        elif (argument := value.partition("=")[2]) and value.startswith("--") and IMAGE.fullmatch(argument):
            yield argument
        elif value.lstrip().startswith("{") and document["kind"] == "ConfigMap":
            yield from _json_images(value)


def _json_images(text):
    try:
        data = json.loads(text)
    except ValueError:
        return
    for key, value in _items(data):
        if isinstance(value, str) and "/" in value and (key.startswith("image") or key.endswith(("Image", "hub"))):
            yield value


def _items(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from _items(item)
    elif isinstance(value, list):
        for item in value:
            yield from _items(item)


def texts(value):
    """Yield every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
