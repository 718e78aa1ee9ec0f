"""A Kubernetes API server as this project asks it: server-side apply with strict validation, warnings kept.

The official client reads the kubeconfig (with every kind of credentials) and keeps the connections. Its own calls know
neither ``fieldValidation`` nor the ``Warning`` headers of an answer, so the requests are made here.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
import yaml
from kubernetes import client, config  # type: ignore[import-untyped]

from mlplatform.sandbox.control_plane.answers import Answer, Kind
from mlplatform.sandbox.problems import problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIELD_MANAGER = "mlplatform"
_APPLY = "application/apply-patch+yaml"
_JSON = "application/json"
_CONNECTIONS = 16
_SECONDS = 60
_NOT_FOUND = 404

Object = dict[str, Any]


class Api:
    """One API server."""

    def __init__(self, kubeconfig: Path | None, *, context: str | None = None) -> None:
        """Read the access to a server; nothing is sent yet.

        Args:
            kubeconfig: the file, ``None`` for kubectl's own choice (``$KUBECONFIG``, ``~/.kube/config``).
            context: a context of it, ``None`` for its current one.

        Raises:
            ProblemsError: there is no such file or context, or its credentials cannot be had.

        """
        settings = client.Configuration()
        if kubeconfig is not None and not kubeconfig.is_file():
            raise problem(f"{kubeconfig}: no such file")
        try:
            config.load_kube_config(
                str(kubeconfig) if kubeconfig else None, context=context, client_configuration=settings,
                persist_config=False,
            )  # fmt: skip
        except (config.ConfigException, yaml.YAMLError, OSError, ValueError, KeyError, TypeError) as error:
            where = str(kubeconfig) if kubeconfig else "kubeconfig"
            raise problem(f"{where}: {error}", key=context or "") from None
        settings.connection_pool_maxsize = _CONNECTIONS
        # Asked again here where it makes sense; three silent attempts only delay the news of a dead server.
        settings.retries = False
        self.server: str = settings.host
        self.context = context
        self._client = client.ApiClient(settings)
        self._kinds: dict[str, dict[str, Kind]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._client.rest_client.pool_manager.clear()
        self._client.close()

    def request(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None, form: str = _JSON
    ) -> Answer:
        """Send one request; a ``body`` that is text goes as it is, all else as JSON.

        Raises:
            ProblemsError: the server cannot be reached.

        """
        headers: dict[str, str] = {"Accept": _JSON, "Content-Type": form}
        # The token may come from a program (aws eks get-token); the client asks it again when it has expired.
        self._client.update_params_for_auth(headers, [], ["BearerToken"])
        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        try:
            response = self._client.rest_client.pool_manager.request(
                method, url, headers=headers, timeout=_SECONDS,
                body=body if body is None or isinstance(body, str) else json.dumps(body),
            )  # fmt: skip
        except urllib3.exceptions.HTTPError as error:
            cause = getattr(error, "reason", None) or error
            raise problem(
                f"the API server at {self.server} cannot be reached: {cause}", key=self.context or ""
            ) from None
        return Answer(
            status=response.status,
            body=_parsed(response.data),
            warnings=tuple(map(_warning, response.headers.getlist("Warning"))),
        )

    def version(self) -> str:
        """Return the server's version, ``v1.36.3``."""
        answer = self.get("/version")
        return str(answer.body["gitVersion"]) if answer.ok else "of unknown version"

    def api_versions(self) -> tuple[str, ...]:
        """Return everything the server serves, ``apps/v1`` and ``apps/v1/Deployment``, as helm wants to know it."""
        answer = self.get("/apis")
        groups = answer.body["groups"] if answer.ok else []
        versions = ["v1", *(version["groupVersion"] for group in groups for version in group["versions"])]
        return tuple(
            item
            for version in versions
            for item in (version, *(f"{version}/{kind}" for kind in self._kinds_of(version)))
        )

    def kind(self, api_version: str, kind: str, *, again: bool = False) -> Kind | None:
        """Return a kind, ``None`` where the server does not know it.

        Args:
            api_version: ``v1``, ``apps/v1``.
            kind: ``Deployment``.
            again: ask the server although it did not know the kind before.

        """
        known = self._kinds_of(api_version)
        if again and kind not in known:
            known = self._kinds_of(api_version, again=True)
        return known.get(kind)

    def forget_kinds(self) -> None:
        """Ask anew for kinds, because definitions came or went."""
        with self._lock:
            self._kinds.clear()

    def _kinds_of(self, api_version: str, *, again: bool = False) -> dict[str, Kind]:
        with self._lock:
            if again or api_version not in self._kinds:
                self._kinds[api_version] = self._discover(api_version)
            return self._kinds[api_version]

    def _discover(self, api_version: str) -> dict[str, Kind]:
        prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        answer = self.request("GET", prefix)
        if not answer.ok:
            if answer.status == _NOT_FOUND:
                return {}
            raise problem(f"{self.server} refuses to list the kinds of {api_version}: {answer.message}")
        return {
            item["kind"]: Kind(prefix=prefix, plural=item["name"], namespaced=item["namespaced"])
            for item in answer.body["resources"]
            # Subresources are listed beside their resource.
            if "/" not in item["name"]
        }

    def path(self, manifest: Object, *, namespace: str = "") -> str | None:
        """Return the path of an object, ``None`` where the server does not know its kind.

        Args:
            manifest: the object.
            namespace: where it goes when it names no namespace.

        """
        kind = self.kind(manifest["apiVersion"], manifest["kind"])
        if kind is None:
            return None
        metadata = manifest["metadata"]
        return kind.path(metadata["name"], metadata.get("namespace") or namespace or "default")

    def apply(self, path: str, manifest: Object | str, *, dry_run: bool = False) -> Answer:
        """Apply an object on the server's side: unknown and doubled fields are refused, conflicts are won.

        Args:
            path: of the object.
            manifest: the object, as data or as YAML text.
            dry_run: let the server do everything but keep it.

        """
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", "force": "true"}
        return self.request(
            "PATCH", path, query=query | ({"dryRun": "All"} if dry_run else {}), body=manifest, form=_APPLY
        )

    def get(self, path: str) -> Answer:
        """Read an object or a list."""
        return self.request("GET", path)

    def delete(self, path: str, *, conditions: Mapping[str, str] | None = None) -> Answer:
        """Delete an object, or all of a list, and in the background what it owns.

        Args:
            path: of the object or list.
            conditions: ``uid`` and ``resourceVersion`` that it must have.

        """
        preconditions = {"preconditions": dict(conditions)} if conditions else {}
        return self.request("DELETE", path, body={"propagationPolicy": "Background", **preconditions})


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")


def _warning(header: str) -> str:
    """Return the text of a header ``299 - "text"`` (RFC 7234, 5.5)."""
    _, _, quoted = header.partition('"')
    return quoted.rpartition('"')[0].replace('\\"', '"').replace("\\\\", "\\") or header
