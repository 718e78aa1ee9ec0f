"""The programs of the control plane: the user's own, else the official release, else built once from the Go module."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from mlplatform.sandbox.files import exclusive
from mlplatform.sandbox.problems import problem
from mlplatform.sandbox.toolchain import downloads, go_build
from mlplatform.sandbox.toolchain.downloads import DownloadError
from mlplatform.sandbox.toolchain.go_build import COMPONENTS, BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ASSETS = "KUBEBUILDER_ASSETS"
# Where to keep the programs instead of the user's cache directory.
CACHE = "MLPLATFORM_SANDBOX_CACHE"
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_VERSION_SECONDS = 20
# Older ones of the line lack progress requests, for which the API server then waits.
_ETCD = (3, 6, 8)
_WAYS = (
    f"set {ASSETS} to a folder with {', '.join(COMPONENTS)}; or let this machine reach dl.k8s.io and github.com; "
    "or install Go (https://go.dev/dl) and let it reach its module proxy: then they are built once, in about seven "
    "minutes on two cores"
)


class NoBinariesError(Exception):
    """The programs can be had in none of the ways; the message says which there are and what each said."""


@dataclass
class _Search:
    """One search: the programs that it came upon, and what each way said."""

    report: Callable[[str], None]
    environ: Mapping[str, str]
    root: Path
    programs: dict[str, Path] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        return [component for component in COMPONENTS if component not in self.programs]


def find_binaries(
    report: Callable[[str], None], *, environ: Mapping[str, str] | None = None, root: Path | None = None
) -> dict[str, Path]:
    """Return the program of every component, downloading or building what is missing.

    Args:
        report: receives a line for each thing that takes long.
        environ: variables, by default this process's.
        root: folder to keep them in, by default ``sandbox`` in the user's cache directory of mlplatform.

    Raises:
        NoBinariesError: a program can be had in none of the ways.
        ProblemsError: the folder of ``KUBEBUILDER_ASSETS`` is wrong.

    """
    environ = os.environ if environ is None else environ
    search = _Search(report=report, environ=environ, root=root or _root(environ))
    _from_assets(search)
    _from_cache(search)
    if search.missing:
        with exclusive(search.root / "lock", waiting=lambda: report("Another process is getting the programs ...")):
            # It may have been here before us.
            _from_cache(search)
            for unfinished in search.root.glob("*ing-*"):
                shutil.rmtree(unfinished, ignore_errors=True)
            _from_downloads(search)
            _from_go(search)
    if search.missing:
        reasons = "".join(f"\n  - {reason}" for reason in search.reasons)
        raise NoBinariesError(f"the sandbox lacks {', '.join(search.missing)}: {_WAYS}. Tried:{reasons}")
    return {component: search.programs[component] for component in COMPONENTS}


def _root(environ: Mapping[str, str]) -> Path:
    given = environ.get(CACHE)
    return Path(given) if given else platformdirs.user_cache_path("mlplatform") / "sandbox"


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{platform.system().lower()}/{_MACHINES.get(machine, machine)}"


def _from_assets(search: _Search) -> None:
    given = search.environ.get(ASSETS)
    if not given:
        search.reasons.append(f"{ASSETS} is not set")
        return
    folder = Path(given).resolve()
    programs = {component: folder / component for component in COMPONENTS if os.access(folder / component, os.X_OK)}
    if "kube-apiserver" not in programs:
        raise problem(f"{ASSETS} is '{given}', where there is no kube-apiserver; unset it, or name the right folder")
    # The others may be as old as the API server or older by one, never newer; kubelets are played, so no limit there.
    minor, pinned = _minor(programs["kube-apiserver"]), _pinned_minor()
    absent = [component for component in COMPONENTS if component.startswith("kube-") and component not in programs]
    if absent and minor != pinned:
        raise problem(
            f"the kube-apiserver of {ASSETS} is Kubernetes {minor}, and {' and '.join(absent)} would be {pinned}; "
            f"put them into the folder too, or use a kube-apiserver {pinned}"
        )
    if "etcd" in programs:
        _warn_of_old_etcd(search, programs["etcd"])
    search.programs |= programs


def _warn_of_old_etcd(search: _Search, program: Path) -> None:
    match = re.search(r"etcd Version: (\d+)\.(\d+)\.(\d+)", _says(program))
    if match and tuple(map(int, match.groups())) < _ETCD:
        oldest = ".".join(map(str, _ETCD))
        search.report(f"warning: the etcd of {ASSETS} is older than {oldest}; with it, a job takes half a minute")


def _minor(program: Path) -> str:
    match = re.search(r"v(\d+\.\d+)\.", _says(program))
    if not match:
        raise problem(f"'{program}' of {ASSETS} does not say its version")
    return match[1]


def _says(program: Path) -> str:
    try:
        done = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=_VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise problem(f"'{program}' of {ASSETS} does not run: {error}") from None
    return done.stdout


def _pinned_minor() -> str:
    return ".".join(go_build.required()["k8s.io/kubernetes"].removeprefix("v").split(".")[:2])


def _from_cache(search: _Search) -> None:
    go = go_build.find_go(search.environ) if search.missing else None
    try:
        built = search.root / go_build.cache_key(go) if go else None
    except BuildError as error:
        search.reasons.append(f"Go: {error}")
        built = None
    for component in search.missing:
        release = downloads.release(component, _platform())
        paths = [_downloaded(search, release) if release else None, built / component if built else None]
        program = next((path for path in paths if path and path.is_file()), None)
        if program:
            search.programs[component] = program


def _downloaded(search: _Search, release: downloads.Release) -> Path:
    return search.root / f"release-{release.version}-{_platform().replace('/', '-')}" / release.name


def _from_downloads(search: _Search) -> None:
    for component in search.missing:
        release = downloads.release(component, _platform())
        if release is None:
            search.reasons.append(f"there is no official {component} for {_platform()}")
            continue
        target = _downloaded(search, release)
        target.parent.mkdir(parents=True, exist_ok=True)
        search.report(f"Downloading {component} {release.version} ...")
        with tempfile.TemporaryDirectory(dir=search.root, prefix="downloading-") as folder:
            try:
                downloads.download(release, Path(folder) / component)
            except DownloadError as error:
                search.reasons.append(str(error))
                search.report(f"It cannot be downloaded: {error}.")
                # Without internet, the others would each wait for their time-out.
                return
            (Path(folder) / component).replace(target)
        search.programs[component] = target


def _from_go(search: _Search) -> None:
    go = go_build.find_go(search.environ)
    missing = search.missing
    if not missing:
        return
    if go is None:
        search.reasons.append("there is no Go on the search path")
        return
    search.report(
        f"Building {', '.join(missing)} with Go, once: about seven minutes on two cores for all five. "
        f"They are kept in {search.root}."
    )
    for number, component in enumerate(missing, start=1):
        began = time.monotonic()
        search.report(f"Building {component} ({number} of {len(missing)}) ...")
        try:
            target = search.root / go_build.cache_key(go) / component
            go_build.build(component, go, target)
        except BuildError as error:
            search.reasons.append(f"Go cannot build {component}: {error}")
            return
        search.report(f"Built {component} in {time.monotonic() - began:.0f} s.")
        search.programs[component] = target
