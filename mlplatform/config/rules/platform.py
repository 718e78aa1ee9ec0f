"""Rules of the platform settings: what needs what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.engines import CHART_RUNTIMES
from mlplatform.config.rules.finding import entries, section
from mlplatform.config.versions import chart, rows, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding

_SELDON_CHART = "seldon-core-operator"
_FREE_LICENCE = "Apache-2.0"


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    row = raw.get("versions")
    if isinstance(row, str) and row and row not in rows():
        yield ("versions",), f"there is no row '{row}'; known here: {', '.join(rows())}"
    yield from _kubernetes_version(raw)
    if (cert_manager := section(raw, "certManager")) is not None:
        yield from _issuer(section(cert_manager, "issuer") or {})
    yield from _ingress(raw)
    yield from _serving(raw)
    if (seldon := section(raw, "seldon")) is not None:
        yield from _seldon(seldon)
    if (monitoring := section(raw, "monitoring")) is not None:
        yield from _monitoring(monitoring)


def _kubernetes_version(raw: dict[str, Any]) -> Iterator[Finding]:
    cluster = section(raw, "cluster")
    if cluster is None or cluster.get("kind") == "eks":
        # Required there by itself.
        return
    if cluster.get("kubernetesVersion") is None and (found := next(_charts(raw), None)):
        reason = (
            f"is required beside {found}: every chart is checked against it; write the cluster's minor version, "
            'for example "1.36"'
        )
        yield ("cluster", "kubernetesVersion"), reason


def _charts(raw: dict[str, Any]) -> Iterator[str]:
    """Yield the sections that install a chart."""
    yield from (
        name for name in ("certManager", "istio", "knative", "kserve", "seldon") if section(raw, name) is not None
    )
    if (monitoring := section(raw, "monitoring")) is not None and (
        monitoring.get("stack") == "kubePrometheusStack"
        or any(monitoring.get(key) is True for key in ("prometheusAdapter", "keda"))
    ):
        yield "monitoring"
    if (mlflow := section(raw, "mlflow")) is not None and (
        mlflow.get("variant") == "communityChart"
        or (section(mlflow, "database") or {}).get("kind", "cloudNativePg") == "cloudNativePg"
    ):
        yield "mlflow"


def _issuer(issuer: dict[str, Any]) -> Iterator[Finding]:
    kind = issuer.get("kind", "selfSigned")
    if kind in ("letsEncryptStaging", "letsEncryptProduction") and not issuer.get("email"):
        yield ("certManager", "issuer", "email"), f"is required with {kind}: the contact of the ACME account"
    if kind == "selfSigned":
        for key in ("dns01", "email"):
            if issuer.get(key):
                yield (
                    ("certManager", "issuer", key),
                    "belongs to Let's Encrypt and cannot be combined with selfSigned; remove it, or set kind",
                )


def _ingress(raw: dict[str, Any]) -> Iterator[Finding]:
    ingress = section(raw, "ingress")
    if ingress is None:
        return
    kind, istio = ingress.get("class", "istio"), section(raw, "istio")
    if kind == "istio" and istio is None:
        yield ("ingress", "class"), "istio needs Istio; add istio: {}, or use kourier with Knative"
    if kind == "kourier" and istio is not None:
        reason = (
            "kourier cannot be combined with istio: its gateway is outside the mesh, which models take requests from "
            "only; use istio, or remove the section istio"
        )
        yield ("ingress", "class"), reason
    if kind == "kourier" and section(raw, "knative") is None:
        yield ("ingress", "class"), "kourier needs Knative, whose routes are all that it serves; add knative: {}"
    if ingress.get("tls", True) is True and section(raw, "certManager") is None:
        yield ("ingress", "tls"), "needs cert-manager, which signs the certificates; add certManager: {}, or tls: false"


def _serving(raw: dict[str, Any]) -> Iterator[Finding]:
    kserve, knative = section(raw, "kserve"), section(raw, "knative")
    if knative is not None and section(raw, "ingress") is None:
        yield ("ingress",), "is required beside knative: the class and domain of its routes"
    if kserve is None:
        return
    if section(raw, "ingress") is None:
        if knative is None:
            yield ("ingress",), "is required beside kserve: the class and domain of its routes"
    elif kserve.get("mode") == "Standard" and (section(raw, "ingress") or {}).get("class") == "kourier":
        yield ("kserve", "mode"), "Standard cannot be combined with ingress class kourier, which only serves Knative"
    if section(raw, "certManager") is None:
        yield ("certManager",), "is required beside kserve: the certificates of its webhooks"
    if kserve.get("mode", "Knative") == "Knative" and knative is None:
        yield ("kserve", "mode"), "Knative needs Knative Serving; add knative: {}, or use Standard"
    yield from _runtimes(kserve)


def _runtimes(kserve: dict[str, Any]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, runtime in entries(kserve, "runtimes"):
        name = runtime.get("name")
        path = ("kserve", "runtimes", index, "name")
        if not isinstance(name, str):
            continue
        if name.startswith(CHART_RUNTIMES):
            yield path, f"'{name}' could be one of KServe's own runtimes; use a name without {CHART_RUNTIMES}"
        if name in first:
            yield path, f"'{name}' is already the name of runtimes[{first[name]}]; every runtime needs its own name"
        first.setdefault(name, index)


def _seldon(seldon: dict[str, Any]) -> Iterator[Finding]:
    version = seldon.get("version")
    if not isinstance(version, str) or not version:
        return
    if version not in versions_of(_SELDON_CHART):
        known = ", ".join(versions_of(_SELDON_CHART))
        yield ("seldon", "version"), f"'{version}' is not known, nor is its licence; known here: {known}"
        return
    licence = chart(_SELDON_CHART, version).licence
    if licence != _FREE_LICENCE and seldon.get("acceptLicense") is not True:
        reason = (
            f"must be true for Seldon Core {version}, which is under the Business Source License ({licence}); "
            "read it first, or use 1.17.1, the last release under Apache-2.0"
        )
        yield ("seldon", "acceptLicense"), reason


def _monitoring(monitoring: dict[str, Any]) -> Iterator[Finding]:
    own = monitoring.get("stack", "existing") == "kubePrometheusStack"
    url = monitoring.get("prometheusUrl")
    if monitoring.get("prometheusAdapter") is True and not own and not url:
        yield (
            ("monitoring", "prometheusUrl"),
            "is required beside prometheusAdapter: the URL of the existing Prometheus inside the cluster",
        )
    if own:
        for key in ("prometheusUrl", "namespace"):
            if monitoring.get(key):
                yield ("monitoring", key), "cannot be combined with kubePrometheusStack, which has its own; remove it"
    else:
        for key in ("storage", "storageClass"):
            if monitoring.get(key):
                yield (
                    ("monitoring", key),
                    "is of kubePrometheusStack: the existing Prometheus has its own; remove it, or set stack",
                )
