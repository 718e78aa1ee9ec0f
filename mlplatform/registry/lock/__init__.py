"""The lock of a stack: which immutable version each served variant was reviewed with."""

from mlplatform.registry.lock.entry import DeploymentLock, LockEntry

__all__ = ["DeploymentLock", "LockEntry"]
