"""The served models of two states: which deployments come, go and change, and in what respects. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from mlplatform.registry.facts.views import facts_with_aspect
from mlplatform.review.models.change import DEFAULT, DeploymentChange, ValueChange, VariantChange
from mlplatform.review.models.facts import read_variants, text
from mlplatform.review.models.libraries import compare_libraries, compare_platform
from mlplatform.review.models.metrics import compare_metrics
from mlplatform.review.models.signature import diff_signatures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlplatform.review.models.change import Aspect, Kind, LibraryChange
    from mlplatform.review.models.facts import VariantFacts
    from mlplatform.review.models.side import Side

Missing = Literal["old", "new", "both"]
V = TypeVar("V")


def compare_deployments(
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
    *,
    tracking_uri: str | None,
    directions: Mapping[str, str],
) -> tuple[DeploymentChange, ...]:
    """Return what happens to each model deployment, by name; the unchanged ones too.

    Args:
        old: name of the deployment -> inputs of its component, before.
        new: likewise, after.
        tracking_uri: of the MLflow server, to link to runs; ``None`` where it is not known.
        directions: configured metric -> ``higher``, ``lower`` or ``neutral``.

    """
    return tuple(
        _deployment(name, old.get(name), new.get(name), tracking_uri, directions) for name in sorted({*old, *new})
    )


def _deployment(
    name: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    tracking_uri: str | None,
    directions: Mapping[str, str],
) -> DeploymentChange:
    before = {} if old is None else read_variants(old, tracking_uri=tracking_uri)
    after = {} if new is None else read_variants(new, tracking_uri=tracking_uri)
    names = [*dict.fromkeys([*after, *before])]
    variants = tuple(
        _variant(variant, before.get(variant), after.get(variant), before.get(DEFAULT), directions)
        for variant in sorted(names, key=lambda variant: (variant != DEFAULT, variant))
    )
    pairs = {
        key: (text((old or {}).get(key)), text((new or {}).get(key))) for key in ("namespace", "serving", "runtime")
    }
    aspects: frozenset[Aspect] = frozenset() if old is None or new is None else frozenset(_aspects(variants, pairs))
    kind: Kind = "new" if old is None else "retired" if new is None else "changed" if aspects else "unchanged"
    return DeploymentChange(name=name, kind=kind, aspects=aspects, variants=variants, **pairs)


def _aspects(
    variants: tuple[VariantChange, ...], pairs: Mapping[str, tuple[str | None, str | None]]
) -> Iterator[Aspect]:
    moved = {key for key, (old, new) in pairs.items() if old != new and None not in {old, new}}
    if "namespace" in moved:
        yield "namespace"
    if "serving" in moved:
        # Each engine has runtimes of its own: another engine is all there is to say.
        yield "engine"
    elif "runtime" in moved:
        yield "runtime"
    for variant in variants:
        if variant.kind in {"new", "retired"}:
            yield "variants"
        elif variant.kind == "changed":
            yield from _variant_aspects(variant)


def _variant_aspects(variant: VariantChange) -> Iterator[Aspect]:
    changed = variant.changed
    if "registered_model" in changed:
        yield "model"
    elif "version" in changed:
        yield "version"
    else:
        if changed & facts_with_aspect("artifact"):
            yield "artifact"
        elif changed & facts_with_aspect("facts") or _differs(variant):
            yield "facts"
        if changed & facts_with_aspect("storage"):
            yield "storage"
    if "alias" in changed:
        yield "alias"
    if "traffic" in changed:
        yield "traffic"


def _differs(variant: VariantChange) -> bool:
    """Whether anything but the fields of the sides differs."""
    moved = any(metric.outcome != "same" for metric in variant.metrics)
    return moved or any((variant.params, variant.tags, variant.signature, variant.libraries))


def _variant(
    name: str,
    old: VariantFacts | None,
    new: VariantFacts | None,
    default: VariantFacts | None,
    directions: Mapping[str, str],
) -> VariantChange:
    """Compare a variant with itself; a new one with what its callers were served by until now, the default variant."""
    side = old.side if old else None
    if new is None:
        # Nobody is served by it any more, so that there is nothing to compare.
        return VariantChange(name=name, kind="retired", old=side, new=None)
    base, baseline = (old, name) if old else (default, DEFAULT)
    if base is None:
        metrics = compare_metrics({}, new.metrics, directions=directions)
        return VariantChange(name=name, kind="new", old=None, new=new.side, metrics=metrics)
    change = VariantChange(
        name=name,
        kind="changed" if old else "new",
        old=side,
        new=new.side,
        baseline=baseline,
        metrics=compare_metrics(*_common("metrics", base, new, base.metrics, new.metrics), directions=directions),
        params=_values(*_common("params", base, new, base.params, new.params)),
        tags=_values(*_common("tags", base, new, base.tags, new.tags)),
        signature=() if "signature" in base.untold | new.untold else diff_signatures(base.signature, new.signature),
        signature_missing=_signature_missing(base, new),
        libraries=_libraries(base, new),
        uncompared=_uncompared(base, new),
    )
    return change if old is None or change.changed or _differs(change) else replace(change, kind="unchanged")


def _common(
    group: str, old: VariantFacts, new: VariantFacts, before: Mapping[str, V], after: Mapping[str, V]
) -> tuple[Mapping[str, V], Mapping[str, V]]:
    """Return both sides of a group without what only one of them tells: it did not come or go."""
    untold = old.untold | new.untold
    if group in untold:
        return {}, {}
    return (
        {name: value for name, value in before.items() if f"{group}.{name}" not in untold},
        {name: value for name, value in after.items() if f"{group}.{name}" not in untold},
    )


def _values(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[ValueChange, ...]:
    names = sorted({*old, *new})
    changes = (ValueChange(name=name, old=old.get(name), new=new.get(name)) for name in names)
    return tuple(change for change in changes if change.old != change.new)


def _signature_missing(old: VariantFacts, new: VariantFacts) -> Missing | None:
    if "signature" in old.untold | new.untold:
        return None
    missing: dict[tuple[bool, bool], Missing] = {(True, True): "both", (True, False): "old", (False, True): "new"}
    return missing.get((old.signature is None, new.signature is None))


def _libraries(old: VariantFacts, new: VariantFacts) -> tuple[LibraryChange, ...]:
    """Return how the environments differ; a line that asks for MLflow says more than the MLflow that logged it."""
    lines: tuple[LibraryChange, ...] = ()
    if old.requirements is not None and new.requirements is not None:
        lines = compare_libraries(old.requirements, new.requirements)
    named = {change.name for change in lines}
    platform = compare_platform(_platform(old.side), _platform(new.side))
    return (*(change for change in platform if change.name not in named), *lines)


def _platform(side: Side) -> dict[str, str | None]:
    return {"python": side.python_version, "mlflow": side.mlflow_version}


def _uncompared(old: VariantFacts, new: VariantFacts) -> tuple[str, ...]:
    untold = old.untold | new.untold
    if (old.requirements is None) != (new.requirements is None):
        # Without a file of requirements a model may still need any; that is no list to compare with.
        untold |= {"requirements"}
    return tuple(sorted(untold))
