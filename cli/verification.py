"""How closely a preview looks at locked releases: which deployments' files the program reads and hashes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from cli.deployed import deployed_facts
from registry.lock.folder import LockFolder
from registry.served import VERIFY_ALL, VERIFY_VARIABLE
from settings.load import check_stack_file
from settings.problems import ProblemsError

if TYPE_CHECKING:
    from pathlib import Path

    from review.state import StackState


class Verify(StrEnum):
    """Whose files are read and hashed, whatever the release store's checksums say of them."""

    CHANGED = "changed"
    FULL = "full"


def verification(project: Path, stack: str, known: StackState | None, wanted: Verify) -> dict[str, str]:
    """Return the variable that tells the program whose files to read and hash.

    Args:
        project: folder of ``Pulumi.yaml``.
        stack: name of the stack.
        known: the last known state; what it serves from elsewhere, or not at all, is changed.
        wanted: what the user asked for.

    """
    if wanted is Verify.FULL:
        return {VERIFY_VARIABLE: VERIFY_ALL}
    try:
        settings = check_stack_file(project, stack)
    except ProblemsError:
        # The program will say what is wrong with it.
        return {}
    if settings.registry.mode != "locked":
        return {}
    before = deployed_facts(known) if known else {}
    changed = []
    for name, lock in LockFolder(project=project, stack=stack).read().locks.items():
        facts = before.get(name, {})
        served = {(entry.version.digest, entry.version.storage_uri) for entry in lock.variants.values()}
        if served != {(facts.get("digest"), facts.get("storageUri"))}:
            changed.append(name)
    return {VERIFY_VARIABLE: ",".join(sorted(changed))} if changed else {}
