"""Training jobs: they log to MLflow and register the versions that are served."""

from components.training.environment import MlflowAccess, MlflowUser, StoreKey
from components.training.training_job import TrainingJob, TrainingJobArgs, TrainingJobs, TrainingJobsArgs

__all__ = [
    "MlflowAccess",
    "MlflowUser",
    "StoreKey",
    "TrainingJob",
    "TrainingJobArgs",
    "TrainingJobs",
    "TrainingJobsArgs",
]
