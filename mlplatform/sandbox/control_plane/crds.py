"""The catalogue of CustomResourceDefinitions: a local copy where there is one, else the pinned upstream file."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml

from mlplatform.private_files import write_private
from mlplatform.sandbox.toolchain.go_build import find_go
from mlplatform.sandbox.toolchain.go_modules import ModuleUnavailableError, module_file

ROOT = Path(__file__).parents[3]
CATALOGUE = Path(__file__).with_name("crds.yaml")
# Folder of local copies, one folder a version as in the catalogue.
FOLDER = "MLPLATFORM_CRDS"
_SECONDS = 10


class CrdUnavailableError(Exception):
    """A definition lies in no local folder and cannot be had from upstream, or is not the pinned one."""


@dataclass(frozen=True, kw_only=True)
class CrdSource:
    """Where a definition comes from.

    Attributes:
        name: ``inferenceservices.serving.kserve.io``.
        kind: ``InferenceService``.
        folder: component and version, the folder of local copies.
        url: the pinned upstream file.
        sha256: checksum of that file.
        module: Go module with its version that holds the same file, ``None`` where upstream publishes none.
        module_path: path of the file inside the module.

    """

    name: str
    kind: str
    folder: str
    url: str
    sha256: str
    module: str | None = None
    module_path: str = ""

    @property
    def group(self) -> str:
        """The API group, ``serving.kserve.io``."""
        return self.name.partition(".")[2]


@cache
def catalogue() -> dict[str, CrdSource]:
    """Return all definitions of the catalogue by their name, in its order."""
    groups = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return {
        name: CrdSource(
            name=name,
            kind=crd["kind"],
            folder=group["folder"],
            url=group["url"] + crd["path"],
            sha256=crd["sha256"],
            module=group.get("module"),
            module_path=group.get("file", crd["path"]),
        )
        for group in groups
        for name, crd in group["crds"].items()
    }


def find(api_version: str, kind: str) -> CrdSource | None:
    """Return the definition of a kind, ``None`` where the catalogue has none."""
    group = api_version.partition("/")[0]
    return next((source for source in catalogue().values() if (source.group, source.kind) == (group, kind)), None)


def crd_text(source: CrdSource, *, shared: Path | None = None, cache_dir: Path | None = None) -> str:
    """Return a definition as YAML text of one document.

    Args:
        source: an entry of the catalogue.
        shared: folder of local copies, by default ``$MLPLATFORM_CRDS`` or ``../shared/crds`` beside the checkout.
        cache_dir: where downloads are kept, by default inside the checkout, ignored by git.

    Raises:
        CrdUnavailableError: there is neither a local copy nor a download.

    """
    shared = shared or Path(os.environ.get(FOLDER) or ROOT.parent / "shared" / "crds")
    local = shared / source.folder / f"{source.name}.yaml"
    if local.is_file():
        return local.read_text(encoding="utf-8")
    cached = (cache_dir or ROOT / ".mlplatform" / "crds") / f"{source.sha256[:16]}.yaml"
    if not cached.is_file():
        write_private(cached, _verified(source))
    return _document(cached.read_text(encoding="utf-8"), source)


def crd(source: CrdSource) -> dict[str, Any]:
    """Return a definition as plain data; raises as :func:`crd_text`."""
    # The C loader: these files are large, and the pure one takes eight seconds for each.
    definition: dict[str, Any] = yaml.load(crd_text(source), Loader=yaml.CSafeLoader)
    return definition


def _document(text: str, source: CrdSource) -> str:
    """Return the one definition of a file that may be a chart's template or hold several."""
    lines = "\n".join(line for line in text.splitlines() if "{{" not in line)
    name = re.compile(rf"^  name: {re.escape(source.name)}$", re.MULTILINE)
    document = next((item for item in re.split(r"^---.*$", lines, flags=re.MULTILINE) if name.search(item)), None)
    if document is None:
        raise CrdUnavailableError(f"{source.url} does not define {source.name}")
    return document


def _verified(source: CrdSource) -> bytes:
    place, content = _download(source)
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != source.sha256:
        raise CrdUnavailableError(f"{place} has checksum {checksum}, pinned is {source.sha256}")
    return content


def _download(source: CrdSource) -> tuple[str, bytes]:
    """Return where the file was had from, and the file: the module proxy is reached where GitHub is not."""
    go, module_reason = find_go(), ""
    if source.module and go:
        try:
            return source.module, module_file(go, source.module, source.module_path)
        except ModuleUnavailableError as error:
            module_reason = f"; {error}"
    try:
        response = requests.get(source.url, timeout=_SECONDS)
        response.raise_for_status()
    except requests.RequestException as error:
        raise CrdUnavailableError(
            f"{source.url} cannot be downloaded ({type(error).__name__}), and there is no {source.folder}/"
            f"{source.name}.yaml in the folder of {FOLDER}{module_reason}"
        ) from None
    return source.url, response.content
