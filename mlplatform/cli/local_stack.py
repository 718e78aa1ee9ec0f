"""A stack on the sandbox, provisioned by the real Pulumi engine: everything inside the checkout, no cloud.

State lies in a file backend under ``.mlplatform/pulumi``, encrypted with a passphrase that is made up once and kept
beside it, readable by its owner only. The stack's own configuration file stays as it was committed: the engine works
on a copy, into which it writes the salt that belongs to this backend.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.stack_file import stack_file_name

if TYPE_CHECKING:
    from pathlib import Path

_ONLY_OWNER = 0o600


@dataclass(frozen=True)
class LocalStack:
    """One stack of this checkout in its own file backend.

    Attributes:
        project: the checkout.
        name: name of the stack.

    """

    project: Path
    name: str

    @cached_property
    def _folder(self) -> Path:
        return self.project / ".mlplatform" / "pulumi"

    @cached_property
    def _stack_file(self) -> Path:
        return self._folder / stack_file_name(self.name)

    def up(self) -> bool:
        """Provision the stack; tell whether the engine succeeded.

        Raises:
            ProblemsError: the backend could not be prepared.

        """
        self._prepare()
        return self._engine("up", "--yes", "--skip-preview", "--config-file", str(self._stack_file))

    def destroy(self) -> bool:
        """Delete everything that the stack provisioned; tell whether the engine succeeded.

        Raises:
            ProblemsError: the backend could not be prepared, or resources are protected: the engine would come upon
                them only after it had deleted what depends on them.

        """
        if not (self._folder / "state").is_dir():
            return True
        self._prepare()
        self._refuse_protected()
        return self._engine("destroy", "--yes", "--skip-preview", "--config-file", str(self._stack_file))

    def _prepare(self) -> None:
        (self._folder / "state").mkdir(parents=True, exist_ok=True)
        _write_once(self._folder / "passphrase", secrets.token_urlsafe(32))
        shutil.copy(self.project / "Pulumi.yaml", self._folder)
        salt = [line for line in _lines(self._stack_file) if line.startswith("encryptionsalt:")]
        committed = (self.project / stack_file_name(self.name)).read_text(encoding="utf-8")
        self._stack_file.write_text("\n".join([*salt, committed]), encoding="utf-8")
        if self.name not in self._known():
            self._run("stack", "init", self.name, "--secrets-provider", "passphrase", cwd=self._folder)

    def _refuse_protected(self) -> None:
        deployment = json.loads(self._run("stack", "export", "--stack", self.name, cwd=self._folder))["deployment"]
        protected = [
            resource["urn"].rpartition("::")[2]
            for resource in deployment.get("resources") or ()
            if resource.get("protect")
        ]
        if protected:
            message = (
                f"{len(protected)} resources are protected, so that nothing was deleted: "
                f"{', '.join(sorted(protected))}; "
                "set environment: development, bring the stack up once more, then take it down"
            )
            raise ProblemsError([Problem(file=stack_file_name(self.name), key="environment", message=message)])

    def _known(self) -> set[str]:
        listed = self._run("stack", "ls", "--json", cwd=self._folder)
        return {stack["name"] for stack in json.loads(listed)}

    def _run(self, *arguments: str, cwd: Path) -> str:
        result = subprocess.run(
            [_executable(), *arguments, "--non-interactive"],
            cwd=cwd,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            message = f"`pulumi {' '.join(arguments)}` failed: {result.stderr.strip()}"
            raise ProblemsError([Problem(file=str(self._folder.relative_to(self.project)), key="", message=message)])
        return result.stdout

    def _engine(self, *arguments: str) -> bool:
        command = [_executable(), *arguments, "--stack", self.name, "--non-interactive"]
        result = subprocess.run(command, cwd=self.project, env=self._environment, check=False)
        return result.returncode == 0

    def recovery(self) -> str:
        """Return what to say after a failure: how an update that was cut off is cleared up, on this very backend."""
        environment = f"PULUMI_BACKEND_URL={(self._folder / 'state').as_uri()}"
        passphrase = f"PULUMI_CONFIG_PASSPHRASE_FILE={self._folder / 'passphrase'}"
        return "\n".join(
            [
                "The engine failed; its message is above. It is safe to run the same command again. If it says that",
                "the stack is locked, by an update that was cut off:",
                f"  {environment} {passphrase} pulumi cancel --yes --stack {self.name}",
            ]
        )

    @property
    def _environment(self) -> dict[str, str]:
        # The caller's own backend and passphrase are for other stacks.
        others = {name: value for name, value in os.environ.items() if name != "PULUMI_CONFIG_PASSPHRASE"}
        return {
            **others,
            "PULUMI_BACKEND_URL": (self._folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._folder / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }


def _executable() -> str:
    return shutil.which("pulumi") or "pulumi"


def _write_once(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_OWNER)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
