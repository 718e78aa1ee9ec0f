"""The rules that the golden reports are judged by: a few that the pack has, so that a new one changes no report.

Some are violated by a pair of states, one meets a value that is not known, and one always passes.
"""

from policies.rules import (
    container_resources_are_set,
    model_has_signature,
    no_plaintext_credentials,
    production_is_locked,
)

SHOWN_RULES = (
    container_resources_are_set.RULE,
    model_has_signature.RULE,
    no_plaintext_credentials.RULE,
    production_is_locked.RULE,
)
