"""Default providers: what the engine registers for a resource that names no provider.

Restates pulumi/pulumi, ``pkg/resource/deploy/default_providers.go`` and ``providers/provider.go`` (``DefaultName``).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.engine.errors import OfflineError
from mlplatform.review.state.property_values import secret
from mlplatform.review.state.resources import ResourceState
from mlplatform.review.state.urn import PROVIDER_PREFIX, make_urn

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_DENY = "pulumi:disable-default-providers"
_UNKNOWN_ID = UNKNOWN


class DefaultProviders:
    """Makes the default provider of a package when it is first needed.

    Args:
        project: name of the project.
        stack: name of the stack.
        config: full configuration key -> value, as the engine hands it to a program.
        secret_keys: full keys that are secret.

    """

    def __init__(self, *, project: str, stack: str, config: Mapping[str, str], secret_keys: Collection[str]) -> None:
        self._project = project
        self._stack = stack
        self._config = config
        self._secret_keys = frozenset(secret_keys)
        self._denied = _denied(config.get(_DENY, ""))
        self.resources: dict[str, ResourceState] = {}

    def reference(self, package: str, version: str, url: str, *, user: str) -> str:
        """Return the reference of the default provider, registering it when it is new.

        Args:
            package: package of the resource, ``kubernetes``.
            version: version of the SDK, or ``""``.
            url: where the SDK's plugin is downloaded, or ``""``.
            user: URN of the resource that needs it, for the error.

        Raises:
            OfflineError: the stack's configuration disables default providers of this package.

        """
        # The engine's own resources (stack references) are always served.
        if package != "pulumi" and self._denied & {package, "*"}:
            raise OfflineError(f"Default provider for '{package}' disabled. '{user}' must use an explicit provider.")
        name = "_".join(["default", *re.split(r"[.+-]", version)] if version else ["default"])
        if url:
            name += "_" + re.sub(r"[^A-Za-z0-9_.-]", "_", url)
        type_ = PROVIDER_PREFIX + package
        urn = make_urn(self._stack, self._project, "", type_, name)
        if urn not in self.resources:
            inputs = self._package_config(package) | ({"version": version} if version else {})
            self.resources[urn] = ResourceState(urn=urn, type=type_, custom=True, inputs=inputs)
        return f"{urn}::{_UNKNOWN_ID}"

    def _package_config(self, package: str) -> dict[str, Any]:
        prefix = f"{package}:"
        return {
            key.removeprefix(prefix): secret(known=UNKNOWN not in value) if key in self._secret_keys else value
            for key, value in sorted(self._config.items())
            if key.startswith(prefix) and package != "pulumi"
        }


def _denied(text: str) -> set[str]:
    if not text:
        return set()
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise OfflineError(f"the configuration's {_DENY} must be a list of package names")
    return {name.strip() for name in names}
