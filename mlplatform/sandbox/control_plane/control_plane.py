"""A control plane in a folder: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok."""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from mlplatform import local_processes
from mlplatform.config.problems import ProblemsError
from mlplatform.sandbox.control_plane import commands, watchdog
from mlplatform.sandbox.control_plane.api import Api
from mlplatform.sandbox.control_plane.certificates import ensure_certificates
from mlplatform.sandbox.control_plane.commands import HOST, Ports
from mlplatform.sandbox.control_plane.kubeconfig import write_kubeconfig
from mlplatform.sandbox.control_plane.logs import last_words
from mlplatform.sandbox.problems import problem
from mlplatform.sandbox.toolchain.go_build import COMPONENTS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from mlplatform.local_processes import LocalProcess

# Far above the five seconds it takes, for machines that are busy with something else.
START_SECONDS = 120
_POLL_SECONDS = 0.1
# A port is chosen, then used: somebody else may have taken it in between.
_ATTEMPTS = 3
_TAKEN = "address already in use"
_OBJECTS = Path(__file__).parent / "cluster"
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


@dataclass
class ControlPlane:
    """A control plane whose processes this object starts and stops; a context manager.

    Attributes:
        folder: holds certificates, logs, data and kubeconfig files; made when missing. What etcd holds stays there.
        binaries: component -> program, for every component.
        admission_webhooks: whether the API server asks admission webhooks; nobody answers them in the sandbox.
        guarded: whether everything ends with this process, however that ends.
        ports: where the servers listen; before the start, the ports to use if they are free.
        running: started processes, in the order of their start.

    """

    folder: Path
    binaries: Mapping[str, Path]
    admission_webhooks: bool = False
    guarded: bool = False
    ports: Ports | None = None
    running: list[LocalProcess] = field(default_factory=list)
    _api: Api | None = None
    _watchdog: subprocess.Popen[str] | None = None

    @property
    def kubeconfig(self) -> Path:
        """File with full access to the API server."""
        return self.folder / "kubeconfig"

    @property
    def server(self) -> str:
        """Address of the API server."""
        if self.ports is None:
            raise problem("the control plane has not been started")
        return f"https://{HOST}:{self.ports.api}"

    @property
    def api(self) -> Api:
        """The API server."""
        if self._api is None:
            self._api = Api(self.kubeconfig)
        return self._api

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def start(self, *, started: Callable[[], None] = lambda: None) -> None:
        """Start all processes and wait until the nodes are ready.

        Args:
            started: called after every start of a process, to keep record of it.

        Raises:
            ProblemsError: a process ended, or is not ready in time; then none is left running.

        """
        self.folder = self.folder.resolve()
        ensure_certificates(self.folder / "pki")
        self.kubeconfig.unlink(missing_ok=True)
        shutil.copyfile(_OBJECTS / "stages.yaml", self.folder / commands.STAGES)
        try:
            self._start_server(started)
            self._fill()
            for component in COMPONENTS[2:]:
                self._start(component)
                started()
            self._wait("the nodes are ready", self._nodes_ready)
            # Last, so that whoever finds it finds a control plane that works.
            self._kubeconfig("kubeconfig", "admin")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all processes, the last started first."""
        if self._api is not None:
            self._api.close()
            self._api = None
        for process in reversed(self.running):
            local_processes.stop(process)
        self.running.clear()
        if self._watchdog is not None:
            self._watchdog.communicate()
            self._watchdog = None

    def dead(self) -> list[str]:
        """Return the components whose process has ended."""
        return [process.name for process in self.running if not local_processes.is_alive(process)]

    def _start_server(self, started: Callable[[], None]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            self.ports = commands.free_ports(self.ports)
            for user in ("kube-controller-manager", "kube-scheduler", "kwok"):
                self._kubeconfig(f"{user}.kubeconfig", user)
            self._kubeconfig("admin.kubeconfig", "admin")
            self._api = Api(self.folder / "admin.kubeconfig")
            for component in COMPONENTS[:2]:
                self._start(component)
                started()
            try:
                self._wait("the API server is ready", self._server_ready)
            except ProblemsError as error:
                if attempt == _ATTEMPTS or _TAKEN not in str(error):
                    raise
                self.stop()
                self.ports = None
            else:
                return

    def _kubeconfig(self, file: str, user: str) -> None:
        write_kubeconfig(self.folder / file, pki=self.folder / "pki", user=user, server=self.server)

    def _start(self, component: str) -> None:
        assert self.ports is not None  # noqa: S101 - chosen by the caller
        command = commands.command(
            component, self.binaries[component], self.folder, self.ports, admission_webhooks=self.admission_webhooks
        )
        process = local_processes.start(
            component, command, folder=self.folder, log=self.log(component),
            environment=commands.environment(self.folder),
        )  # fmt: skip
        self.running.append(process)
        if self.guarded:
            self._watchdog = self._watchdog or watchdog.start()
            watchdog.watch(self._watchdog, process)

    def log(self, component: str) -> Path:
        """Return the file that holds what a component says."""
        return self.folder / f"{component}.log"

    def _wait(self, what: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            for component in self.dead():
                raise problem(f"{component} ended at its start:\n{self._log(component)}", key=component)
            if time.monotonic() > deadline:
                component = self.running[-1].name
                raise problem(
                    f"after {START_SECONDS} s not yet true that {what}:\n{self._log(component)}", key=component
                )
            time.sleep(_POLL_SECONDS)

    def _log(self, component: str) -> str:
        return f"{last_words(self.log(component))}\n(see {self.log(component)})"

    def _server_ready(self) -> bool:
        with contextlib.suppress(ProblemsError):
            return self.api.get("/readyz").ok
        return False

    def _fill(self) -> None:
        """Create the nodes and the storage class, and free the nodes from a kwok that ran before."""
        self.api.delete(_LEASES)
        for file in ("nodes.yaml", "storage.yaml"):
            for manifest in yaml.safe_load_all((_OBJECTS / file).read_text(encoding="utf-8")):
                path = self.api.path(manifest)
                answer = self.api.apply(path or "", manifest)
                if not answer.ok:
                    raise problem(f"the API server refuses the sandbox's own objects: {answer.message}")

    def _nodes_ready(self) -> bool:
        account = self.api.get("/api/v1/namespaces/default/serviceaccounts/default")
        nodes = self.api.get("/api/v1/nodes").body["items"]
        return account.ok and all(_is_ready(node) for node in nodes)


def _is_ready(node: dict[str, object]) -> bool:
    status = node.get("status")
    conditions = status.get("conditions", []) if isinstance(status, dict) else []
    taints = (node.get("spec") or {}).get("taints", [])  # type: ignore[attr-defined]
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    # A new node is tainted until kube-controller-manager has seen it ready; pods do not get there before.
    return ready and not any(taint["key"].startswith("node.kubernetes.io/") for taint in taints)
