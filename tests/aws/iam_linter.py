"""parliament, a linter of IAM policies: unknown actions and condition keys, resources that an action does not take."""

import importlib.util
import json
import sys
import types
from pathlib import Path

# What a document is -> kind of finding -> (what it says, why that is meant)
REASONS = {
    "trusts": {
        "MALFORMED": ("neither Resource nor NotResource", "a trust policy is about its role and has no resource"),
        "UNKNOWN_FEDERATION_SOURCE": (":oidc-provider/", "it knows no OIDC providers of clusters"),
    },
    "keys": {
        "RESOURCE_STAR": ("kms:", "the resource of a key policy is its key, written *"),
        "PERMISSIONS_MANAGEMENT_ACTIONS": ("kms:putkeypolicy", "the account has to be able to manage its keys"),
        "MISMATCHED_TYPE": ("ArnLike requires a value of type Arn", "AWS documents the context of logs as an ARN"),
    },
    "permissions": {
        "PERMISSIONS_MANAGEMENT_ACTIONS": ("kms:creategrant", "EC2 attaches a volume by a grant; a condition holds it"),
        "RESOURCE_MISMATCH": ("logs:DescribeLogGroups", "CloudWatch Logs takes account and region, its data does not"),
    },
}


def _load():
    # It asks setuptools' pkg_resources, which setuptools has no more, where its own data lies, and nothing else.
    package = Path(importlib.util.find_spec("parliament").origin).parent
    stand_in = types.ModuleType("pkg_resources")
    stand_in.resource_filename = lambda _package, name: str(package / name)
    before = sys.modules.get("pkg_resources")
    sys.modules["pkg_resources"] = stand_in
    try:
        return importlib.import_module("parliament")
    finally:
        del sys.modules["pkg_resources"]
        if before is not None:
            sys.modules["pkg_resources"] = before


def findings(document):
    """Return what is wrong with a policy document as sorted (kind, detail)."""
    policy = _load().analyze_policy_string(json.dumps(document), include_community_auditors=True)
    # Some findings name the actions in place of the line.
    return sorted((found.issue, f"{found.detail} {found.location.get('actions', '')}") for found in policy.findings)


def unexpected(of, document):
    """Return the findings without a reason; ``of``: ``permissions``, ``trusts``, ``buckets`` or ``keys``."""
    reasons = REASONS.get(of, {})
    return [
        (kind, detail) for kind, detail in findings(document) if kind not in reasons or reasons[kind][0] not in detail
    ]
