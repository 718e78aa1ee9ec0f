"""Settings of the teams that share the cluster."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlplatform.config.fields import Bytes, Cpu, Label, Quantity, Section, Text


class ContainerLimitsSection(Section):
    """What a container gets that asks for nothing, and the most that it may ask for."""

    default_cpu: Cpu = Field(default="1", description="CPU limit of a container that states none")
    default_memory: Bytes = Field(default="1Gi", description="memory limit of a container that states none")
    default_request_cpu: Cpu = Field(
        default="50m", description="CPU request of a container that states neither request nor limit"
    )
    default_request_memory: Bytes = Field(
        default="128Mi", description="memory request of a container that states neither request nor limit"
    )
    max_cpu: Cpu | None = Field(default=None, description="largest CPU limit of a container")
    max_memory: Bytes | None = Field(default=None, description="largest memory limit of a container")


class LogSinkSection(Section):
    """Where request logs are sent."""

    namespace: Label = Field(description="namespace of the collector")
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = Field(
        description="port of the collector's pods, which may differ from its Service's"
    )


class Team(Section):
    """A team and its namespace."""

    name: Label = Field(description="name of the team and its namespace")
    quota: dict[Text, Quantity] = Field(
        default_factory=dict, description="ResourceQuota, for example {requests.cpu: 20, limits.memory: 64Gi}"
    )
    container_limits: ContainerLimitsSection = Field(
        default_factory=ContainerLimitsSection, description="its LimitRange"
    )
    editors: tuple[Text, ...] = Field(default=(), description="groups that may change objects in the namespace")
    viewers: tuple[Text, ...] = Field(default=(), description="groups that may read objects in the namespace")
    log_sink: LogSinkSection | None = Field(
        default=None, description="collector that request logs are sent to; none: no opening for it"
    )
