"""How much each part of a markdown report matters: a small number is the last to be left out. Data."""

from __future__ import annotations

from enum import IntEnum


class Weight(IntEnum):
    """What stands for what, from what must stay to what goes first."""

    ALWAYS = 0
    DECIDES = 1
    BREAKS = 2  # how callers break
    OVERVIEW = 3  # the table of models
    GOING = 4  # what else is deleted or replaced
    LOUD = 5  # models that need attention
    INFRASTRUCTURE = 6
    QUIET = 7  # other models
    LOUD_ALL = 8  # what else is known of models
    QUIET_ALL = 9
    OTHERS = 10  # the objects of models, undecided verdicts
    DIFFS = 11
    SAME = 12  # what stays the same
