"""Ask the rules about plain inputs, and spoil these."""

import json

from pulumi_policy import PolicyCustomTimeouts, PolicyResourceOptions, ResourceValidationArgs
from pulumi_policy.proxy import unknown_checking_proxy

from policies.ancestry import Ancestry
from policies.rules import RULES


def violations(kind, properties, *, protect=True, found=None, rules=RULES):
    """Return (rule, message) of the rules; with ``found``, keep them there, also those before an unknown value.

    Raises:
        UnknownValueError: a rule has met what is not known yet.

    """
    options = PolicyResourceOptions(
        protect=protect,
        ignore_changes=[],
        delete_before_replace=None,
        aliases=[],
        custom_timeouts=PolicyCustomTimeouts(0, 0, 0),
        additional_secret_outputs=[],
        parent="",
    )
    found = [] if found is None else found
    for rule in rules:
        args = ResourceValidationArgs(
            kind, unknown_checking_proxy(properties), "urn:pulumi:dev::p::t::n", "n", options, None, None, {}
        )
        report = lambda message, _urn=None, rule=rule: found.append((rule.name, message))  # noqa: E731
        rule.validate(args, report, ancestry=Ancestry())
    return found


def spoil(properties, path, value):
    """Return a copy with one place changed, or, of ``None``, taken out."""
    spoilt = json.loads(json.dumps(properties))
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = spoilt
    for part in parents:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return spoilt
