"""Credentials where they do not belong: found by the name that a value has and by its form, and redacted.

People put them into parameters and tags of runs, requirement lines, environment variables and messages. What was read
is redacted where it enters, so that no report, state, lock, cache or log can hold it. No room: all rooms use it, the
policies too.
"""

from mlplatform.credentials.names import names_credential
from mlplatform.credentials.redaction import (
    MARK,
    is_redacted,
    mark,
    redacted_command,
    redacted_file,
    redacted_text,
    redacted_value,
)

__all__ = [
    "MARK",
    "is_redacted",
    "mark",
    "names_credential",
    "redacted_command",
    "redacted_file",
    "redacted_text",
    "redacted_value",
]
