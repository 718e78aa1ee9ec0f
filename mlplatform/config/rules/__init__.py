"""Rules that span several fields, on the raw configuration.

They run beside the field checks of the models, on data that may be wrong in any way, so that all mistakes of a file are
reported at once: each rule looks only at values of the right form and leaves the others to the fields. What nobody
wrote has the default of its section: rules repeat none (:mod:`mlplatform.config.draft`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config import ingress
from mlplatform.config.default_resources import with_default_resources
from mlplatform.config.draft import draft
from mlplatform.config.models import Settings
from mlplatform.config.rules import (
    amounts,
    aws,
    engines,
    mlflow,
    platform,
    registry,
    releases,
    rotations,
    serving,
    tenancy,
    training,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule.

    Args:
        raw: configuration under the project's own namespace, top-level key -> plain data.

    """
    raw = with_default_resources(raw)
    settings = draft(Settings, raw)
    for room in (amounts, aws, registry, serving, engines, releases, mlflow, tenancy, training, rotations):
        yield from room.findings(raw)
    yield from platform.rules(settings)
    yield from ingress.rules(settings)
