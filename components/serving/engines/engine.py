"""The type of a serving engine: everything that other modules would otherwise have to know by its name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.kubernetes.object_stores import ObjectStore
    from components.serving.engines.request_metric import RequestMetric
    from mlplatform.config import Model, Settings
    from mlplatform.config.engines import EngineFacts, EngineName, Mode
    from mlplatform.registry.facts import ModelFacts

Manifest = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PodPorts:
    """Ports of the pods of a model, by who calls them.

    Attributes:
        gateway: requests from the gateway.
        prometheus: metrics, where no sidecar hands them out.
        activator: requests from Knative's activator; empty without Knative.
        autoscaler: concurrency for Knative's autoscaler; empty without Knative.

    """

    gateway: tuple[int, ...]
    prometheus: tuple[int, ...]
    activator: tuple[int, ...] = ()
    autoscaler: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StoreSecret:
    """The Secret that the stack keeps in a namespace for an engine to fetch models with.

    Attributes:
        content: key -> value.
        annotations: what else the engine is told there, ``None`` for nothing.

    """

    content: Mapping[str, pulumi.Input[str]]
    annotations: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class ModelRouting:
    """The stack's own routes to models, for engines that make none.

    Attributes:
        domain: domain of the hosts.
        gateway: ``<namespace>/<name>`` of Istio's ``Gateway``.

    """

    domain: str
    gateway: str


class Engine(ABC):
    """A serving engine.

    Attributes:
        facts: what the settings know of it.
        pod_label: label that it gives to all pods of a model.
        pod_security: strictest Pod Security level that its pods pass.
        secret: name of the Secret that the stack keeps for it.
        api_group: API group of its objects.
        resources: its resources that a team works with.
        metric: what counts requests where no sidecar does.

    """

    facts: ClassVar[EngineFacts]
    pod_label: ClassVar[str]
    pod_security: ClassVar[Literal["baseline", "restricted"]]
    secret: ClassVar[str]
    api_group: ClassVar[str]
    resources: ClassVar[tuple[str, ...]]
    metric: ClassVar[RequestMetric]

    @property
    def name(self) -> EngineName:
        """Its name in the settings."""
        return self.facts.name

    @abstractmethod
    def manifest(self, model: Model, version: ModelFacts, settings: Settings) -> Manifest:
        """Return the object that serves a model.

        Args:
            model: what the stack asks for.
            version: the version that its reference resolved to.
            settings: the settings that the model is of.

        """

    @abstractmethod
    def routes(self, model: Model, routing: ModelRouting) -> list[Manifest]:
        """Return the routes to a model that the engine leaves to the stack."""

    @abstractmethod
    def knative_pods(self, manifest: Manifest) -> list[Mapping[str, Any]]:
        """Return the pod specs that Knative checks, of what :meth:`manifest` returned."""

    @abstractmethod
    def ports(self, mode: Mode) -> PodPorts:
        """Return the ports of its pods; ``mode`` is KServe's."""

    @abstractmethod
    def account_secret(self, store: ObjectStore) -> str | None:
        """Return the Secret that the service account of model servers has to name, ``None`` for none."""

    @abstractmethod
    def store_secret(self, store: ObjectStore) -> StoreSecret | None:
        """Return the Secret :attr:`secret`, ``None`` where the engine needs none or another one is there."""
