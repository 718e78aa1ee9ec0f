"""Run containers of manifests as processes of this machine, as a kubelet would: the same command, arguments, variables.

Only places differ: a container's paths become folders below one of the test's, its port a free one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

START_SECONDS = 180


class Kubelet:
    """A node with one pod at a time.

    Attributes:
        folder: where the container's file system is.
        secrets: name of a Secret -> its keys.
        config_maps: name of a ConfigMap -> its files.

    """

    def __init__(self, folder: Path, *, secrets: dict, config_maps: dict, replaced: dict[str, str]) -> None:
        self.folder, self.secrets, self.config_maps, self.replaced = folder, secrets, config_maps, replaced

    def run(self, pod: dict, container: dict, **changed: str) -> subprocess.CompletedProcess:
        """Run a container to its end; ``changed`` wins over its variables."""
        command, environment = self._prepare(pod, container, changed)
        return subprocess.run(
            command,
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )

    @contextlib.contextmanager
    def serve(self, pod: dict, container: dict, url: str, **changed: str):
        """Run a server while the block runs, once its own readiness probe is passed; yield its log file."""
        command, environment = self._prepare(pod, container, changed)
        log = self.folder / f"{container['name']}.log"
        path = container["readinessProbe"].get("httpGet", {"path": ""})["path"]
        with log.open("w") as output:
            server = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=output, stderr=output, start_new_session=True
            )
            try:
                deadline = time.monotonic() + START_SECONDS
                while not _answers(f"{url}{path}"):
                    assert server.poll() is None, log.read_text()
                    assert time.monotonic() < deadline, log.read_text()
                    time.sleep(0.2)
                yield log
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, signal.SIGKILL)
                server.wait()

    def _prepare(self, pod: dict, container: dict, changed: dict[str, str]) -> tuple[list[str], dict[str, str]]:
        self._mount(pod, container)
        variables = {each["name"]: self._value(each) for each in container["env"]}
        variables = {name: self._local(_expanded(value, variables)) for name, value in variables.items()} | changed
        line = [*container["command"], *container["args"]]
        command = [self._local(_expanded(part, variables)) for part in line]
        # The image's own programs: those of this environment, else of this machine.
        bin_folder = Path(sys.executable).parent
        own = bin_folder / command[0]
        command[0] = str(own) if own.exists() else str(shutil.which(command[0]))
        inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        path = f"{bin_folder}{os.pathsep}{inherited.get('PATH', '')}"
        return command, {**inherited, "PATH": path, "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"), **variables}

    def _value(self, variable: dict) -> str:
        if "value" in variable:
            return variable["value"]
        source = variable["valueFrom"]["secretKeyRef"]
        return self.secrets[source["name"]][source["key"]]

    def _local(self, text: str) -> str:
        text = re.sub(r"(?<![\w:/.])/(?=(etc|var|tmp)\b)", f"{self.folder}/", text)
        for place, replacement in self.replaced.items():
            text = text.replace(place, replacement)
        return text

    def _mount(self, pod: dict, container: dict) -> None:
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for mount in container["volumeMounts"]:
            place = self.folder / mount["mountPath"].lstrip("/")
            place.mkdir(parents=True, exist_ok=True)
            for path, text in self._files(volumes[mount["name"]]).items():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_text(text)

    def _files(self, volume: dict) -> dict[str, str]:
        if "configMap" in volume:
            return self.config_maps[volume["configMap"]["name"]]
        found = {}
        sources = [volume] if "secret" in volume else volume.get("projected", {}).get("sources", [])
        for source in sources:
            secret = source["secret"]
            keys = self.secrets[secret.get("secretName") or secret["name"]]
            items = secret.get("items") or [{"key": key, "path": key} for key in keys]
            found |= {item["path"]: keys[item["key"]] for item in items}
        return found


def _expanded(text: str, variables: dict[str, str]) -> str:
    """Put variables in as Kubernetes does: $(NAME), and nothing else."""
    return re.sub(r"\$\((\w+)\)", lambda found: variables.get(found[1], found[0]), text)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def program(name: str) -> str | None:
    """Return the path of a program of PostgreSQL, which Debian keeps out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)
