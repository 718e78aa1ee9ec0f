"""How far the served versions were verified, as a state tells it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from review.engine_preview import MODELS_TYPE
from review.wire import is_secret, is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from review.engine_preview import EnginePreview
    from review.resources import StackState

_MODES = ("live", "locked")
_NO_REASON = "the state says so and gives no reason"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """How far the served versions were verified.

    Attributes:
        mode: ``live`` or ``locked``; ``None`` where the state does not tell.
        verified: ``False`` where a locked version could not be verified in full; ``None`` where nobody tells.
        reasons: why not, a sentence each.
        notices: what a reviewer should know and nothing stops at, a sentence each.
        tracking_uri: where the runs of the models can be looked at.
        directions: metric -> ``higher``, ``lower`` or ``neutral``, as the stack says.

    """

    mode: str | None = None
    verified: bool | None = None
    reasons: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    tracking_uri: str | None = None
    directions: Mapping[str, str] | None = None


def verification(state: StackState, preview: EnginePreview | None = None) -> Verification:
    """Return what the component of all models says.

    Args:
        state: the state to go to.
        preview: where the state was read from an engine's preview: it knows no outputs of components, but the log.

    """
    shared = [resource for resource in state.resources if resource.type == MODELS_TYPE]
    registries = [_mapping(resource.inputs.get("registry")) for resource in shared]
    directions = {
        name: direction
        for resource in shared
        for name, direction in _mapping(resource.inputs.get("metricDirections")).items()
        if direction in ("higher", "lower", "neutral")
    }
    if preview is None:
        reasons = _texts(resource.outputs.get("unverified") for resource in shared)
        notices = _texts(resource.outputs.get("notices") for resource in shared)
    else:
        reasons, notices = preview.unverified, preview.notices
    flags = [registry["verified"] for registry in registries if isinstance(registry.get("verified"), bool)]
    verified = False if reasons or False in flags else True if flags else None
    return Verification(
        mode=next((str(item["mode"]) for item in registries if item.get("mode") in _MODES), None),
        verified=verified,
        reasons=reasons or ((_NO_REASON,) if verified is False else ()),
        notices=notices,
        tracking_uri=_first(registries, "trackingUri"),
        directions=directions,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) and not is_secret(value) else {}


def _first(items: Iterable[Mapping[str, Any]], key: str) -> str | None:
    return next((item[key] for item in items if _is_text(item.get(key))), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not is_unknown(value)


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    found = (item for value in values if isinstance(value, list) for item in value if _is_text(item))
    return tuple(dict.fromkeys(found))
