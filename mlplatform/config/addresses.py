"""Addresses in the settings: registries, URLs, places in object stores, domains, mirrors. None echoes credentials."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from mlplatform.config.engines import STORE_SCHEMES
from mlplatform.config.fields import wrong

_REGISTRY_SCHEMES = ("http", "https", "sqlite")
EMBEDDED_URI = "http://127.0.0.1:5500"
"""Where the embedded registry listens, unless a stack or a command says otherwise."""
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
MAX_DOMAIN = 253
_DOMAIN_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# Registry and path as in https://github.com/distribution/reference/blob/main/regexp.go; a first part without dot or
# port would be an organisation on Docker Hub.
_IMAGE_PREFIX = re.compile(
    r"(localhost|(?=[^/]*[.:])[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)(:[0-9]{1,5})?"
    r"(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
)
# Both stand in policy documents, where '*', '?' and '${' would mean more than they say.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
RELEASE_PLACE = re.compile(
    r"s3://(?P<bucket>[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9])(?P<folders>(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*)"
)


def local_port(uri: str) -> int | None:
    """Return the port of a plain HTTP server on this machine, ``http://127.0.0.1:<port>``; ``None`` for all else."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    plain = parts.scheme == "http" and "@" not in parts.netloc and parts.path in {"", "/"}
    return port or None if plain and parts.hostname in _THIS_MACHINE and not parts.query + parts.fragment else None


def is_local(uri: str) -> bool:
    """Return whether a registry URI is one that the embedded registry can serve: plain HTTP on this machine."""
    return local_port(uri) is not None


def _parts(value: str) -> SplitResult:
    """Split a URI that may hold anything; nothing of one with credentials is ever echoed."""
    if "@" in value:
        reason = (
            "carries credentials in plain text, or an '@' that looks like it; leave them out: registry.password and "
            "objectStore.credentials are their places"
        )
        raise wrong(reason)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise wrong("is not a valid URI: its host or port is broken; write for example http://127.0.0.1:5500") from None
    if parts.query or parts.fragment:
        raise wrong("must end with the path: no '?' or '#', where a token could hide")
    if parts.scheme in {"http", "https"} and not host:
        raise wrong("names no host; write for example http://127.0.0.1:5500")
    return parts


def _registry_uri(value: str) -> str:
    parts = _parts(value)
    if parts.scheme not in _REGISTRY_SCHEMES:
        reason = f"'{parts.scheme or value}' is not a registry this can read; use http://, https:// or sqlite:///"
        raise wrong(reason)
    if parts.scheme == "sqlite" and (not value.startswith("sqlite:///") or value == "sqlite:///"):
        raise wrong("names no database file; write sqlite:///path/to/mlflow.db")
    return value


def _url(value: str) -> str:
    if _parts(value).scheme not in {"http", "https"}:
        raise wrong(f"'{value}' is not a URL; write for example http://minio.example.org:9000")
    return value


def _store_prefix(value: str) -> str:
    # "container@account" is how Azure names a place; a password comes after a colon.
    if re.search(r"//[^/]*:[^/]*@|https?://[^/]*@", value):
        raise wrong("carries credentials in plain text; leave them out")
    if not re.match(r"[a-z][a-z0-9+.-]*:/", value):
        raise wrong(f"'{value}' is not a URI prefix; write for example mlflow-artifacts:/ or file:///data/")
    return value


def _store_target(value: str) -> str:
    if _parts(value).scheme not in STORE_SCHEMES or "://" not in value:
        allowed = " or ".join(f"{name}://" for name in STORE_SCHEMES)
        raise wrong(f"'{value}' is not a place that model servers can read; use {allowed}")
    return value


def _release_place(value: str) -> str:
    place = value.removesuffix("/")
    match = RELEASE_PLACE.fullmatch(place)
    if match is None:
        # Credentials, or a query that may hide some, have an error of their own; nothing else is echoed either.
        _parts(value)
        reason = (
            "is not a place for releases; write s3://<bucket> or s3://<bucket>/<prefix>: a bucket of 3 to 63 "
            "lower-case letters, digits, '.' and '-', and folders of letters, digits, '.', '_' and '-'"
        )
        raise wrong(reason)
    return place


def _domain(value: str) -> str:
    labels = value.split(".")
    well_formed = "." in value and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
    # A last label of digits only is that of an IP address: https://url.spec.whatwg.org/#ends-in-a-number-checker
    if len(value) > MAX_DOMAIN or not well_formed or labels[-1].isdigit():
        reason = (
            f"'{value}' is not a domain; write a DNS name of two or more labels, such as models.example.org, "
            "without scheme, port, path or '*', and no IP address"
        )
        raise wrong(reason)
    return value


def _chart_mirror(value: str) -> str:
    reason = "use oci://host/path, https://host/path or a folder of .tgz files"
    scheme, separator, _ = value.partition("://")
    if "@" in value or scheme == "http":
        raise wrong(f"carries credentials or is not encrypted; {reason}")
    if separator and (scheme not in {"oci", "https"} or not _parts(value).hostname):
        raise wrong(f"'{value}' is no place that charts can be had from; {reason}")
    return value.rstrip("/")


def _image_prefix(value: str) -> str:
    prefix = value.rstrip("/")
    if not _IMAGE_PREFIX.fullmatch(prefix):
        reason = (
            f"'{value}' is not an image prefix; write for example registry.example.org/mirror: a registry, with a path "
            "in lower case or without, and no scheme"
        )
        raise wrong(reason)
    return prefix


RegistryUri = Annotated[str, AfterValidator(_registry_uri)]
StorePrefix = Annotated[str, AfterValidator(_store_prefix)]
StoreTarget = Annotated[str, AfterValidator(_store_target)]
ReleasePlace = Annotated[str, AfterValidator(_release_place)]
Endpoint = Annotated[str, AfterValidator(_url)]
Domain = Annotated[str, AfterValidator(_domain)]
ChartMirror = Annotated[str, Field(min_length=1), AfterValidator(_chart_mirror)]
ImagePrefix = Annotated[str, Field(min_length=1), AfterValidator(_image_prefix)]
