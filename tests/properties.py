"""How many examples the tests of properties try."""

import os

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "same")
# A third finds nearly all that a change breaks; the rest is for the night.
_SHARE = 3


def examples(number):
    """Return how many of ``number`` examples this run tries: all of them in every profile but the ordinary one."""
    return -(-number // _SHARE) if PROFILE == "same" else number
