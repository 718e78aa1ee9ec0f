"""What follows from the section ``aws`` for the others: one region for everything."""

from __future__ import annotations

from typing import Any

# Sections whose region is aws.region unless they say otherwise.
REGION_SECTIONS = (
    ("mlflow", "artifacts", "s3"),
    ("certManager", "issuer", "dns01"),
    ("objectStore",),
    ("releaseStore",),
)


def with_aws_regions(raw: Any) -> Any:
    """Return a configuration in which each ``region`` that is not given is that of the section ``aws``.

    Args:
        raw: configuration, top-level key -> plain data of any form; it is not changed.

    """
    aws = raw.get("aws") if isinstance(raw, dict) else None
    if not isinstance(aws, dict):
        return raw
    # Where the region itself is wrong, that is one error, and no others follow.
    region = found if isinstance(found := aws.get("region"), str) and found else "unknown"
    for path in REGION_SECTIONS:
        raw = _filled(raw, path, region)
    return raw


def _filled(raw: Any, path: tuple[str, ...], region: str) -> Any:
    if not isinstance(raw, dict):
        return raw
    if not path:
        return {"region": region, **raw}
    key, *rest = path
    # Without the section objectStore there is still an object store, of defaults.
    below = raw.get(key, {} if path == ("objectStore",) else None)
    return raw if below is None else {**raw, key: _filled(below, tuple(rest), region)}
