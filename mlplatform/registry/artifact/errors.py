"""What goes wrong with one artifact, told apart from a server that breaks off."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mlplatform.registry.client.failure import one_line, registry_failure
from mlplatform.registry.client.reachability import tracking_key
from mlplatform.registry.facts.mlmodel import MlmodelError
from mlplatform.registry.location import LocationError, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import RegistrySection

_STORES = frozenset({"mlflow", "boto3", "botocore", "google", "azure"})


class ArtifactError(Exception):
    """The artifact of one version cannot be used; the text continues "the artifact of version 3 ..."."""


@contextlib.contextmanager
def artifact_errors(location: str, registry: RegistrySection) -> Iterator[None]:
    """Turn whatever reading an artifact raises into an error that says what would be right.

    Raises:
        ArtifactError: no such artifact, no MLmodel or an unreadable one, or no way to read the location from here.
        RegistryFailureError: the server broke off.

    """
    printable = without_credentials(location)
    try:
        yield
    except MlmodelError as error:
        raise ArtifactError(f"at {printable} {error}") from None
    except LocationError as error:
        raise ArtifactError(str(error)) from None
    except ImportError as error:
        package = error.name or str(error)
        raise ArtifactError(
            f"lies at {printable}, which needs the Python package {package}; install it, or let the MLflow server hand "
            "out the artifacts (--serve-artifacts)"
        ) from None
    except OSError as error:
        # requests' exceptions are OSErrors too: the artifact proxy answered with an error, or not at all.
        raise _explained(error, printable, registry) from None
    except Exception as error:
        if not _is_of_stores(error):
            raise
        raise _explained(error, printable, registry) from None


def _is_of_stores(error: Exception) -> bool:
    """Return whether a store's client raised an exception, be it of its own kind or a plain one such as ValueError."""
    modules = {type(error).__module__}
    trace = error.__traceback__
    while trace is not None:
        modules.add(str(trace.tb_frame.f_globals.get("__name__", "")))
        trace = trace.tb_next
    return not _STORES.isdisjoint(module.partition(".")[0] for module in modules)


def _explained(error: Exception, printable: str, registry: RegistrySection) -> Exception:
    text = str(error)
    if "tracking URI must be a valid http or https URI" in text:
        return ArtifactError(
            f"lies at {printable}, which only its MLflow server can read; set registry.trackingUri to that server"
        )
    if "failed with timeout exception" in text or "API request to" in text:
        return registry_failure(error, tracking_key(registry), registry.effective_tracking_uri, registry)
    return ArtifactError(
        f"at {printable} cannot be read ({type(error).__name__}: {one_line(text, 120)}); give this machine read "
        "access, or let the MLflow server hand out the artifacts (--serve-artifacts)"
    )
