"""A version as the registry records it, and what is wrong with it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.registry.client.sqlite_file import absolute_uri
from mlplatform.registry.facts import RegisteredFacts
from mlplatform.registry.location import address_fault, without_credentials

if TYPE_CHECKING:
    from mlplatform.config.models import RegistrySection

_READY = "READY"


class RegisteredVersion(RegisteredFacts):
    """A version as the registry records it.

    Attributes:
        lost: what the version refers to and the registry no longer has (``run 7a...``).
        logged_model_status: ``READY``, ``PENDING``, ``FAILED``; ``None`` for a version without a logged model.

    """

    lost: tuple[str, ...] = ()
    logged_model_status: str | None = None

    @property
    def is_of_something(self) -> bool:
        """Whether the registry knows which logged model, or which run, it is of."""
        return self.model_id is not None or self.run_id is not None

    @property
    def lost_fault(self) -> str | None:
        """What is wrong where the registry no longer has what the version refers to, a sentence."""
        if not self.lost:
            return None
        return (
            f"version {self.version} of '{self.registered_model}' has lost its {' and its '.join(self.lost)} in the "
            "registry, so its facts cannot be verified"
        )

    @property
    def unfinished_fault(self) -> str | None:
        """What is wrong where the logged model was never finalized, or as failed, a sentence."""
        if self.logged_model_status in {None, _READY}:
            return None
        state, advice = "was never finalized, its status is", "wait until it is logged in full, or log"
        if self.logged_model_status == "FAILED":
            state, advice = "was finalized as", "log"
        return (
            f"version {self.version} of '{self.registered_model}' is not ready: its logged model {self.model_id} "
            f"{state} {self.logged_model_status}, so its files may be incomplete; {advice} the model again and "
            "register that one, or name another version"
        )

    @property
    def address_fault(self) -> str | None:
        """What is wrong with the artifact's address where the registry knows none; continues "the artifact ..."."""
        if self.artifact_uri.startswith(("runs:/", "models:/")):
            return f"is given as {self.artifact_uri}, which no longer exists; register the version again"
        if without_credentials(self.source) != self.source:
            return f"has the source '{without_credentials(self.source)}' with credentials; register it without them"
        return address_fault(self.artifact_uri)

    def artifact_key(self, registry: RegistrySection) -> dict[str, str]:
        """Return what names the artifact's bytes, for caches."""
        if self.model_id is not None:
            return {
                "server": absolute_uri(registry.effective_tracking_uri),
                "model_id": self.model_id,
                "artifact_uri": self.artifact_uri,
            }
        return {
            "server": absolute_uri(registry.uri),
            "registered_model": self.registered_model,
            "version": self.version,
            "created_at": str(self.created_at),
            "artifact_uri": self.artifact_uri,
        }
