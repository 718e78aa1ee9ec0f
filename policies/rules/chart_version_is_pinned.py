"""Helm releases name one version of one chart from a place that cannot be tampered with on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.rule import Rule

# SemVer 2.0; Helm also reads ranges such as ^1.2 or 1.x, and takes the newest when there is none.
_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    options = args.props.get("repositoryOpts")
    repository = options.get("repo") if isinstance(options, Mapping) else None
    yield from release_faults(args.props.get("chart"), args.props.get("version"), repository)


def release_faults(chart: object, version: object, repository: object) -> Iterator[str]:
    """Yield what is wrong with where a release's chart comes from, nothing when it is pinned and safe."""
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        yield "version is not one exact chart version; write for example 1.21.2, no range"
    for key, address in (("chart", chart), ("repositoryOpts.repo", repository)):
        if isinstance(address, str) and address.startswith("http://"):
            yield f"{key} is fetched without encryption; use https:// or oci://"


RULE = Rule(
    name="chart-version-is-pinned",
    description="Every Helm release names one exact chart version, fetched over an encrypted connection.",
    reason=(
        "A range, or no version, installs another chart than was reviewed; an unencrypted one can be exchanged on "
        "the way."
    ),
    source="decision record 10",
    fix="Name one exact version of the chart, and fetch it by https:// or oci://.",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=("kubernetes:helm.sh/*:Release",),
    check=_check,
)
