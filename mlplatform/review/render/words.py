"""The words that a report has for a stack, the same in every form."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mlplatform.review.state.display_values import printable
from mlplatform.review.verdicts import count_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mlplatform.review.diff.resource_diff import Op
    from mlplatform.review.diff.stateful import Loss
    from mlplatform.review.models.change import DeploymentChange
    from mlplatform.review.report import Report
    from mlplatform.review.verdicts import Verdict

UNVERIFIED = "UNVERIFIED: what would be served could not be verified in full"
_FEW = 5
# Of two plans: nothing is known to be there that could be updated or deleted.
_APART: Mapping[Op, str] = {"create": "added", "update": "changed", "replace": "exchanged", "delete": "removed"}
_DONE: Mapping[Op, str] = {"create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete"}


def count(number: int, word: str, words: str = "") -> str:
    """Return ``1 model``, ``2 models``."""
    return f"{number} {word if number == 1 else words or word + 's'}"


def other_stack(report: Report) -> str:
    """Return that the report compares with another stack, for its first line; ``""`` where it does not."""
    if report.other_stack is None:
        return ""
    stack, project = map(printable, report.other_stack)
    return f"compared with another stack: {stack} of project {project}"


_COMPARED = {
    "nothing": "No last known state to compare with: everything is shown as new.",
    "preview": (
        "Compared with a preview, which says what was to be and not what is there; with what is there, by an engine's "
        "export (--against)."
    ),
    "plan": "Compared with a plan, which says what was to be and not what is there.",
}


def few(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def conclusion(report: Report) -> str:
    """Return the whole report in one sentence."""
    if report.errors and not report.resources:
        return f"nothing was planned: {count(len(report.errors), 'error')}"
    if report.policies_only:
        return _of_verdicts(report) or "no policies"
    first = ["UNVERIFIED"] if report.verification.verified is False else []
    first += [*_of_served_bytes(report), *_of_locks(report)]
    parts = []
    if report.verification.mode_changed:
        parts.append(f"the stack goes from {report.verification.mode_before} to {report.verification.mode}")
    parts += [*_of_models(report), *_of_losses(report), *_of_infrastructure(report), _of_verdicts(report)]
    if report.errors:
        parts.append(f"the update would be refused ({count(len(report.errors), 'error')})")
    parts = [part for part in parts if part]
    if not report.never_deployed:
        return ", ".join([*first, *parts])
    created = count(report.to_be_created, "resource")
    first.append(f"nothing of this stack is known to be deployed, an update would create {created}")
    since = "since the last preview: " if report.compared_with == "preview" else ""
    return f"{', '.join(first)}; {since}{', '.join(parts)}"


def stays(report: Report) -> str:
    """Return the word for what is the same on both sides: of a stack that nobody deployed, nothing is unchanged."""
    words = {"preview": "as in the last preview", "plan": "the same in both plans"}
    return words.get(report.compared_with, "unchanged")


def _of_served_bytes(report: Report) -> Iterator[str]:
    now = [model.change.name for model in report.models if model.unreviewed]
    before = [model.change.name for model in report.models if model.unreviewed_before and not model.unreviewed]
    if now:
        yield f"{few(now)} {'serves' if len(now) == 1 else 'serve'} bytes that are not those reviewed"
    if before and report.compared_with == "deployed":
        yield f"{few(before)} served bytes that were not those reviewed until now"


def _of_locks(report: Report) -> list[str]:
    """Return each lock that was moved: to an older version, or to one that its alias does not stand for."""
    moved = [text for model in report.models if (text := _moved_lock(model.change, report.verification.elsewhere))]
    more = [f"{len(moved) - _FEW} more locks were moved"] if len(moved) > _FEW else []
    return [*moved[:_FEW], *more]


def _moved_lock(change: DeploymentChange, elsewhere: Mapping[str, str]) -> str:
    variant = change.variants[0] if change.variants else None
    old, new = (variant.old, variant.new) if variant else (None, None)
    if new is None or not new.locked or new.version is None:
        return ""
    target = printable(elsewhere.get(change.name, ""))
    moved = f"the lock of {change.name} was moved to version {printable(new.version)}"
    if old is None:
        # No former lock is known: the one thing or the other has happened.
        return f"{moved}, or its alias {printable(new.alias or '')} to version {target}" if target else ""
    if old.locked and old.version != new.version and (target or change.older):
        return moved + (f" (its alias is version {target})" if target else "")
    return ""


def _of_models(report: Report) -> Iterator[str]:
    changed = report.changed_models
    if not changed and any(model.unreviewed or model.unreviewed_before for model in report.models):
        # "No model changes" would be true of the facts alone.
        return
    if not changed:
        yield "no model changes" if report.differs else "nothing changes"
        return
    kinds = Counter(model.change.kind for model in changed)
    marks = [(kinds["new"], "new"), (kinds["retired"], "retired")]
    marks += [(sum(model.change.breaking for model in changed), "breaking")]
    marks += [(sum(model.change.worse for model in changed), "with worse metrics")]
    marks += [(sum(model.change.older for model in changed), "back to an older version")]
    marks += [(sum(model.change.aspects == {"storage"} for model in changed), "the same version from another place")]
    parts = ", ".join(f"{number} {word}" for number, word in marks if number)
    verb = "changes" if len(changed) == 1 else "change"
    yield f"{count(len(changed), 'model')} {verb}" + (f" ({parts})" if parts else "")


def _of_losses(report: Report) -> Iterator[str]:
    ways = Counter(loss.way for loss in report.losses)
    if ways["delete"]:
        yield count(ways["delete"], "STATEFUL deletion")
    if ways["replace"]:
        yield count(ways["replace"], "STATEFUL replacement")
    if ways["forget"]:
        yield f"{count(ways['forget'], 'stateful resource')} forgotten"


def _of_infrastructure(report: Report) -> Iterator[str]:
    stateful = {loss.resource.urn for loss in report.losses}
    number = sum(resource.urn not in stateful for resource in report.infrastructure)
    if number:
        other = "other " if stateful else ""
        yield count(number, f"{other}infrastructure change")


def _of_verdicts(report: Report) -> str:
    violated = [verdict for verdict in report.verdicts if verdict.outcome == "violated"]
    hard = sum(verdict.level != "advisory" for verdict in violated)
    if violated:
        soft = len(violated) - hard
        kinds = [f"{hard} MANDATORY" if hard else "", f"{soft} advisory" if soft else ""]
        return f"{count(len(violated), 'policy violation')} ({', '.join(filter(None, kinds))})"
    undecided = sum(verdict.outcome == "undecided" for verdict in report.verdicts)
    if undecided:
        return f"policies pass, {count(undecided, 'verdict')} undecided"
    return "policies pass" if report.verdicts else ""


def counted_rules(report: Report) -> str:
    """Return ``14 passed, 1 violated, 1 undecided``: every rule once, what there is none of left out."""
    return ", ".join(f"{number} {outcome}" for outcome, number in count_rules(report.verdicts).items() if number)


def counts(report: Report) -> dict[str, int]:
    """Return operation -> number of resources, ``same`` with those that are not listed."""
    ops = Counter(resource.op for resource in report.resources)
    return {**{op: ops[op] for op in _DONE}, "same": ops["same"] + report.unlisted}


def counted(report: Report) -> Iterator[tuple[str, str]]:
    """Yield (operation, ``2 to create``) for each that happens, and how many resources stay the same."""
    numbers = counts(report)
    applied = report.compared_with in {"deployed", "nothing"}
    yield from ((op, f"{numbers[op]} {_DONE[op] if applied else _APART[op]}") for op in _DONE if numbers[op])
    if numbers["same"] or not report.resources:
        yield "same", f"{numbers['same']} {stays(report)}"


def grouped(verdicts: Iterable[Verdict]) -> list[tuple[Verdict, list[str]]]:
    """Return verdicts that say the same once, with the names of their resources; what stops the update first."""
    groups: dict[tuple[str, str, str, str], tuple[Verdict, list[str]]] = {}
    for verdict in verdicts:
        key = verdict.policy, verdict.level, verdict.outcome, verdict.message
        names = groups.setdefault(key, (verdict, []))[1]
        if verdict.urn:
            names.append(verdict.urn.rpartition("::")[2])
    return sorted(groups.values(), key=lambda group: group[0].level == "advisory")


def context(report: Report) -> list[str]:
    """Return what the verdict rests on, a sentence each: what it is compared with, where the versions come from."""
    verification = report.verification
    sentences = [_COMPARED[report.compared_with]] if report.compared_with in _COMPARED else []
    if report.models and verification.mode == "live":
        sentences.append(
            "Live: the versions were resolved from the registry for this preview, and are again by the update."
        )
    if report.models and verification.mode == "locked" and verification.verified:
        sentences.append("Locked: the versions are those of the lock files, verified.")
    return sentences


def gaps(report: Report) -> list[str]:
    """Return what the compared states do not tell, and what that means for the report, a sentence each."""
    sentences = []
    if report.unlisted:
        stay = "stays the same and is" if report.unlisted == 1 else "stay the same and are"
        sentences.append(f"{count(report.unlisted, 'more resource')} {stay} not listed: no policy has judged them.")
    unseen = [resource.name for resource in report.resources if resource.unseen]
    if unseen:
        sentences.append(
            f"Whether {count(len(unseen), 'document')} of rights and settings on AWS changes is not known before the "
            f"update: {few(unseen)}. Compared with an export of the engine (--against), they are known."
        )
    changed = report.changed_models
    metrics = (metric for model in changed for variant in model.change.variants for metric in variant.metrics)
    judged = any(metric.outcome in {"better", "worse", "changed"} for metric in metrics)
    if judged and report.verification.directions is None:
        sentences.append(
            "The state does not tell which metrics the stack calls better: better and worse go by their names alone."
        )
    if changed and report.verification.tracking_uri is None:
        sentences.append("The state does not tell where runs can be looked at: none is linked.")
    return sentences


def loss_way(loss: Loss) -> str:
    """Return how something stateful goes."""
    if loss.resource.pending:
        return f"{loss.resource.op} of a former copy"
    if loss.resource.refused:
        return f"{loss.resource.op}, refused: protected"
    return "leaves the stack, stays in place" if loss.way == "forget" else loss.way
