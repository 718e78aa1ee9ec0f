"""Training jobs: they log to MLflow and register the versions that are served."""

from components.training.environment import MlflowAccess, MlflowUser
from components.training.training_job import TrainingJob, TrainingJobArgs, TrainingJobs, TrainingJobsArgs

__all__ = [
    "MlflowAccess",
    "MlflowUser",
    "TrainingJob",
    "TrainingJobArgs",
    "TrainingJobs",
    "TrainingJobsArgs",
]
