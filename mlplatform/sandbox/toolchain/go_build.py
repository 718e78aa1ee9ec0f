"""The control plane's programs, built from the pinned Go module in ``tools/``."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULE = Path(__file__).parent / "tools"
# Component -> package, each a `tool` of the module.
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
}
# In the order in which they are started; they are stopped in reverse.
COMPONENTS = tuple(PACKAGES)
_REQUIRED = re.compile(r"^\s*(\S+) (v\S+)", re.MULTILINE)


class BuildError(Exception):
    """A program cannot be built; the message holds the end of what Go said."""


def find_go(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the ``go`` program of the search path, ``None`` without one."""
    path = shutil.which("go", path=(environ or os.environ).get("PATH"))
    return Path(path) if path else None


def required(module: Path = MODULE) -> dict[str, str]:
    """Return the versions in the module file: module path -> version."""
    return dict(_REQUIRED.findall((module / "go.mod").read_text(encoding="utf-8")))


def cache_key(go: Path, module: Path = MODULE) -> str:
    """Return a name for what this Go makes of the module here: platform and a hash of all that goes into it.

    Raises:
        BuildError: Go does not run.

    """
    platform = _run([str(go), "env", "GOOS", "GOARCH", "GOVERSION"], module).split()
    if len(platform) != 3:  # noqa: PLR2004 - one word for each question
        raise BuildError(f"{go} does not say its platform and version")
    system, machine, version = platform
    text = "\0".join(
        [version, system, machine, _linker_flags(module), *(_read(module / name) for name in ("go.mod", "go.sum"))]
    )
    return f"go-{system}-{machine}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def build(component: str, go: Path, target: Path, module: Path = MODULE) -> None:
    """Build one program and put it to ``target`` when it is whole.

    Args:
        component: a key of :data:`PACKAGES`.
        go: the ``go`` program.
        target: the file to make; its folder holds nothing unfinished at any time.
        module: folder of the module.

    Raises:
        BuildError: Go failed: a module cannot be had, no space is left, this Go is too old.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent.parent, prefix="building-") as folder:
        made = Path(folder) / component
        flags = ["-trimpath", "-buildvcs=false", f"-ldflags={_linker_flags(module)}"]
        _run([str(go), "build", *flags, "-o", str(made), PACKAGES[component]], module)
        made.replace(target)


def _linker_flags(module: Path) -> str:
    """Return the linker's flags; a Kubernetes built without its version does not start."""
    versions = required(module)
    kubernetes, kwok = versions["k8s.io/kubernetes"], versions["sigs.k8s.io/kwok"]
    major, minor, *_ = kubernetes.removeprefix("v").split(".")
    variables = {
        "k8s.io/component-base/version.gitVersion": kubernetes,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": kubernetes,
        "sigs.k8s.io/kwok/pkg/consts.Version": kwok,
    }
    # Without symbols and debugging information: half the size.
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in variables.items())])


def _run(command: list[str], module: Path) -> str:
    environment = {
        **os.environ,
        # Not empty: that would bring back what `go env -w` has set. Versions are those of go.sum, or it is an error.
        "GOFLAGS": "-mod=readonly",
        # A workspace around the checkout is another project's.
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }
    try:
        done = subprocess.run(
            command, cwd=module, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or f"it ended with code {done.returncode}").splitlines()
        raise BuildError("\n".join(line for line in lines if not line.startswith("go: downloading"))[-2000:])
    return done.stdout


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BuildError(f"{path}: {error.strerror}") from None
