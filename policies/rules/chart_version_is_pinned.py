"""Helm releases name one version of one chart from a place that cannot be tampered with on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

# SemVer 2.0; Helm also reads ranges such as ^1.2 or 1.x, and takes the newest when there is none.
_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def _validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
    if not args.resource_type.startswith("kubernetes:helm.sh/") or not args.resource_type.endswith(":Release"):
        return
    options = args.props.get("repositoryOpts")
    repository = options.get("repo") if isinstance(options, Mapping) else None
    for fault in release_faults(args.props.get("chart"), args.props.get("version"), repository):
        report_violation(fault, None)


def release_faults(chart: object, version: object, repository: object) -> Iterator[str]:
    """Yield what is wrong with where a release's chart comes from, nothing when it is pinned and safe."""
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        yield "version is not one exact chart version; write for example 1.21.2, no range"
    for key, place in (("chart", chart), ("repositoryOpts.repo", repository)):
        if isinstance(place, str) and place.startswith("http://"):
            yield f"{key} is fetched without encryption; use https:// or oci://"


chart_version_is_pinned = ResourceValidationPolicy(
    name="chart-version-is-pinned",
    description="Every Helm release names one exact chart version, fetched over an encrypted connection.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
