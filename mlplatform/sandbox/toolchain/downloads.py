"""The official releases of the control plane's programs, downloaded and verified."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

RELEASES = Path(__file__).with_name("releases.yaml")
# To connect, then between two pieces: without internet the news comes soon.
_SECONDS = (4, 30)
_PIECE = 1 << 20
_SHA256_DIGITS = 64


class DownloadError(Exception):
    """A release cannot be had, or is not what was published; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One program's release for one platform.

    Attributes:
        name: component of the control plane.
        version: with its ``v``.
        url: the file.
        member: path of the program inside the archive, ``None`` where the file is the program.
        sha256: pinned checksum of the file, ``None`` where there is none.
        form: form of the published checksums: ``sha256``, ``sums`` or ``github``.
        published: address of the published checksums.

    """

    name: str
    version: str
    url: str
    member: str | None
    sha256: str | None
    form: str
    published: str


def release(name: str, platform: str, table: Mapping[str, Any] | None = None) -> Release | None:
    """Return the release of a program, ``None`` where there is none for the platform.

    Args:
        name: component of the control plane.
        platform: ``linux/amd64``, in Go's words.
        table: content of a file like ``releases.yaml``, by default that file's.

    """
    entry = (table if table is not None else _table())[name]
    if platform not in entry["platforms"]:
        return None
    system, _, machine = platform.partition("/")
    words = {
        "name": name, "version": entry["version"], "os": system, "arch": machine,
        "archive": "tar.gz" if system == "linux" else "zip",
    }  # fmt: skip
    return Release(
        name=name,
        version=entry["version"],
        url=entry["url"].format(**words),
        member=entry["member"].format(**words) if "member" in entry else None,
        sha256=entry["sha256"].get(f"{name} {platform}"),
        form=entry["published"]["form"],
        published=entry["published"]["url"].format(**words),
    )


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(RELEASES.read_text(encoding="utf-8"))
    return table


def download(release: Release, target: Path) -> None:
    """Write a program to ``target``, verified and executable.

    Raises:
        DownloadError: it cannot be had, its checksum is another one, or the archive lacks the program.

    """
    # First the checksum: without it the large file is of no use.
    expected = release.sha256 or _published(release)
    content = _get(release.url)
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        source = "pinned" if release.sha256 else "published"
        raise DownloadError(f"{release.url} has the SHA-256 checksum {actual}, {source} is {expected}")
    target.write_bytes(_member(release, content) if release.member else content)
    target.chmod(0o755)


def _published(release: Release) -> str:
    text = _get(release.published).decode(errors="replace")
    file = urlsplit(release.url).path.rpartition("/")[2]
    try:
        checksum = {"sha256": _first_word, "sums": _in_sums, "github": _in_release}[release.form](text, file)
    except (ValueError, KeyError, IndexError, TypeError):
        checksum = ""
    if len(checksum) != _SHA256_DIGITS or set(checksum) - set("0123456789abcdef"):
        raise DownloadError(f"{release.published} holds no SHA-256 checksum of {file}")
    return checksum


def _first_word(text: str, _file: str) -> str:
    return text.split(maxsplit=1)[0]


def _in_sums(text: str, file: str) -> str:
    # "<checksum>  <file>", with a star before files read as binary.
    rows = (line.split() for line in text.splitlines())
    return next((row[0] for row in rows if len(row) == 2 and row[1].lstrip("*") == file), "")  # noqa: PLR2004 - two columns


def _in_release(text: str, file: str) -> str:
    assets = json.loads(text)["assets"]
    return next((str(asset["digest"]) for asset in assets if asset["name"] == file), "").removeprefix("sha256:")


def _get(url: str) -> bytes:
    content = io.BytesIO()
    try:
        with requests.get(url, timeout=_SECONDS, stream=True) as response:
            response.raise_for_status()
            for piece in response.iter_content(_PIECE):
                content.write(piece)
    except requests.HTTPError as error:
        raise DownloadError(f"{url} answers with HTTP status {error.response.status_code}") from None
    except requests.RequestException as error:
        raise DownloadError(f"{urlsplit(url).netloc} cannot be reached ({type(error).__name__})") from None
    return content.getvalue()


def _member(release: Release, content: bytes) -> bytes:
    """Return the program inside an archive; nothing else of it is unpacked."""
    name = release.member or ""
    try:
        if release.url.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return archive.read(name)
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            file = tar.extractfile(name)
            if file is not None:
                return file.read()
    except (KeyError, tarfile.TarError, zipfile.BadZipFile):
        pass
    raise DownloadError(f"{release.url} is no archive with {name}")
