"""Model deployments: from a resolved model version to the objects of a serving engine."""

from components.serving.model_deployment import ModelDeployment, ModelDeploymentArgs
from components.serving.model_deployments import ModelDeployments, ModelDeploymentsArgs
from components.serving.served_model import ServedModel, served_models

__all__ = [
    "ModelDeployment",
    "ModelDeploymentArgs",
    "ModelDeployments",
    "ModelDeploymentsArgs",
    "ServedModel",
    "served_models",
]
