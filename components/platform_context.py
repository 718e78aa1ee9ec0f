"""What every part of the platform is made from: the stack's settings, its sources, AWS, and the parts that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.third_party import ThirdParty
    from components.on_aws import AwsResources
    from mlplatform.config import Settings
    from mlplatform.config.part import Part

C = TypeVar("C", bound=pulumi.ComponentResource)


@dataclass(frozen=True, kw_only=True)
class PlatformContext:
    """What a part's ``create`` is handed.

    Attributes:
        settings: the stack's settings.
        pods: pod specs of the models.
        aws: what the platform stands on, on AWS; ``None`` on a cluster outside this stack.
        third_party: where charts and images come from.
        platform: the component that all parts are below.
        descriptor: the part's own descriptor.
        made: the parts made so far, name -> what ``create`` returned; ``None`` where the settings do not ask for it.

    """

    settings: Settings
    pods: tuple[Mapping[str, Any], ...]
    aws: AwsResources | None
    third_party: ThirdParty
    platform: pulumi.Resource
    descriptor: Part
    made: Mapping[str, pulumi.Resource | None]

    @property
    def inside(self) -> pulumi.ResourceOptions:
        """Options of a component of the platform."""
        return pulumi.ResourceOptions(parent=self.platform)

    @property
    def load_balancer(self) -> Mapping[str, str]:
        """Annotations of Services of type LoadBalancer, which say which one they get."""
        return self.aws.load_balancer if self.aws else {}

    @property
    def required_aws(self) -> AwsResources:
        """What the platform stands on, on AWS, for parts of the stack's own EKS cluster.

        Raises:
            LookupError: the cluster is outside this stack, and such a part is not asked for.

        """
        if self.aws is None:
            raise LookupError(f"the part {self.descriptor.name} is one of EKS, and there is no such cluster")
        return self.aws

    def part(self, kind: type[C]) -> C | None:
        """Return the component of another part, ``None`` where the stack has none: what needs it is handed it.

        Args:
            kind: class of the component, in the module that is called as its part.

        Raises:
            LookupError: the descriptor does not name that part in ``needs``, so it may not have been made yet.

        """
        name = kind.__module__.rpartition(".")[2]
        if name not in self.descriptor.needs:
            raise LookupError(f"the part {self.descriptor.name} takes {name}, and has no such part in its needs")
        component = self.made[name]
        if component is not None and not isinstance(component, kind):
            raise TypeError(f"the part {name} is a {type(component).__name__}, and no {kind.__name__}")
        return component

    def required(self, kind: type[C]) -> C:
        """Return the component of a part that this one cannot be without.

        Raises:
            LookupError: as :meth:`part`, or the stack has no such part, which the settings' rules should have refused.

        """
        component = self.part(kind)
        if component is None:
            raise LookupError(f"the part {self.descriptor.name} cannot be without {kind.__name__}")
        return component
