"""Where the bytes of an artifact lie for the model servers: a pure mapping of URIs.

The registry names artifacts in its own words (``mlflow-artifacts:/1/models/m-.../artifacts``). Model servers need the
object store behind it (``s3://bucket/1/models/m-.../artifacts``); ``registry.artifactStores`` says which that is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from mlplatform.config.engines import STORE_SCHEMES

if TYPE_CHECKING:
    from collections.abc import Mapping

# How an MLflow server spells its artifact proxy where it does not use its own scheme.
_PROXY_PATH = re.compile(r"https?://[^/]+(?:/[^?#]*?)?/api/2\.0/mlflow-artifacts/artifacts(?=/|$)")
# <experiment>/models/<model>/artifacts (MLflow 3) or <experiment>/<run>/artifacts/... (MLflow 2), and what follows.
_BELOW_ROOT = re.compile(r"/\d+/(models/m-[0-9a-f]+|[0-9a-f]{32})/artifacts(/.*)?$")
_READABLE = frozenset(STORE_SCHEMES)
# Here two slashes are one and the same path; in an object store they are another key.
_FOLDED = ("mlflow-artifacts:", "file:")
# Here a "?" or "#" ends the path; in an object store it belongs to the key.
_WEB = ("mlflow-artifacts:", "http:", "https:")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})

# What may stand for user and password: in a web address, all up to the last "@" before the path, because a password
# may hold one and a token may stand alone (in other schemes, "container@account" may be a place); anywhere, what has a
# colon that no port follows, because a secret key may hold a slash; and outside of any address, "user:password@host"
# as a text that somebody cut out of one. What signs a link stands in its query.
_CREDENTIALS = (
    re.compile(r"(?:(?<=http://)|(?<=https://)|(?<=mlflow-artifacts://))[^/\s]*@"),
    re.compile(r"(?<=://)[^/@]*:[^/@]*@"),
    re.compile(r"(?<=://)(?!\[)[^/@\s:]*:(?!\d+(?:\W|$))[^\s\"'<>]*@"),
    re.compile(r"(?<![^\s\"'(\[<=,;])[^\s/\"'@:<>()\[\]]+:[^\s/\"'@<>]+@(?=[\w\[])"),
    re.compile(
        r"(?<=[?&])(?:x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|signature|sig|token|"
        r"access_token|api_?key|password)=[^&\s\"'<>#]*",
        re.IGNORECASE,
    ),
)


class LocationError(ValueError):
    """A location that model servers cannot be sent to; the text says why."""


class UnmappedLocationError(LocationError):
    """A location that no entry of ``registry.artifactStores`` covers.

    Attributes:
        prefix: the key that would cover it, ending in ``/``.

    """

    def __init__(self, prefix: str) -> None:
        super().__init__(f"no entry covers {prefix}")
        self.prefix = prefix


def map_location(location: str, stores: Mapping[str, str]) -> str:
    """Return the URI at which model servers read an artifact.

    Args:
        location: download URI of the artifact, or an absolute local path.
        stores: ``registry.artifactStores``, URI prefix of the registry -> URI prefix for the model servers. The longest
            matching prefix wins; prefixes end at a path segment. ``mlflow-artifacts:/`` covers the same artifacts as
            ``mlflow-artifacts://host:port/...`` and ``http(s)://host/api/2.0/mlflow-artifacts/artifacts/...``.

    Returns:
        The mapped URI without a trailing slash. A location that model servers can read already comes back as it is.

    Raises:
        UnmappedLocationError: no entry covers it and model servers cannot read it as it is.
        LocationError: relative, with ``..`` or empty path segments, or with credentials in it.

    """
    spellings = _spellings(location)
    for spelling in spellings:
        _check(spelling)
    matches = [
        (len(prefix), -order, target, rest)
        for key, target in stores.items()
        for prefix in [_fold(key).rstrip("/")]
        for order, spelling in enumerate(spellings)
        if (rest := _rest(spelling, prefix)) is not None
    ]
    if matches:
        _, _, target, rest = max(matches)
        return f"{target.rstrip('/')}/{rest}" if rest else target.rstrip("/")
    if urlsplit(spellings[0]).scheme in _READABLE:
        return spellings[0]
    raise UnmappedLocationError(_suggested_prefix(spellings[-1]))


def without_credentials(location: str) -> str:
    """Return a URI, or a text with URIs, as it may be shown: what stands for user, password or token is left out."""
    for pattern in _CREDENTIALS:
        location = pattern.sub("", location)
    return location


def address_fault(uri: str) -> str | None:
    """Return what is wrong with an artifact's address wherever it lies, continuing "the artifact ..."; else ``None``.

    What :func:`map_location` refuses whatever the mapping says: relative, ``..`` or empty segments, credentials.
    """
    try:
        for spelling in _spellings(uri):
            _check(spelling)
    except LocationError as error:
        return f"has an address that cannot be used: {error}"
    return None


def require_own_server(location: str, tracking_uri: str) -> None:
    """Check that reading an artifact sends the registry's credentials to nobody but the registry.

    MLflow's client sends user, password or token of the environment to whatever host an ``http(s)`` or
    ``mlflow-artifacts`` address names.

    Args:
        location: download URI of the artifact.
        tracking_uri: address of the MLflow server that the credentials are for.

    Raises:
        LocationError: another host or port, or a web address that is no artifact proxy.

    """
    printable, scheme = without_credentials(location), location.partition(":")[0]
    if scheme not in {"mlflow-artifacts", *_DEFAULT_PORTS}:
        return
    if scheme in _DEFAULT_PORTS and not _PROXY_PATH.match(location):
        raise LocationError(
            f"lies at {printable}, which is no address of MLflow's artifact proxy; register it as "
            "mlflow-artifacts:/<path>, or as the place in its object store"
        )
    host, server = _authority(location, tracking_uri), _authority(tracking_uri, tracking_uri)
    # Without a host: the tracking server's own. Where that is no server, MLflow's client says so itself.
    if host is not None and host != server:
        raise LocationError(
            f"lies at {printable}, another server than {without_credentials(tracking_uri)}, which alone is sent the "
            "credentials for MLflow; register it as mlflow-artifacts:/<path>, or correct registry.trackingUri"
        )


def _authority(uri: str, tracking_uri: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port that a URI leads to, ``None`` for one without a host."""
    try:
        parts, tracking = urlsplit(uri), urlsplit(tracking_uri)
        port = parts.port
    except ValueError:
        return ("", "", None)
    if not parts.netloc:
        return None
    scheme = tracking.scheme if parts.scheme == "mlflow-artifacts" else parts.scheme
    host = (parts.hostname or "").rstrip(".")
    return scheme, "localhost" if host in _THIS_MACHINE else host, port or _DEFAULT_PORTS.get(scheme)


