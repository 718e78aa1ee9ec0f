"""Tags of everything that AWS lets tag: whose it is, what it belongs to, who pays for it. Pure.

They stand on each resource and not in the provider's ``default_tags``: these show in no preview, and a launch template
does not hand them on to the instances and volumes that it starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.aws.stack import aws_settings

if TYPE_CHECKING:
    from mlplatform.config import Settings

MANAGED_BY = "pulumi"


def tags(settings: Settings, name: str | None = None) -> dict[str, str]:
    """Return the tags of one resource.

    Args:
        settings: the stack's settings, with ``aws``.
        name: what the AWS console shows in its column "Name"; none where the resource has a name of its own.

    """
    section = aws_settings(settings).tags
    return {
        **({"Name": name} if name is not None else {}),
        "Environment": settings.environment,
        "Owner": section.owner,
        "CostCentre": section.cost_centre,
        "ManagedBy": MANAGED_BY,
        **section.additional,
    }
