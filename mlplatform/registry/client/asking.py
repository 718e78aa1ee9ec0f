"""The one place at which MLflow's client is called: within the deadline, its answers checked, its errors explained."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from mlplatform.registry.client.answers import AnswerError
from mlplatform.registry.client.deadline import DeadlineExceededError
from mlplatform.registry.client.failure import (
    confused,
    is_missing,
    is_unknown_endpoint,
    registry_failure,
    too_slow,
)
from mlplatform.registry.client.reachability import REGISTRY_KEY, tracking_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.client.deadline import Deadline

Result = TypeVar("Result")
Thing = TypeVar("Thing")
# With a thousand things a page far more than any registry has.
_MAX_PAGES = 1000


class UnsupportedSearchError(Exception):
    """A search or a filter that this server does not know yet."""


class Asking:
    """Asks one server of the registry."""

    def __init__(self, registry: RegistrySection, deadline: Deadline, *, tracking: bool) -> None:
        """Ask the tracking server, else the model registry, of a stack's settings until the deadline."""
        self._registry = registry
        self._deadline = deadline
        self._key = tracking_key(registry) if tracking else REGISTRY_KEY
        self._uri = registry.effective_tracking_uri if tracking else registry.uri

    def one(
        self, request: Callable[[], Result], check: Callable[[Result], None] = lambda _answer: None
    ) -> Result | None:
        """Return the answer, ``None`` for a thing that is not there.

        Args:
            request: the call of MLflow's client.
            check: raises :class:`AnswerError` for an answer that cannot be one.

        Raises:
            RegistryFailureError: anything else.

        """
        answer: Result | None = self._ask(request, check, searching=False)
        return answer

    def search(
        self, page_at: Callable[[str | None], Any], check: Callable[[Any], None] = lambda _thing: None
    ) -> list[Any]:
        """Return the things on all pages of a search.

        Args:
            page_at: the call of MLflow's client for the page at a token, of the first one at ``None``.
            check: raises :class:`AnswerError` for a thing that cannot be an answer.

        Raises:
            UnsupportedSearchError: the server does not know the search.
            RegistryFailureError: anything else, or pages that never end.

        """
        things: list[Any] = []
        tokens: list[str | None] = [None]

        def check_page(page: Any) -> None:
            for thing in page:
                check(thing)
            if page.token and (page.token in tokens or len(tokens) >= _MAX_PAGES):
                raise AnswerError(f"with pages that never end (more than {len(tokens)})")

        while True:
            page = self._ask(partial(page_at, tokens[-1]), check_page, searching=True)
            things += page or []
            if page is None or not page.token:
                return things
            tokens.append(page.token)

    def contradiction(self, what: str) -> Exception:
        """Return the failure of a server whose answers contradict each other; ``what`` continues "answered ..."."""
        return confused(self._key, self._uri, what)

    def _ask(self, request: Callable[[], Any], check: Callable[[Any], None], *, searching: bool) -> Any:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - two seconds; only where a registry is read

        try:
            answer = self._deadline.call(request)
            check(answer)
        except DeadlineExceededError:
            raise too_slow(self._key, self._uri, self._deadline.seconds) from None
        except AnswerError as error:
            raise confused(self._key, self._uri, str(error)) from None
        except MlflowException as error:
            if searching and (error.error_code == "INVALID_PARAMETER_VALUE" or is_unknown_endpoint(error)):
                raise UnsupportedSearchError(str(error)) from error
            if is_missing(error) or error.error_code == "INVALID_PARAMETER_VALUE":
                # A name or id that could never exist does not exist.
                return None
            raise registry_failure(error, self._key, self._uri, self._registry) from None
        except Exception as error:  # noqa: BLE001 - MLflow's client trips over anything in an answer of another shape
            raise confused(self._key, self._uri, f"in a shape that is not MLflow's ({_words(error)})") from None
        return answer


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
