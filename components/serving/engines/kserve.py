"""KServe 0.20.

Sources: ``pkg/constants`` for the label of pods; ``pkg/credentials/s3`` for the annotations and keys of the Secret;
Knative 1.23 ``pkg/networking/constants.go`` for the ports of queue-proxy, ``pkg/queue/request_metric.go`` for its
metrics (named as OpenTelemetry does for Prometheus).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from components.kubernetes.monitors import MetricsEndpoint
from components.kubernetes.object_stores import S3_REGION
from components.serving.engines.engine import Engine, PodPorts, StoreSecret
from components.serving.engines.request_metric import RequestMetric
from components.serving.inference_service import inference_service
from components.serving.model_route import model_route
from mlplatform.config.engines import KSERVE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.object_stores import ObjectStore
    from components.serving.engines.engine import Manifest, ModelRouting
    from mlplatform.config import Model, Settings
    from mlplatform.config.engines import Mode
    from mlplatform.registry.facts import ModelFacts

_POD_LABEL = "serving.kserve.io/inferenceservice"
# Queue-proxy's ports for HTTP/1, HTTP/2 and, with TLS inside, HTTPS.
_QUEUE_PROXY = (8012, 8013, 8112)
_QUEUE_PROXY_AUTOSCALING = 9090
_QUEUE_PROXY_METRICS = 9091
# In Standard mode: the model server, and the agent before it where requests are logged or batched.
_MODEL_SERVER, _AGENT = 8080, 9081
_COMPONENTS = ("predictor", "transformer", "explainer")


class KServe(Engine):
    """KServe, in Knative or Standard mode."""

    facts = KSERVE
    pod_label = _POD_LABEL
    pod_security = "restricted"
    secret = "model-store"  # noqa: S105 - the name of a Secret, not its content
    api_group = "serving.kserve.io"
    resources = ("inferencegraphs", "inferenceservices", "servingruntimes", "trainedmodels")
    # Counted by Knative's queue-proxy. In Standard mode nothing counts for every model server.
    metric = RequestMetric(
        source="knative",
        count="kn_serving_invocation_duration_seconds_count",
        bucket="kn_serving_invocation_duration_seconds_bucket",
        per_second=1,
        code="http_response_status_code",
        by=("namespace", "serving_kserve_io_inferenceservice"),
        namespace="namespace",
        endpoint=MetricsEndpoint(
            selector={"matchExpressions": [{"key": _POD_LABEL, "operator": "Exists"}]},
            port="http-usermetric",
            path="/metrics",
            target_labels=(_POD_LABEL,),
        ),
    )

    def manifest(self, model: Model, version: ModelFacts, settings: Settings) -> Manifest:
        """Return an ``InferenceService``."""
        return inference_service(
            model,
            version,
            service_account=settings.object_store.service_account,
            runtimes=settings.kserve.runtimes if settings.kserve else (),
        )

    def routes(self, model: Model, routing: ModelRouting) -> list[Manifest]:
        """Return the ``VirtualService`` of a model in Standard mode."""
        return [model_route(model.name, namespace=model.namespace, routing=routing)]

    def knative_pods(self, manifest: Manifest) -> list[Mapping[str, Any]]:
        """Return the components of an ``InferenceService``, which are pod specs with a ``model``."""
        return [manifest["spec"][component] for component in _COMPONENTS if component in manifest["spec"]]

    def ports(self, mode: Mode) -> PodPorts:
        """Return the ports of queue-proxy, or in Standard mode those of the model server itself."""
        if mode == "Standard":
            return PodPorts(gateway=(_MODEL_SERVER, _AGENT), prometheus=(_MODEL_SERVER,))
        return PodPorts(
            gateway=_QUEUE_PROXY,
            prometheus=(_QUEUE_PROXY_METRICS,),
            activator=_QUEUE_PROXY,
            autoscaler=(_QUEUE_PROXY_AUTOSCALING,),
        )

    def account_secret(self, store: ObjectStore) -> str | None:
        """Return the Secret with static credentials, which KServe finds among those of the service account."""
        return store.secret or (self.secret if store.keys else None)

    def store_secret(self, store: ObjectStore) -> StoreSecret | None:
        """Return the static credentials, if any: without, KServe takes everything from the service account."""
        if store.secret or store.keys is None:
            return None
        return StoreSecret(content=store.keys.content(), annotations=store_annotations(store))


def store_annotations(store: ObjectStore) -> dict[str, str]:
    """Return the annotations of KServe's Secret that say where the store is."""
    annotations: dict[str, str] = {}
    if store.endpoint:
        # KServe wants host and port here, and the scheme as a flag.
        annotations["serving.kserve.io/s3-endpoint"] = urlsplit(store.endpoint).netloc
        annotations["serving.kserve.io/s3-usehttps"] = "1" if store.tls else "0"
    if store.region:
        annotations[S3_REGION] = store.region
    return annotations
