"""Today's date, from one place: what depends on it can be repeated and tested."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from mlplatform.config.problems import Problem, ProblemsError

VARIABLE = "SOURCE_DATE_EPOCH"


def today() -> date:
    """Return today's date, UTC.

    ``SOURCE_DATE_EPOCH`` (seconds since 1970) says otherwise: https://reproducible-builds.org/specs/source-date-epoch/

    Raises:
        ProblemsError: the variable is set, and no moment.

    """
    text = os.environ.get(VARIABLE)
    if not text:
        return datetime.now(tz=UTC).date()
    try:
        return datetime.fromtimestamp(int(text), tz=UTC).date()
    except (ValueError, OverflowError, OSError):
        message = f"'{text}' is no moment; it must be whole seconds since 1970, or not set"
        raise ProblemsError([Problem(file="environment", key=VARIABLE, message=message)]) from None
