"""Exit codes, the same for every command."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    FINE = 0
    ERROR = 1
    """Nothing was planned or changed."""
    POLICY = 2
    """A mandatory policy fails."""
    DIFFERENCES = 3
    """Differences were found, with ``--exit-code``."""
    USAGE = 64
    """The command line itself is wrong (EX_USAGE of sysexits.h)."""
