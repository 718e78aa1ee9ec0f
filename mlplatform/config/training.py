"""Settings of training jobs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from mlplatform.config.addresses import Endpoint
from mlplatform.config.default_resources import TRAINING, completed
from mlplatform.config.fields import (
    Bytes,
    Count,
    CountOrZero,
    Cron,
    DeploymentName,
    Image,
    Label,
    Quantity,
    ResourceName,
    RoleArn,
    Section,
    Text,
)


class Training(Section):
    """A job that trains a model, logs it to MLflow and registers a version."""

    @model_validator(mode="before")
    @classmethod
    def _resources(cls, raw: Any) -> Any:
        return completed(raw, TRAINING)

    name: DeploymentName = Field(description="name of the job")
    namespace: Label = Field(description="namespace that it runs in, such as a team's")
    image: Image = Field(description="pinned image with the training code")
    command: tuple[Text, ...] = Field(default=(), description="command; none: the image's own")
    args: tuple[str, ...] = Field(default=(), description="arguments of the command")
    registered_model: Text = Field(description="name under which it registers its version")
    experiment: Text | None = Field(default=None, description="MLflow experiment; the default is the job's name")
    schedule: Cron | None = Field(default=None, description='cron schedule such as "0 2 * * *"; none: once')
    time_zone: Text = Field(default="Etc/UTC", description="time zone of the schedule")
    concurrency: Literal["Forbid", "Replace", "Allow"] = Field(
        default="Forbid", description="what happens when the last run is still going"
    )
    successful_history: CountOrZero = Field(default=3, description="finished jobs kept")
    failed_history: CountOrZero = Field(default=3, description="failed jobs kept")
    retries: CountOrZero = Field(default=2, description="further tries of a failed pod")
    deadline_seconds: Count = Field(default=21600, description="time after which a run is stopped, in seconds")
    requests: dict[ResourceName, Quantity] = Field(
        default_factory=lambda: dict(TRAINING["requests"]), description="what the scheduler reserves"
    )
    limits: dict[ResourceName, Quantity] = Field(
        default_factory=lambda: dict(TRAINING["limits"]), description="what the container may not exceed"
    )
    env: dict[str, str] = Field(default_factory=dict, description="environment; no secrets")
    service_account: Label = Field(default="training", description="service account that the stack creates for it")
    role_arn: RoleArn | None = Field(
        default=None, description="IAM role of that account (EKS, IRSA), for data and artifacts in S3"
    )
    credentials_secret: Label | None = Field(
        default=None,
        description="Secret in its namespace with the keys username and password of its MLflow user (basic auth)",
    )
    store_secret: Label | None = Field(
        default=None,
        description="Secret in its namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, for artifacts that it "
        "writes to the store itself",
    )
    data_sources: tuple[Endpoint, ...] = Field(
        default=(),
        description="URLs that it may reach beside MLflow, such as https://data.example.org or http://minio.data.svc:9000",
    )
    scratch: Bytes = Field(default="5Gi", description="most that it may write to /tmp, its only writable place")
