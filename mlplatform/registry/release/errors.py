"""What goes wrong between here and the release store, as one line that names the setting to look at."""

from __future__ import annotations

from mlplatform.config.problems import SettingFailureError


class ReleaseStoreError(SettingFailureError):
    """A release cannot be written or trusted."""


class ReleaseStoreUnreachableError(ReleaseStoreError):
    """The store does not answer, or not to these credentials: nothing is known of what lies there."""


class SourceChangedError(ReleaseStoreError):
    """The files to publish are not those that were hashed; nothing of them was completed."""


class StoreAnswerError(Exception):
    """An answer that the caller of one request knows what to do with; never leaves this package.

    Attributes:
        code: the S3 error code (``PreconditionFailed``).

    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
