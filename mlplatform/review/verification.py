"""How far the served versions were verified, as a state tells it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlplatform.review.diff.engine_preview import UNVERIFIED
from mlplatform.review.state.property_values import is_secret, is_unknown
from mlplatform.review.state.urn import MODELS_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlplatform.review.diff.engine_preview import EnginePreview
    from mlplatform.review.state.resources import ResourceState, StackState

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
        directions: metric -> ``higher``, ``lower`` or ``neutral``, as the stack says; ``None`` where the state does not
            tell.
        mode_before: ``live`` or ``locked`` in the state to come from, ``None`` where that does not tell.
        elsewhere: deployment -> the version that its alias stands for now, where another one is locked.

    """

    mode: str | None = None
    verified: bool | None = None
    reasons: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    tracking_uri: str | None = None
    directions: Mapping[str, str] | None = None
    mode_before: str | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @property
    def mode_changed(self) -> bool:
        """Whether the stack goes from live to locked, or back."""
        return self.mode != self.mode_before and None not in {self.mode, self.mode_before}


def verification(
    state: StackState, preview: EnginePreview | None = None, old: StackState | None = None
) -> Verification:
    """Return what the component of all models says.

    Args:
        state: the state to go to.
        preview: where the state was read from an engine's preview: it knows no outputs of components, but the log.
        old: the state to come from.

    """
    shared = [resource for resource in state.resources if resource.type == MODELS_TYPE]
    registries = _registries(state)
    if preview is None:
        reasons = _texts(resource.outputs.get("unverified") for resource in shared)
        notices = _texts(resource.outputs.get("notices") for resource in shared)
    else:
        reasons, notices = preview.unverified, preview.notices
    flags = [registry["verified"] for registry in registries if isinstance(registry.get("verified"), bool)]
    verified = False if reasons or False in flags else True if flags else None
    return Verification(
        mode=_mode(registries),
        verified=verified,
        reasons=reasons or ((_NO_REASON,) if verified is False else ()),
        notices=notices,
        tracking_uri=_first(registries, "trackingUri"),
        directions=_directions(shared),
        mode_before=_mode(_registries(old)) if old else None,
        elsewhere={
            name: version
            for resource in shared
            for name, version in _mapping(resource.outputs.get("aliasesElsewhere")).items()
            if _is_text(version)
        },
    )


def log_lines(state: StackState) -> frozenset[str]:
    """Return the lines in which the program logs the reasons and notices of a state."""
    state_verification = verification(state)
    return frozenset({*(f"{UNVERIFIED}{reason}" for reason in state_verification.reasons), *state_verification.notices})


def _registries(state: StackState) -> list[Mapping[str, Any]]:
    return [_mapping(resource.inputs.get("registry")) for resource in state.resources if resource.type == MODELS_TYPE]


def _mode(registries: Iterable[Mapping[str, Any]]) -> str | None:
    return next((str(item["mode"]) for item in registries if item.get("mode") in _MODES), None)


def _directions(shared: Iterable[ResourceState]) -> Mapping[str, str] | None:
    settings = [resource.inputs["metricDirections"] for resource in shared if "metricDirections" in resource.inputs]
    if not settings:
        return None
    pairs = (pair for directions in settings for pair in _mapping(directions).items())
    return {name: direction for name, direction in pairs if direction in ("higher", "lower", "neutral")}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) and not is_secret(value) else {}


def _first(items: Iterable[Mapping[str, Any]], key: str) -> str | None:
    return next((item[key] for item in items if _is_text(item.get(key))), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not is_unknown(value)


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    texts = (item for value in values if isinstance(value, list) for item in value if _is_text(item))
    return tuple(dict.fromkeys(texts))
