"""The resource monitor of the offline preview: keeps every registration, with the engine's rules, and applies nothing.

Restates the parts of pulumi/pulumi's ``pkg/resource/deploy/source_eval.go`` (``RegisterResource``, ``ReadResource``)
and ``step_generator.go`` that need no provider. What only a provider or the cluster could answer is refused with a
clear error. The SDK calls these methods on several threads.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from google.protobuf import (  # type: ignore[import-untyped] # no stubs are pinned
    empty_pb2,
    struct_pb2,
)
from pulumi.runtime.mocks import MockMonitor, Mocks
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.engine.aliases import Named, alias_urns
from mlplatform.review.engine.default_providers import DefaultProviders
from mlplatform.review.engine.errors import OfflineError
from mlplatform.review.engine.last_known import LastKnown
from mlplatform.review.engine.registration import alias_specs, answer_properties, read, registered
from mlplatform.review.engine.transforms import run_transforms
from mlplatform.review.state.order import ordered
from mlplatform.review.state.property_values import contains_secret, from_struct, is_unknown, state_properties
from mlplatform.review.state.resources import ResourceState, StackState
from mlplatform.review.state.urn import STACK_TYPE, is_provider, make_urn, package_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class _NoMocks(Mocks):
    """Fills the base class's constructor; nothing is ever asked of it."""

    def call(self, args: Any) -> Any:
        raise NotImplementedError(args)

    def new_resource(self, args: Any) -> Any:
        raise NotImplementedError(args)


