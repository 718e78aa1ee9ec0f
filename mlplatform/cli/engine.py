"""The Pulumi engine on this machine: which CLI and plugins are there, and how to get the pinned ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Plugin -> Python package. A plugin's version is its package's: the SDK asks the engine for exactly that one.
PLUGINS = {"kubernetes": "pulumi-kubernetes", "random": "pulumi-random"}
# Of stacks on AWS only: a large download that no other stack should wait for.
ON_AWS = {"aws": "pulumi-aws"}


@dataclass(frozen=True, kw_only=True)
class Tool:
    """The CLI or one plugin.

    Attributes:
        name: ``pulumi`` or the name of a resource plugin.
        pinned: version that this project is made for.
        found: versions that are installed, none where it is missing.
        install: how to get the pinned one.

    """

    name: str
    pinned: str
    found: tuple[str, ...]
    install: str

    @property
    def usable(self) -> bool:
        """Whether it will do: any CLI of the same major version, and exactly the pinned plugin."""
        if self.name == "pulumi":
            return any(version.split(".")[0] == self.pinned.split(".")[0] for version in self.found)
        return self.pinned in self.found


def tools(plugins: Mapping[str, str] = PLUGINS) -> tuple[Tool, ...]:
    """Return the CLI and the plugins that a stack needs, as they are on this machine.

    Args:
        plugins: plugin -> Python package; by default those that every stack needs.

    """
    executable = shutil.which("pulumi")
    pinned = version("pulumi")
    cli = Tool(
        name="pulumi",
        pinned=pinned,
        found=(_output(executable, "version").strip().removeprefix("v"),) if executable else (),
        install=f"curl -fsSL https://get.pulumi.com | sh -s -- --version {pinned}",
    )
    installed = _plugins(executable) if executable else {}
    plugin_tools = (
        Tool(
            name=name,
            pinned=version(package),
            found=installed.get(name, ()),
            install=f"pulumi plugin install resource {name} v{version(package)}",
        )
        for name, package in plugins.items()
    )
    return (cli, *plugin_tools)


def _plugins(executable: str) -> dict[str, tuple[str, ...]]:
    versions: dict[str, tuple[str, ...]] = {}
    for plugin in json.loads(_output(executable, "plugin", "ls", "--json") or "[]"):
        if plugin.get("kind") == "resource" and plugin.get("version"):
            versions[plugin["name"]] = (*versions.get(plugin["name"], ()), plugin["version"].removeprefix("v"))
    return versions


def _output(executable: str, *arguments: str) -> str:
    result = subprocess.run([executable, *arguments], capture_output=True, text=True, check=False)
    return result.stdout if result.returncode == 0 else ""
