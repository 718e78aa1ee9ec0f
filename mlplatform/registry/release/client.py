"""The S3 client of the release store: bounded in time, and its errors in words that name a setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlplatform.registry.release.errors import StoreAnswerError
from mlplatform.registry.release.failures import no_credentials_here, no_s3_answer, refused_setup, store_failure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mlplatform.config.models import ReleaseStoreSection

# A store that answers does so within these; a completed upload of many gigabytes keeps its connection busy.
CONNECT_SECONDS = 5
READ_SECONDS = 60
# The first try and those after a passing fault (500, 503 SlowDown, a broken connection), which botocore spaces out.
ATTEMPTS = 4
# Eight workers of a publish or check, and room for checks of several releases side by side.
CONNECTIONS = 64
# Stores that are not AWS take any region, but a signature needs one.
DEFAULT_REGION = "us-east-1"
# Whose requests no proxy can pass on: it would ask itself.
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
# botocore's name for what asks the metadata service of EC2.
_OF_THE_INSTANCE = "iam-role"
# Not every store says more than the status of a failed condition; an answer to HEAD has no body to say it in.
_NAMES = {"412": "PreconditionFailed"}
_NAMES_OF_HEAD = {"404": "NoSuchKey", "NotFound": "NoSuchKey", "403": "AccessDenied", **_NAMES}


@dataclass(frozen=True, kw_only=True)
class StoreClient:
    """Requests to one store.

    Attributes:
        s3: boto3's client; threads may share it.
        settings: what the stack says of the store, for the errors.

    """

    s3: Any
    settings: ReleaseStoreSection

    def call(self, operation: str, *, expected: Collection[str] = (), **parameters: Any) -> dict[str, Any]:
        """Send one request and return the answer.

        Args:
            operation: method of boto3's client (``put_object``).
            expected: S3 error codes that the caller deals with.
            parameters: of the operation.

        Raises:
            StoreAnswerError: the store answered with one of ``expected``.
            ReleaseStoreError: every other fault.

        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - boto3 is loaded where it is used

        try:
            answer: dict[str, Any] = getattr(self.s3, operation)(**parameters)
        except ClientError as error:
            code = _error_code(error, _NAMES_OF_HEAD if operation == "head_object" else _NAMES)
            if code in expected:
                raise StoreAnswerError(code) from None
            raise store_failure(error, code, operation, self.settings, parameters) from None
        except BotoCoreError as error:
            raise store_failure(error, "", operation, self.settings, parameters) from None
        except RecursionError:
            # botocore takes every redirect for one to another region, and asks the same server which one it is.
            raise no_s3_answer(self.settings, "it redirects") from None
        return answer

    def list_objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every object below a prefix, page by page.

        Raises:
            ReleaseStoreError: the store cannot be listed.

        """
        token: dict[str, str] = {}
        while True:
            page = self.call("list_objects_v2", Bucket=bucket, Prefix=prefix, **token)
            # A web page that happens to be well-formed XML would read as an empty bucket.
            if page.get("Name") != bucket:
                raise no_s3_answer(self.settings, "its list of objects names no bucket")
            for entry in page.get("Contents", ()):
                yield entry["Key"], int(entry["Size"])
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}


def _error_code(error: Any, names: Mapping[str, str]) -> str:
    """Return the S3 error code of a ``ClientError``, spelled alike whatever the store."""
    answer = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    if not code:
        code = str(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    return names.get(code, code)


def open_client(settings: ReleaseStoreSection, *, ask_instance: bool = True) -> StoreClient:
    """Return a client of a release store; the store itself is not asked yet.

    Args:
        settings: of the store.
        ask_instance: whether this machine's role may be asked for, which is a request to 169.254.169.254. Without, only
            credentials that are configured here count (environment, files, a login, a role that these name).

    Raises:
        ReleaseStoreUnreachableError: the profile is not known here, the AWS configuration is broken, or there are no
            credentials and no machine may be asked for any.

    """
    import boto3  # noqa: PLC0415 - 0.1 s that only locks need
    import botocore.session  # noqa: PLC0415 - see above
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        # Buckets of MinIO and the like have no host names of their own.
        s3={"addressing_style": "path"} if settings.endpoint else {},
        # Every write carries its SHA-256 and every read is hashed here; older stores refuse botocore's own CRC32.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # AWS_ENDPOINT_URL or a profile would have another store verified than the one that model servers read.
        ignore_configured_endpoint_urls=True,
        # None: those of the environment.
        proxies={} if _is_here(settings.endpoint) else None,
    )
    try:
        known = botocore.session.Session(profile=settings.profile)
        if not ask_instance:
            known.get_component("credential_provider").remove(_OF_THE_INSTANCE)
            if known.get_credentials() is None:
                raise no_credentials_here(settings)
        session = boto3.Session(botocore_session=known)
        region = settings.region or session.region_name or (DEFAULT_REGION if settings.endpoint else None)
        s3 = session.client("s3", endpoint_url=settings.endpoint, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        raise refused_setup(error, settings) from None
    return StoreClient(s3=s3, settings=settings)


def _is_here(endpoint: str | None) -> bool:
    """Return whether a store's address is on this machine."""
    return endpoint is not None and urlsplit(endpoint).hostname in _THIS_MACHINE