def _spellings(location: str) -> list[str]:
    """Return the location as given and, for a proxied one, without its host."""
    folded = _fold(location).rstrip("/")
    if proxied := _PROXY_PATH.match(folded):
        return [folded, _fold(f"mlflow-artifacts:/{folded[proxied.end() :].lstrip('/')}")]
    if re.match(r"mlflow-artifacts://[^/]", folded):
        path = folded.removeprefix("mlflow-artifacts://").partition("/")[2]
        return [folded, f"mlflow-artifacts:/{path}"]
    return [folded]


def _fold(location: str) -> str:
    """Return one spelling for the many of local paths and of the artifact proxy."""
    if location.startswith("/"):
        location = f"file:{location}"
    if location.startswith("file://localhost/"):
        location = location.replace("//localhost", "", 1)
    if not location.startswith(_FOLDED):
        return location
    scheme, _, path = location.partition(":")
    if scheme == "file":
        return f"file:///{re.sub('/+', '/', path).lstrip('/')}"
    host = re.match(r"//[^/]+", path)
    rest = re.sub("/+", "/", path[host.end() :] if host else path)
    return f"{scheme}:{host.group() if host else ''}/{rest.lstrip('/')}"


def _check(location: str) -> None:
    printable = without_credentials(location)
    scheme, separator, path = location.partition(":")
    if not separator or "/" in scheme:
        raise LocationError(f"'{printable}' is a relative path; only absolute locations can be served")
    if printable != location:
        raise LocationError(f"'{printable}' carries credentials; register it without them")
    if location.startswith(_WEB) and re.search("[?#]", location):
        raise LocationError(f"'{printable}' has a query or fragment; register the plain address")
    segments = path.removeprefix("//").rstrip("/").split("/")[1:]
    if any(unquote(segment) in {".", ".."} for segment in segments):
        raise LocationError(f"'{printable}' has a '..' segment; register the direct path")
    # "mlflow-artifacts:/" and "file:///" alone split into one empty segment: their root.
    if "" in segments and not location.startswith(_FOLDED):
        raise LocationError(f"'{printable}' has an empty path segment; object stores take it for another key")


def _rest(location: str, prefix: str) -> str | None:
    if location == prefix:
        return ""
    if not location.startswith(f"{prefix}/") or (prefix == "mlflow-artifacts:" and location[len(prefix) :][:2] == "//"):
        # The second: a host is no path segment. Without its host, the location is tried as another spelling.
        return None
    return location[len(prefix) :].lstrip("/")


def _suggested_prefix(location: str) -> str:
    if location.startswith("mlflow-artifacts:/") and not location.startswith("mlflow-artifacts://"):
        return "mlflow-artifacts:/"
    root = _BELOW_ROOT.sub("", location)
    return f"{root if root != location else location.rpartition('/')[0]}/"
