"""How closely a preview looks at locked releases: which deployments' files the program reads and hashes."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING

from mlplatform.cli.deployed import deployed_facts
from mlplatform.config.load import check_stack_file
from mlplatform.config.problems import ProblemsError
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.served import VERIFY_ALL, VERIFY_VARIABLE, named_by

if TYPE_CHECKING:
    from pathlib import Path

    from mlplatform.review.state.resources import StackState


class Verify(StrEnum):
    """Whose files are read and hashed, whatever the release store's checksums say of them."""

    CHANGED = "changed"
    FULL = "full"
    CHECKSUMS = "checksums"


def verification(project: Path, stack: str, known: StackState | None, wanted: Verify) -> dict[str, str]:
    """Return the variable that tells the program whose files to read and hash.

    What the variable already says in this process's environment stays: a command never makes it look less closely.

    Args:
        project: folder of ``Pulumi.yaml``.
        stack: name of the stack.
        known: the last known state; what it serves from elsewhere, or not at all, is changed.
        wanted: what the user asked for.

    """
    asked = named_by(os.environ.get(VERIFY_VARIABLE, ""))
    if wanted is Verify.FULL:
        asked |= {VERIFY_ALL}
    elif wanted is Verify.CHANGED:
        asked |= _changed(project, stack, known)
    return {VERIFY_VARIABLE: ",".join(sorted(asked))} if asked else {}


def _changed(project: Path, stack: str, known: StackState | None) -> set[str]:
    try:
        settings = check_stack_file(project, stack)
    except ProblemsError:
        # The program will say what is wrong with it.
        return set()
    if settings.registry.mode != "locked":
        return set()
    before = deployed_facts(known) if known else {}
    models = {model.name for model in settings.models}
    changed = set()
    for name, lock in LockFolder(project=project, stack=stack).read().locks.items():
        facts = before.get(name, {})
        served = {(entry.version.digest, entry.version.storage_uri) for entry in lock.variants.values()}
        if name in models and served != {(facts.get("digest"), facts.get("storageUri"))}:
            changed.add(name)
    return changed
