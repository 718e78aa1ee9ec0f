"""What an update would do: the last known state against the desired one.

Restates the decisions of the engine's step generator (pulumi/pulumi, ``pkg/resource/deploy/step_generator.go``) that
need neither a provider nor the cluster. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlplatform.review.diff.aws_resources import DOCUMENTS
from mlplatform.review.diff.normalise import comparable
from mlplatform.review.diff.property_changes import Differences
from mlplatform.review.diff.replacement import (
    deletes_before_replacement,
    keeps_outputs,
    provider_replacing_keys,
    replacing_paths,
)
from mlplatform.review.diff.resource_diff import Op, ResourceDiff
from mlplatform.review.state.property_paths import Path, covers, parse_path, reaches, reset
from mlplatform.review.state.property_values import is_unknown
from mlplatform.review.state.resources import Desired, ResourceState, StackState, renamed
from mlplatform.review.state.urn import is_provider, provider_urn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def diff_states(old: StackState | None, new: StackState) -> tuple[ResourceDiff, ...]:
    """Compare two states.

    Args:
        old: the last known state, of this or another stack; ``None`` when there is none.
        new: the desired state.

    Returns:
        The resources of the new state in its order, then those to be deleted, last registered first.

    """
    before = renamed(old, stack=new.stack, project=new.project) if old else None
    return tuple(Comparison(before, new).run(new.resources))


@dataclass
class Comparison:
    """One comparison, resource by resource in the order in which the program registers them.

    Attributes:
        before: the last known state, under the desired one's name; ``None`` when there is none.
        after: the desired state.
        ops: URN -> what would happen to each resource that was compared.
        former: URN of the last known state -> URN that it has now.

    """

    before: StackState | None
    after: Desired
    ops: dict[str, Op] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)

    def run(self, resources: Iterable[ResourceState]) -> Iterable[ResourceDiff]:
        """Yield the comparison of all resources of the desired state, then what is to be deleted."""
        for new in resources:
            yield self.one(new)
        taken = set(self.former)
        for old in reversed(self.before.resources if self.before else ()):
            if old.urn not in taken and not old.external:
                yield ResourceDiff(urn=old.urn, type=old.type, name=old.name, op="delete", old=old)
        for old in self.before.pending_deletes if self.before else ():
            yield ResourceDiff(urn=old.urn, type=old.type, name=old.name, op="delete", old=old, pending=True)

    def one(self, new: ResourceState) -> ResourceDiff:
        """Return what would happen to the next resource."""
        resource_diff = self._one(new)
        self.ops[new.urn] = resource_diff.op
        return resource_diff

    def _match(self, new: ResourceState) -> ResourceState | None:
        """Return the same resource of the old state, by its URN or else a former one."""
        if self.before is None:
            return None
        # A former name may be another resource's present one; that one has the better claim.
        urns = (new.urn, *(urn for urn in new.aliases if self.after.resource(urn) is None))
        for urn in urns:
            old = self.before.resource(urn)
            if old is not None and urn not in self.former:
                self.former[urn] = new.urn
                return old
        return None

    def _one(self, new: ResourceState) -> ResourceDiff:
        old = self._match(new)
        if old is None or (old.external and not new.external):
            op: Op = "same" if new.external else "create"
            return ResourceDiff(urn=new.urn, type=new.type, name=new.name, op=op, new=new)
        if new.external:
            return ResourceDiff(urn=new.urn, type=new.type, name=new.name, op="same", old=old, new=new)
        differences, provider_keys = self._differences(old, new)
        reasons = dict.fromkeys(self._outer_reasons(old, new))
        reasons.update(dict.fromkeys(change.path for change in differences.changes if change.replaces))
        reasons.update(dict.fromkeys(sorted(provider_keys)))
        op = "replace" if reasons else "update" if differences.changes or old.init_errors else "same"
        return ResourceDiff(
            urn=new.urn,
            type=new.type,
            name=new.name,
            op=op,
            changes=tuple(differences.changes),
            old=old,
            new=new,
            uncompared=tuple(differences.uncompared),
            assumed=tuple(differences.assumed),
            unseen=tuple(differences.unseen),
            replace_reasons=tuple(reasons),
            delete_before_replace=op == "replace" and deletes_before_replacement(old, new),
        )

    def _differences(self, old: ResourceState, new: ResourceState) -> tuple[Differences, frozenset[str]]:
        provider = self._provider_inputs(self.after, new)
        inputs = comparable(old, new, provider)
        if not old.custom and not new.custom and not old.inputs:
            # Some engines keep no inputs of components: an export of theirs has nothing to compare with.
            return Differences(replaces=lambda _path, _value: False, settled=lambda _path: True), frozenset()
        ignored = [parse_path(text) for text in new.ignore_changes]
        for path in ignored:
            reset(path, *inputs)
        patterns = replacing_paths(old, new, provider)
        keys = frozenset[str]()
        if is_provider(new.type):
            keys = provider_replacing_keys(new.type, *self._settings(inputs, old, new))
            patterns = (*patterns, *((key,) for key in sorted(keys)))

        def replaces(path: Path, value: Any) -> bool:
            return any(reaches(pattern, path, value) for pattern in patterns)

        differences = Differences(
            replaces=replaces,
            settled=lambda path: self._settled(path, old, new),
            moved=lambda path: self._moved(str(path[0]), new),
            document=lambda path: path == (DOCUMENTS.get(new.type),),
        )
        differences.compare(*inputs)
        differences.changes = [
            change
            for change in differences.changes
            if not any(covers(path, parse_path(change.path)) for path in ignored)
        ]
        return differences, keys

    def _settled(self, path: Path, old: ResourceState, new: ResourceState) -> bool:
        """Whether an unknown input comes only from resources that stay as they are.

        The engine answers those with their last known outputs, so that it would see the old value again.
        """
        key = str(path[0])
        sources = new.property_dependencies.get(key, ())
        past = {self.former.get(urn, urn) for urn in old.property_dependencies.get(key, ())}
        return (
            bool(sources)
            and set(sources) == past
            and all(keeps_outputs(self.after.resource(urn), self.ops.get(urn), new, path) for urn in sources)
        )

    def _moved(self, key: str, new: ResourceState) -> bool:
        """Whether an input that was never known comes from a resource that is replaced, and so is another one now."""
        return any(self.ops.get(urn) == "replace" for urn in new.property_dependencies.get(key, ()))

    def _outer_reasons(self, old: ResourceState, new: ResourceState) -> Iterable[str]:
        """Yield why a resource is replaced that are no change of its own inputs."""
        if old.pending_replacement:
            yield "pendingReplacement"
        if old.custom != new.custom:
            yield "type"
        if new.deleted_with and self.ops.get(new.deleted_with) == "replace":
            yield "deletedWith"
        if any(self.ops.get(urn) == "replace" for urn in new.replace_with):
            yield "replaceWith"
        if old.provider and new.provider and self._provider_replaced(old, new):
            yield "provider"

    def _provider_replaced(self, old: ResourceState, new: ResourceState) -> bool:
        """Whether the new provider cannot manage what the old one made (step_generator.go, providerChanged)."""
        was, now = (provider_urn(str(resource.provider)) for resource in (old, new))
        if self.former.get(was, was) == now:
            return self.ops.get(now) == "replace"
        before = self.before.resource(was) if self.before else None
        after = self.after.resource(now)
        if before is None or after is None:
            return False
        settings = self._settings(comparable(before, after, {}), before, after)
        return before.type != after.type or bool(provider_replacing_keys(after.type, *settings))

    def _settings(
        self, inputs: tuple[dict[str, Any], dict[str, Any]], old: ResourceState, new: ResourceState
    ) -> tuple[dict[str, Any], dict[str, Any], set[str]]:
        """Return a provider's settings before and now, and which of them differ; what stays is as it was."""
        before, after = inputs
        stays = {
            key: before[key]
            for key in before
            if is_unknown(after.get(key)) and not is_unknown(before[key]) and self._settled((key,), old, new)
        }
        after = {**after, **stays}
        return before, after, {key for key in {*before, *after} if before.get(key) != after.get(key)}

    @staticmethod
    def _provider_inputs(state: Desired, resource: ResourceState) -> Mapping[str, Any]:
        provider = state.resource(provider_urn(resource.provider)) if resource.provider else None
        return provider.inputs if provider else {}