class ReviewMonitor(MockMonitor):
    """Keeps every registration of one program.

    Args:
        project: name of the project.
        stack: name of the stack.
        config: full configuration key -> value, as the engine hands it to a program.
        secret_keys: full keys that are secret.
        known: the last known state, whose ids and outputs a program is told of what stays.

    """

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        config: Mapping[str, str],
        secret_keys: Collection[str],
        known: StackState | None = None,
    ) -> None:
        super().__init__(_NoMocks())
        self._project, self._stack = project, stack
        self._lock = threading.Lock()
        self._defaults = DefaultProviders(project=project, stack=stack, config=config, secret_keys=secret_keys)
        self._states: dict[str, ResourceState] = {}
        self._outputs: dict[str, dict[str, Any]] = {}
        self._providers: dict[str, dict[str, str]] = {}
        self._packages: dict[str, Any] = {}
        self._transforms: list[Any] = []
        self._own_transforms: dict[str, list[Any]] = {}
        self._former: dict[str, tuple[str, ...]] = {}
        self._known = LastKnown(known, stack=stack, project=project, desired=self) if known else None

    def resource(self, urn: str) -> ResourceState | None:
        """Return what was registered under a URN so far."""
        return self._states.get(urn) or self._defaults.resources.get(urn)

    def state(self) -> StackState:
        """Return all resources registered so far, in their stable order (:func:`.order.ordered`)."""
        with self._lock:
            states = {**self._defaults.resources, **self._states}
            for urn, outputs in self._outputs.items():
                states[urn] = replace(states[urn], outputs=outputs)
            return StackState(stack=self._stack, project=self._project, resources=ordered(states.values()))

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Register a managed resource or a component.

        Raises:
            OfflineError: its URN is taken, its default provider is disabled, or a transform fails.

        """
        given = resource_pb2.RegisterResourceRequest()
        given.CopyFrom(request)
        with self._lock:
            self._inherit(given)
            callbacks = [*given.transforms, *self._inherited_transforms(given.parent), *self._transforms]
        if given.custom or given.remote:
            given.provider = given.provider or self._provider_for(given)
        # Outside the lock: a transform runs on the SDK's event loop, which may be waiting for this monitor.
        given = run_transforms(given, callbacks, provider=given.provider)
        urn = make_urn(self._stack, self._project, given.parent, given.type, given.name)
        with self._lock:
            self._claim(urn)
            self._own_transforms[urn] = list(request.transforms)
            if not given.custom:
                self._providers[urn] = {**self._providers.get(given.parent, {}), **given.providers}
            reference = given.provider
            if (given.remote or given.custom) and not is_provider(given.type):
                reference = reference or self._default_provider(given, urn)
            aliases = self._aliases(given)
            if aliases:
                self._former[urn] = aliases
            self._states[urn] = registered(given, urn=urn, provider=reference, aliases=aliases)
            stays = self._known.answer(self._states[urn], from_struct(given.object)) if self._known else None
        answer = struct_pb2.Struct()
        answer.update(stays[1] if stays else answer_properties(given, transformed=bool(callbacks)))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=stays[0] if stays else given.importId, object=answer)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Keep a component's, or the stack's, outputs."""
        with self._lock:
            # Of a component: its type has no secrets of its own.
            self._outputs[request.urn] = state_properties("", from_struct(request.outputs))
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Register a resource that is only read; its outputs are unknown, because nobody can be asked."""
        urn = make_urn(self._stack, self._project, request.parent, request.type, request.name)
        with self._lock:
            self._claim(urn)
            reference = request.provider
            if not is_provider(request.type):
                reference = reference or self._default_provider(request, urn)
            self._states[urn] = read(request, urn=urn, provider=reference)
        known = "" if is_unknown(request.id) else request.id
        return resource_pb2.ReadResourceResponse(urn=urn, id=known, properties=struct_pb2.Struct())

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Refuse a provider's function; only the engine's own look-up of a registered resource is answered."""
        arguments = from_struct(request.args)
        if request.tok == "pulumi:pulumi:getResource":
            with self._lock:
                registered_state = self._states.get(str(arguments.get("urn")))
                kept = self._outputs.get(registered_state.urn, {}) if registered_state else {}
            if registered_state is None:
                reason = f"unknown resource {arguments.get('urn')}"
                return resource_pb2.ResourceInvokeResponse(failures=[provider_pb2.CheckFailure(reason=reason)])
            # Of a secret, only the mark is kept: its value is unknown to whoever asks again.
            state = {key: UNKNOWN if contains_secret(value) else value for key, value in kept.items()}
            answer = struct_pb2.Struct()
            answer.update({"urn": registered_state.urn, "id": registered_state.id or "", "state": state})
            return resource_pb2.ResourceInvokeResponse(**{"return": answer})
        raise OfflineError(
            f"the function '{request.tok}' cannot be called offline: only its provider can answer; "
            "pass the value in by configuration, or preview with 'pulumi preview'"
        )

    def Call(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Refuse a method of a remote component."""
        raise OfflineError(
            f"the method '{request.tok}' cannot be called offline: only its provider can answer; "
            "preview with 'pulumi preview'"
        )

    def ExistsResource(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Refuse to say whether an object exists."""
        raise OfflineError(f"whether '{request.id}' ({request.type}) exists cannot be known offline")

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Keep a transform for all resources registered from now on."""
        with self._lock:
            self._transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, _request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Accept a transform of function calls: every call is refused anyway."""
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Accept a hook that runs at updates only.

        Raises:
            OfflineError: the hook wants to run at previews too, which needs the engine's steps.

        """
        if request.on_dry_run:
            raise OfflineError(f"the resource hook '{request.name}' runs at previews, which is not possible offline")
        return empty_pb2.Empty()

    def RegisterPackage(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        """Keep the version of a parameterized package, for the name of its default provider."""
        package = request.parameterization if request.HasField("parameterization") else request
        reference = f"{package.name}@{package.version}"
        with self._lock:
            self._packages[reference] = (package.version, request.download_url)
        return resource_pb2.RegisterPackageResponse(ref=reference)

    def _claim(self, urn: str) -> None:
        if urn in self._states:
            raise OfflineError(f"Duplicate resource URN '{urn}'; try giving it a unique name")

    def _inherit(self, request: Any) -> None:
        """Take over from the parent what the engine does (``inheritFromParent``)."""
        parent = self._states.get(request.parent)
        if parent is None:
            return
        request.deletedWith = request.deletedWith or parent.deleted_with or ""
        # False, when the parent said nothing, is what an absent value amounts to.
        if not request.HasField("protect"):
            request.protect = parent.protect
        if not request.HasField("retainOnDelete"):
            request.retainOnDelete = parent.retain_on_delete
        if not request.provider and parent.provider and (request.custom or request.remote):
            package = package_of(parent.provider.split("::")[2].rsplit("$", 1)[-1])
            if package == package_of(request.type):
                request.provider = parent.provider

    def _provider_for(self, request: Any) -> str:
        package = package_of(request.type)
        with self._lock:
            inherited = self._providers.get(request.parent, {})
        return str(request.providers.get(package) or inherited.get(package) or "")

    def _default_provider(self, request: Any, urn: str) -> str:
        version, url = self._packages.get(request.packageRef, (request.version, request.pluginDownloadURL))
        return self._defaults.reference(package_of(request.type), version, url, user=urn)

    def _inherited_transforms(self, parent: str) -> list[Any]:
        transforms: list[Any] = []
        current: str | None = parent
        while current:
            transforms += self._own_transforms.get(current, [])
            state = self._states.get(current)
            current = state.parent if state else None
        return transforms

    def _aliases(self, request: Any) -> tuple[str, ...]:
        if request.type == STACK_TYPE:
            return ()
        named = Named(
            type=request.type, name=request.name, parent=request.parent, stack=self._stack, project=self._project
        )
        return alias_urns(named, alias_specs(request), self._former)
