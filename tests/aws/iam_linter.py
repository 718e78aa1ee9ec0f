"""parliament, a linter of IAM policies: unknown actions and condition keys, resources that an action does not take."""

import importlib.util
import json
import sys
import types
from pathlib import Path


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
