"""KServe and its runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlplatform.config.engines import CHART_PREFIX, Mode
from mlplatform.config.fields import Image, Label, Section, Text
from mlplatform.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding
    from mlplatform.config.versions import VersionRow

NAMESPACE = "kserve"


class ServingRuntime(Section):
    """An own KServe runtime for the whole cluster."""

    name: Label = Field(description="name that deployments ask for")
    image: Image = Field(description="pinned image of the model server")
    formats: dict[Label, Text] = Field(description='model format -> version, for example {mlflow: "2"}')
    protocol: Literal["v1", "v2", "grpc-v2"] = Field(default="v2", description="inference protocol")
    args: tuple[str, ...] = Field(default=(), description="arguments of the model server")
    env: dict[str, str] = Field(default_factory=dict, description="environment of the model server; no secrets")


class KServeSection(Section):
    """KServe and its runtimes."""

    mode: Mode = Field(default="Knative", description="default deployment mode")
    runtimes: tuple[ServingRuntime, ...] = Field(default=(), description="own runtimes beside KServe's")


def rules(settings: Settings) -> Iterator[Finding]:
    """Yield what KServe lacks, and what is wrong with its runtimes."""
    kserve = settings.kserve
    if kserve is None:
        return
    if settings.ingress is None:
        # Knative asks for it as well.
        if settings.knative is None:
            yield ("ingress",), "is required beside kserve: the class and domain of its routes"
    elif kserve.mode == "Standard" and settings.ingress.ingress_class == "kourier":
        yield ("kserve", "mode"), "Standard cannot be combined with ingress class kourier, which only serves Knative"
    if settings.cert_manager is None:
        yield ("certManager",), "is required beside kserve: the certificates of its webhooks"
    if kserve.mode == "Knative" and settings.knative is None:
        yield ("kserve", "mode"), "Knative needs Knative Serving; add knative: {}, or use Standard"
    yield from _runtimes(kserve.runtimes)


def _runtimes(runtimes: tuple[ServingRuntime, ...]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, runtime in enumerate(runtimes):
        path, name = ("kserve", "runtimes", index, "name"), runtime.name
        if not isinstance(name, str):
            continue
        if name.startswith(CHART_PREFIX):
            yield path, f"'{name}' could be one of KServe's own runtimes; use a name without {CHART_PREFIX}"
        if name in first:
            yield path, f"'{name}' is already the name of runtimes[{first[name]}]; every runtime needs its own name"
        first.setdefault(name, index)


def images(_settings: Settings, row: VersionRow) -> dict[str, str]:
    """Return the image of the model server of MLflow models, which is not the charts' own."""
    return {"mlserver": row.images["mlserver"]}


PART = Part(
    name="kserve",
    section=KServeSection,
    description="KServe; none: not installed",
    charts=("kserve-crd", "kserve-resources", "kserve-runtime-configs"),
    namespaces=(NAMESPACE,),
    images=images,
    crds={"kserve": "kserve-crd"},
    needs=("cert_manager", "istio", "knative"),
    rules=rules,
)
