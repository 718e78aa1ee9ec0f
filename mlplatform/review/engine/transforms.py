"""Run a program's resource transforms as the engine does: through the SDK's own callback server.

The SDK serves the callbacks on its event loop; the monitor's methods run on other threads, so that a transform can be
awaited there. No lock may be held meanwhile: the loop itself calls the monitor.
"""

from __future__ import annotations

from typing import Any

import grpc  # type: ignore[import-untyped] # no stubs are pinned
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from mlplatform.review.engine.errors import OfflineError

_WAIT_SECONDS = 60


def transform_request(request: Any, *, provider: str) -> Any:
    """Return what a transform is asked for one registration (``pulumirpc.TransformRequest``)."""
    options = resource_pb2.TransformResourceOptions(
        depends_on=request.dependencies,
        ignore_changes=request.ignoreChanges,
        replace_on_changes=request.replaceOnChanges,
        version=request.version,
        aliases=request.aliases,
        provider=provider,
        plugin_download_url=request.pluginDownloadURL,
        deleted_with=request.deletedWith,
        additional_secret_outputs=request.additionalSecretOutputs,
        providers=request.providers,
        replace_with=request.replace_with,
        **{"import": request.importId},
    )
    if request.HasField("protect"):
        options.protect = request.protect
    if request.HasField("retainOnDelete"):
        options.retain_on_delete = request.retainOnDelete
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    if request.HasField("customTimeouts"):
        options.custom_timeouts.CopyFrom(request.customTimeouts)
    if request.HasField("hooks"):
        options.hooks.CopyFrom(request.hooks)
    return resource_pb2.TransformRequest(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        properties=request.object,
        options=options,
    )


def run_transforms(request: Any, callbacks: list[Any], *, provider: str) -> Any:
    """Return the registration as the transforms leave it; the first callback runs first.

    Raises:
        OfflineError: a transform failed.

    """
    if not callbacks:
        return request
    ask = transform_request(request, provider=provider)
    for callback in callbacks:
        answer = _call(callback, ask)
        ask.properties.CopyFrom(answer.properties)
        if answer.HasField("options"):
            ask.options.CopyFrom(answer.options)
    return _applied(request, ask)


def _call(callback: Any, ask: Any) -> Any:
    with grpc.insecure_channel(callback.target) as channel:
        stub = callback_pb2_grpc.CallbacksStub(channel)
        message = callback_pb2.CallbackInvokeRequest(token=callback.token, request=ask.SerializeToString())
        try:
            answer = stub.Invoke(message, timeout=_WAIT_SECONDS)
        except grpc.RpcError as error:
            what = error.details() if isinstance(error, grpc.Call) else str(error)
            raise OfflineError(f"a transform of '{ask.name}' ({ask.type}) failed: {what}") from None
    return resource_pb2.TransformResponse.FromString(answer.response)


def _applied(request: Any, answer: Any) -> Any:
    options = answer.options
    changed: Any = resource_pb2.RegisterResourceRequest()
    changed.CopyFrom(request)
    changed.object.CopyFrom(answer.properties)
    changed.provider = options.provider
    changed.version = options.version
    changed.pluginDownloadURL = options.plugin_download_url
    changed.deletedWith = options.deleted_with
    changed.importId = getattr(options, "import")
    for target, values in (
        ("dependencies", options.depends_on),
        ("ignoreChanges", options.ignore_changes),
        ("replaceOnChanges", options.replace_on_changes),
        ("aliases", options.aliases),
        ("additionalSecretOutputs", options.additional_secret_outputs),
        ("replace_with", options.replace_with),
    ):
        changed.ClearField(target)
        getattr(changed, target).extend(values)
    changed.providers.clear()
    changed.providers.update(options.providers)
    for target, source in (("protect", "protect"), ("retainOnDelete", "retain_on_delete")):
        changed.ClearField(target)
        if options.HasField(source):
            setattr(changed, target, getattr(options, source))
    changed.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    changed.deleteBeforeReplace = options.delete_before_replace
    changed.ClearField("customTimeouts")
    if options.HasField("custom_timeouts"):
        changed.customTimeouts.CopyFrom(options.custom_timeouts)
    return changed
