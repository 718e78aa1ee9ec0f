"""What an object serves, compared with the facts of its model: addresses, images and model servers.

The facts are the inputs of the ``ModelDeployment`` component: what reports show and people review. What is served is
what the object below it says. The engines write addresses under many names and at many depths (predictor, transformer,
explainer, nodes of a graph, containers), so an object is looked through as a whole.

Sources: KServe ``pkg/apis/serving/v1beta1`` (``PredictorExtensionSpec``, ``StorageSpec``, ``ComponentExtensionSpec``),
Seldon Core ``operator/apis/machinelearning.seldon.io/v1/seldondeployment_types.go`` (``PredictiveUnit``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policies.objects import Item, Unknowns, items, walk

MODEL_DEPLOYMENT = "mlplatform:serving:ModelDeployment"
MODEL_DEPLOYMENTS = "mlplatform:serving:ModelDeployments"

# Objects that serve nothing unless they name a model.
_SERVERS = re.compile(r".*:(InferenceService|SeldonDeployment)")
# Where a model server reads from, in a longer text such as an argument; bare http is also the address of a logger.
_ADDRESS = re.compile(
    r"(?:s3|gs|gcs|pvc|oci|hf|hdfs|webhdfs|file|abfss?|wasbs?|azureblob|models|runs|mlflow-artifacts):/\S+"
)
# Where KServe's and Seldon's model servers expect the files of their model.
_MODEL_FOLDER = "/mnt/models"
_ANNOTATIONS = "mlplatform.dev/"
_CREDENTIALS = re.compile(r"(?<=//)[^/@]*@|\?.*")
# One step of a property path: a name, an index, or * for all.
_STEP = re.compile(r"""[^.\[\]"']+""")
_EVERYTHING = 100


def served_faults(facts: Mapping[str, Any], kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an object serves otherwise than the facts of its model say, a sentence each.

    Args:
        facts: inputs of the ``ModelDeployment`` above the object.
        kind: type token of the object.
        properties: inputs of the object.

    Raises:
        UnknownValueError: something is not known yet; what else there is was yielded before.

    """
    unknowns: Unknowns = []
    addresses = _reviewed(facts, "storageUri")
    if not addresses:
        return
    spec = list(walk(properties.get("spec"), "spec", unknowns=unknowns))
    named = list(_addresses(spec))
    right = " or ".join(map(_shown, addresses))
    for path, address in named:
        if address.rstrip("/") not in {known.rstrip("/") for known in addresses}:
            yield f"{path} is {_shown(address)}, but the reviewed facts say {right}"
    if not named and not unknowns and _SERVERS.fullmatch(kind):
        yield f"names no model, but the reviewed facts say {right}"
    yield from _other_sources(spec, variants="variants" in facts)
    runtimes = _reviewed(facts, "runtime")
    for path, runtime in _runtimes(spec):
        if runtimes and runtime not in runtimes:
            yield f"{path} is {runtime}, but the reviewed facts say {' or '.join(runtimes)}"
    yield from _annotated(facts, properties)
    if unknowns:
        raise unknowns[0]


def _annotated(facts: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield the facts that the object's own annotations tell otherwise: pods and logs are looked up by them."""
    metadata = properties.get("metadata")
    given = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    annotations: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    for name in annotations:
        if not name.startswith(_ANNOTATIONS):
            continue
        first, *others = name.removeprefix(_ANNOTATIONS).split("-")
        known = _reviewed(facts, "".join([first, *map(str.capitalize, others)]))
        value = annotations[name]
        if known and value not in known:
            yield f"metadata.annotations[{name}] is {value}, but the reviewed facts say {' or '.join(known)}"


def _reviewed(facts: Mapping[str, Any], key: str) -> list[str]:
    """Return the values of a fact that is a text: the deployment's, and those of its variants."""
    variants = facts.get("variants")
    sides = [facts, *(variants[name] for name in variants)] if isinstance(variants, Mapping) else [facts]
    values = [side.get(key) for side in sides if isinstance(side, Mapping)]
    return list(dict.fromkeys(value for value in values if isinstance(value, str)))


def _addresses(spec: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """Yield (path, address) of everything that may be read as a model."""
    for path, value in spec:
        if isinstance(value, Mapping):
            if _is_address_variable(value) and isinstance(value.get("value"), str):
                yield f"{path}.value", value["value"]
        elif isinstance(value, str):
            if path.lower().endswith("uri"):
                yield path, value
            elif not path.endswith(".value"):
                yield from ((path, address) for address in _ADDRESS.findall(value))


def _is_address_variable(value: Mapping[str, Any]) -> bool:
    name = value.get("name")
    if not isinstance(name, str):
        return False
    text = value.get("value")
    return name.upper().endswith("URI") or (isinstance(text, str) and _ADDRESS.match(text) is not None)


def _other_sources(spec: Iterable[Item], *, variants: bool) -> Iterator[str]:
    """Yield what brings in bytes of which the facts know nothing, whatever address is named beside it."""
    for path, value in spec:
        key = path.rpartition(".")[2]
        if key == "storage" and isinstance(value, Mapping):
            yield f"{path} names a place by a Secret, which is none of the reviewed facts"
        elif key in {"image", "storageInitializerImage"} and isinstance(value, str):
            yield f"{path} is {_shown(value)}, but the reviewed model server is that of its runtime"
        elif key == "runtimeVersion":
            yield f"{path} is {value}, but the reviewed model server is that of its runtime"
        elif key == "canaryTrafficPercent" and value != _EVERYTHING and not variants:
            yield f"{path} is {value}: the rest of the requests goes to a version that is none of the reviewed facts"
        elif key == "mountPath" and isinstance(value, str) and f"{value}/".startswith(f"{_MODEL_FOLDER}/"):
            yield f"{path} is {value}, where the files of the reviewed model belong"
        elif isinstance(value, Mapping) and _is_address_variable(value) and "valueFrom" in value:
            yield f"{path}.valueFrom brings the address from elsewhere, which is none of the reviewed facts"


def _runtimes(spec: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """Yield (path, name) of every model server that is asked for by its name."""
    for path, value in spec:
        if not isinstance(value, Mapping):
            continue
        if "modelFormat" in value and isinstance(value.get("runtime"), str):
            yield f"{path}.runtime", value["runtime"]
        elif "modelUri" in value and isinstance(value.get("implementation"), str):
            yield f"{path}.implementation", value["implementation"]


def _shown(address: str) -> str:
    return _CREDENTIALS.sub("", address)


def ignored_addresses(paths: Iterable[str], properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ignored paths by which the engine would keep the address of the version before, a sentence each.

    Args:
        paths: paths as ``ignoreChanges`` has them: ``spec.predictor``, ``spec.predictors[*].graph``, ``["spec"]``.
        properties: inputs of the object.

    """
    unknowns: Unknowns = []
    named = {path for path, _ in _addresses(walk(properties.get("spec"), "spec", unknowns=unknowns))}
    for ignored_path in paths:
        steps = _STEP.findall(ignored_path)
        if any(_covers(steps, _STEP.findall(path)) for path in named):
            yield f"ignoreChanges holds '{ignored_path}': the engine would keep the deployed address; take it out"


def _covers(pattern: list[str], path: list[str]) -> bool:
    return len(pattern) <= len(path) and all(step in {"*", other} for step, other in zip(pattern, path, strict=False))


def ignored(options: Any) -> list[str]:
    """Return the property paths whose changes the engine ignores for a resource."""
    return [str(path) for path in items(options.ignore_changes)] if options else []
