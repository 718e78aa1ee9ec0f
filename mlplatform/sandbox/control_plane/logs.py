"""The logs of the control plane's processes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlplatform.local_processes import last_lines

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_LINES = 12
# What klog and zap lead their lines with: of no use in a message.
_PREFIX = re.compile(r"^[IWEF]\d{4} [\d:.]+ +\d+ ")
_ERROR = re.compile(r'^[EF]\d{4} |"level":"(error|fatal|panic)"|[Ee]rror|panic:')


def last_words(log: Path) -> str:
    """Return the end of a log: what the process complained of last, and else its last lines."""
    tail = last_lines(log)[:_TAIL_LINES][::-1]
    errors = [line for line in tail if _ERROR.search(line)]
    return "\n".join(_PREFIX.sub("", line)[:400] for line in (errors[-3:] or tail)) or "it wrote nothing"
