"""What holds for every AWS resource of a state, whichever component made it."""

import inspect

import pulumi_aws

from components.aws.names import LIMITS, too_long
from mlplatform.review.diff.aws_resources import DEFAULT_NAME, NAMES


def aws_resources(state):
    """Return the resources on AWS, components and providers not among them."""
    return [each for each in state.resources if each.custom and each.type.startswith("aws:")]


def can_be_tagged(type_):
    """Whether AWS takes tags for it, as the SDK knows."""
    _, path, name = type_.split(":")
    kind = getattr(getattr(pulumi_aws, path.partition("/")[0]), name)
    return "tags" in inspect.signature(kind._internal_init).parameters


def untagged(state, wanted):
    """Return what lacks a tag, or has another value of it."""
    return [
        f"{each.type} {each.name}"
        for each in aws_resources(state)
        if can_be_tagged(each.type) and not wanted.items() <= each.inputs.get("tags", {}).items()
    ]


def unfit_names(state):
    """Return what is wrong with names, one text each; nothing where all fit."""
    found = []
    for each in aws_resources(state):
        own = each.inputs.get(NAMES.get(each.type, DEFAULT_NAME))
        found.append(too_long(each.type, own or each.name, auto=own is None) if each.type in LIMITS else "")
    return [fault for fault in found if fault]
