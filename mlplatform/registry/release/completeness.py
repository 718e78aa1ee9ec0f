"""A release as a whole: all its files and nothing else, because model servers fetch everything below its URI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.registry.client.failure import one_line
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.release.stored_files import Finding, examine, list_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlplatform.registry.digest import FileDigest
    from mlplatform.registry.release.client import StoreClient
    from mlplatform.registry.release.location import StoreLocation

# A folder full of foreign files is one fault, not a thousand.
_SHOWN_EXTRA = 5
# Room for the 71 characters of a digest's folder, and a path.
_SHOWN_CHARACTERS = 160


def examine_release(  # noqa: PLR0913 - what should lie where, and what is known of it
    client: StoreClient,
    location: StoreLocation,
    files: Sequence[FileDigest],
    *,
    full: bool = False,
    parts_sha256s: Mapping[str, str] | None = None,
    known: Collection[str] = (),
) -> tuple[str, ...]:
    """Return what is wrong with a release, parts of a sentence.

    Args:
        client: of the store.
        location: the release.
        files: all its files.
        full: read every file.
        parts_sha256s: path -> checksum over the parts that the file is known to have.
        known: paths of files that were found right a moment ago.

    """
    there = list_files(client, location)
    if not there:
        return (f"nothing lies at {location.shown()}",)
    faults = [f"{one_line(file.path)} is missing" for file in files if file.path not in there]
    if extra := extra_objects(there, files):
        faults.append(extra)
    sums = parts_sha256s or {}
    present = [file for file in files if file.path in there and file.path not in known]

    def look(file: FileDigest) -> Finding | None:
        if there[file.path] != file.size:
            return None
        return examine(client, location, file, parts_sha256=sums.get(file.path), full=full)

    for file, finding in zip(present, run_parallel(look, present), strict=True):
        name = one_line(file.path)
        if finding is None:
            faults.append(f"{name} has {there[file.path]} bytes and not {file.size}")
        elif finding.stored is None:
            faults.append(f"{name} is missing")
        elif not finding.equal:
            faults.append(f"{name} has other content than what was released")
    return tuple(faults)


def extra_objects(there: Iterable[str], files: Iterable[FileDigest]) -> str:
    """Return what lies there and belongs to no file, as a part of a sentence; ``""`` where nothing does."""
    extra = sorted(set(there) - {file.path for file in files})
    if not extra:
        return ""
    few = ", ".join(
        one_line(path, _SHOWN_CHARACTERS) or "an object named like the folder" for path in extra[:_SHOWN_EXTRA]
    )
    more = f" and {len(extra) - _SHOWN_EXTRA} more" if len(extra) > _SHOWN_EXTRA else ""
    return f"{few}{more} {'lie' if len(extra) > 1 else 'lies'} there without belonging to the release"
