"""Images are named by a tag that stays, or by digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, Severity

from policies.objects import KUBERNETES_OBJECTS, NOT_OBJECTS, containers
from policies.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def _check(args: ResourceValidationArgs) -> Iterator[str]:
    for path, container in containers(args.props):
        image = container.get("image")
        if isinstance(image, str):
            for fault in image_faults(image):
                yield f"{path}.image {fault}; name a version tag or a digest (@sha256:...)"


def image_faults(image: str) -> Iterator[str]:
    """Yield what is wrong with an image reference, nothing when it is pinned."""
    name, separator, digest = image.partition("@")
    if separator:
        if not _DIGEST.fullmatch(digest):
            yield f"'{image}' has no valid digest"
        return
    # A colon before the last slash belongs to the port of a registry.
    tag = name.rpartition("/")[2].partition(":")[2]
    if not tag:
        yield f"'{image}' has no tag"
    elif tag == "latest":
        yield f"'{image}' has the moving tag latest"


RULE = Rule(
    name="container-image-is-pinned",
    description="Every container image has a version tag or a digest, never none and never latest.",
    reason="A tag that moves runs other code after a restart than before, and nobody can say which.",
    source="Kubernetes, Images",
    url="https://kubernetes.io/docs/concepts/containers/images/",
    fix="Name a version tag or, better, a digest (@sha256:...).",
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    resource_types=KUBERNETES_OBJECTS,
    excluded_types=NOT_OBJECTS,
    check=_check,
)
