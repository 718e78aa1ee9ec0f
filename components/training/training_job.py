"""Jobs that train a model, log it to MLflow and register a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.kubernetes.metadata import object_meta
from components.kubernetes.objects import create_object, create_secret
from components.training.environment import own_secret, own_secret_name
from components.training.manifests import Mesh, training_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.tenancy import TeamNamespace
    from components.training.environment import MlflowAccess
    from mlplatform.config.training import Training


@dataclass(frozen=True, kw_only=True)
class TrainingJobArgs:
    """What is trained, and where it is logged.

    Attributes:
        training: what the stack asks for.
        access: where it logs and registers.
        namespace: where it runs, with its account and its way to MLflow.
        mesh: data plane of the mesh that the namespace belongs to.
        mlflow: what installs the tracking server, ``None`` where it is there already.

    """

    training: Training
    access: MlflowAccess
    namespace: TeamNamespace
    mesh: Mesh = None
    mlflow: pulumi.Resource | None = None


class TrainingJob(pulumi.ComponentResource):
    """One training: a ``Job`` that runs once for each content, or a ``CronJob``."""

    def __init__(self, name: str, args: TrainingJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the job."""
        training = args.training
        inputs = {
            "registeredModel": training.registered_model,
            "experiment": training.experiment or training.name,
            "image": training.image,
            **({"schedule": training.schedule} if training.schedule else {}),
        }
        super().__init__("mlplatform:training:TrainingJob", name, inputs, opts)
        needed = [args.namespace, *([args.mlflow] if args.mlflow else []), *self._secret(name, args)]
        manifest = training_manifest(training, args.access, args.mesh)
        create_object(name, manifest, opts=pulumi.ResourceOptions(parent=self, depends_on=needed))
        self.register_outputs({"job": manifest["metadata"]["name"]})

    def _secret(self, name: str, args: TrainingJobArgs) -> list[pulumi.Resource]:
        content = own_secret(args.training, args.access)
        if not content:
            return []
        return [
            create_secret(
                f"{name}-mlflow",
                object_meta(own_secret_name(args.training), namespace=args.training.namespace),
                content,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[args.namespace]),
            )
        ]


@dataclass(frozen=True, kw_only=True)
class TrainingJobsArgs:
    """The stack's training jobs.

    Attributes:
        training: what the stack asks for.
        access: where they log and register, ``None`` only without jobs.
        namespaces: name -> namespace, for all that the jobs name.
        mesh: data plane of the mesh that the namespaces belong to.
        mlflow: what installs the tracking server, ``None`` where it is there already.

    """

    training: tuple[Training, ...]
    access: MlflowAccess | None
    namespaces: Mapping[str, TeamNamespace]
    mesh: Mesh = None
    mlflow: pulumi.Resource | None = None


class TrainingJobs(pulumi.ComponentResource):
    """One :class:`TrainingJob` for each training."""

    def __init__(self, name: str, args: TrainingJobsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the jobs; each depends on its own namespace.

        Raises:
            ValueError: there are jobs, and no MLflow for them (the settings refuse that).

        """
        super().__init__("mlplatform:training:TrainingJobs", name, {}, opts)
        for training in args.training:
            if args.access is None:
                raise ValueError(f"training job {training.name} has no MLflow to log to")
            TrainingJob(
                training.name,
                TrainingJobArgs(
                    training=training,
                    access=args.access,
                    namespace=args.namespaces[training.namespace],
                    mesh=args.mesh,
                    mlflow=args.mlflow,
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"training": {job.name: job.registered_model for job in args.training}})
