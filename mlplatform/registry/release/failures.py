"""From an exception of boto3 to the error that a user reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.registry.client.failure import one_line
from mlplatform.registry.location import without_credentials
from mlplatform.registry.release.errors import ReleaseStoreError, ReleaseStoreUnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.config.models import ReleaseStoreSection

# What a request needs to be allowed. Source: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".
_ACTIONS = {
    "list_objects_v2": "s3:ListBucket",
    "head_object": "s3:GetObject",
    "get_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "upload_part": "s3:PutObject",
    "complete_multipart_upload": "s3:PutObject",
    "list_multipart_uploads": "s3:ListBucketMultipartUploads",
    "list_parts": "s3:ListMultipartUploadParts",
    "abort_multipart_upload": "s3:AbortMultipartUpload",
}
_DENIED = frozenset({"AccessDenied", "AllAccessDisabled", "AccountProblem", "KMS.AccessDeniedException"})
# InvalidTokenId is MinIO's word for a session token that it did not issue.
_UNKNOWN_USER = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidTokenId", "UnrecognizedClientException"}
    | {"401"}
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
_REGION = frozenset({"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"})
_PASSING = {
    "SlowDown": "try again later",
    "RequestTimeTooSkewed": "set the clock of this machine, which differs too much from the store's",
}
_SERVER_FAULT = 500
_ADVICE_ON_AWS = (
    "correct releaseStore.region or the way to AWS, or set releaseStore.endpoint where the store is none of AWS"
)
_NONE_FOUND = "no AWS credentials were found here"
_GET_CREDENTIALS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, log in, or name an AWS profile in releaseStore.profile"
)
INSTANCE_VARIABLE = "AWS_EC2_METADATA_DISABLED"
"""AWS's own variable: ``true`` switches the metadata service off; ``false``, given on purpose, on for previews, too."""
_NO_CREDENTIALS = frozenset(
    {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "TokenRetrievalError",
        "RefreshWithMFAUnsupportedError",
        "LoginError",
    }
)


def store_failure(
    error: Any, code: str, operation: str, settings: ReleaseStoreSection, parameters: Mapping[str, Any]
) -> ReleaseStoreError:
    """Return what an exception of boto3 says.

    Args:
        error: ``ClientError`` (the store answered) or another ``BotoCoreError`` (it did not, or not understandably).
        code: the S3 error code, ``""`` where there is none.
        operation: method of boto3's client.
        settings: of the store.
        parameters: of the request.

    """
    if not getattr(error, "response", None):
        return _no_answer(error, settings)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    bucket = parameters.get("Bucket", "")
    address = f"s3://{bucket}/{one_line(str(parameters.get('Key', parameters.get('Prefix', ''))))}"
    if code == "NoSuchBucket" or code in _REGION:
        return _wrong_bucket(error, code, settings, bucket)
    action = _ACTIONS.get(operation, operation)
    if refusal := _refusal(code, f"{action} at {address}", settings):
        return ReleaseStoreUnreachableError("releaseStore.profile", refusal)
    if code.isdigit() or not code:
        # No S3 error at all, but perhaps that of a proxy on the way. botocore makes a 500 of a 200 that is no XML.
        return no_s3_answer(settings, f"HTTP status {status}")
    if status >= _SERVER_FAULT or code in _PASSING:
        return ReleaseStoreUnreachableError(
            _address_key(settings),
            f"the release store at {_address(settings)} cannot serve now ({one_line(code)}); "
            f"{_PASSING.get(code, 'look at its log, or try again later')}",
        )
    said = _without_keys(str(error.response.get("Error", {}).get("Message", "")), error)
    return ReleaseStoreError(
        _address_key(settings), f"the release store refused {action} at {address} ({one_line(code)}: {said})"
    )


def _refusal(code: str, asked: str, settings: ReleaseStoreSection) -> str:
    """Return what a code says of the credentials, ``""`` where it says nothing of them."""
    if code in _DENIED:
        return f"the release store refused {asked} to {_who(settings)}; let them do it, or use others"
    if code in _EXPIRED:
        return f"{_who(settings)} have expired; log in again"
    if code in _UNKNOWN_USER:
        return (
            f"the release store at {_address(settings)} does not accept {_who(settings)} ({code}); use credentials of "
            "this store, in the environment or as releaseStore.profile"
        )
    return ""


def refused_setup(error: Exception, settings: ReleaseStoreSection) -> ReleaseStoreError:
    """Return what is wrong before anything was asked: the profile, the AWS configuration, the endpoint's form."""
    name = type(error).__name__
    if name == "ProfileNotFound":
        asked = f"'{settings.profile}'" if settings.profile else "that of the environment (AWS_PROFILE)"
        return ReleaseStoreUnreachableError(
            "releaseStore.profile",
            f"no AWS profile {asked} is known on this machine; create it (aws configure --profile ...), "
            "or leave releaseStore.profile out",
        )
    if name == "InvalidRegionError" and settings.region:
        return ReleaseStoreError(
            "releaseStore.region",
            f"'{one_line(settings.region)}' is not a region's name; write for example eu-central-1",
        )
    if name == "InvalidRegionError":
        return ReleaseStoreUnreachableError(
            "releaseStore.region",
            "the region in the AWS configuration of this machine is not a region's name; set releaseStore.region, or "
            "correct AWS_DEFAULT_REGION or the profile's region",
        )
    if isinstance(error, ValueError):
        return ReleaseStoreError(
            "releaseStore.endpoint",
            f"'{_address(settings)}' is not an address of an S3 store; write for example http://minio.example.org:9000",
        )
    return _no_answer(error, settings)


def no_credentials_here(settings: ReleaseStoreSection) -> ReleaseStoreUnreachableError:
    """Return the failure of a machine without credentials that was not asked whether it has a role."""
    return ReleaseStoreUnreachableError(
        "releaseStore.profile",
        f"{_no_credentials('NoCredentialsError', settings)}, so the release store was not asked; {_GET_CREDENTIALS}; "
        f"the role of an EC2 instance is asked for with {INSTANCE_VARIABLE}=false",
    )


def no_s3_answer(settings: ReleaseStoreSection, reason: str) -> ReleaseStoreError:
    """Return the failure of a server that is no S3 store: a wrong address, or a login page on the way."""
    return ReleaseStoreUnreachableError(
        _address_key(settings),
        f"{_address(settings)} does not answer as an S3 store does ({one_line(reason)}); "
        f"give the address of the store's API in {_address_key(settings)}, not of its web console",
    )


def _no_answer(error: Exception, settings: ReleaseStoreSection) -> ReleaseStoreError:
    """Return the failure without an answer; of foreign texts only the names of exceptions are shown."""
    name = type(error).__name__
    if name in _NO_CREDENTIALS or "SSO" in name:
        return ReleaseStoreUnreachableError(
            "releaseStore.profile",
            f"{_no_credentials(name, settings)}; {_GET_CREDENTIALS}",
        )
    if name == "ParamValidationError":
        return ReleaseStoreError("releaseStore.uri", "is not a place that S3 knows; write s3://<bucket>/<prefix>")
    if name == "ResponseParserError":
        return no_s3_answer(settings, "no XML")
    if name in {"ConfigParseError", "ConfigNotFound", "InvalidConfigError", "InvalidRetryModeError"}:
        return ReleaseStoreUnreachableError(
            "releaseStore.profile", f"the AWS configuration of this machine cannot be used ({name}); correct it"
        )
    reason = {
        "EndpointConnectionError": "nothing listens there, or the name is not known",
        "ConnectTimeoutError": "no connection in time",
        "ReadTimeoutError": "no answer in time",
        "SSLError": "its TLS certificate is not trusted here; AWS_CA_BUNDLE names further authorities",
        "ProxyConnectionError": "the proxy does not answer; NO_PROXY names hosts without one",
        "ConnectionClosedError": "the connection broke",
        "ResponseStreamingError": "the connection broke",
    }.get(name, name)
    advice = "start it, or correct releaseStore.endpoint" if settings.endpoint else _ADVICE_ON_AWS
    return ReleaseStoreUnreachableError(
        _address_key(settings), f"the release store at {_address(settings)} cannot be reached ({reason}); {advice}"
    )


def _no_credentials(name: str, settings: ReleaseStoreSection) -> str:
    """Return in what way there are no credentials; ``name`` is that of botocore's exception."""
    if name == "NoCredentialsError":
        return f"no AWS credentials were found in profile '{settings.profile}'" if settings.profile else _NONE_FOUND
    if name == "PartialCredentialsError":
        return f"{_who(settings)} are incomplete"
    return f"{_who(settings)} cannot be had here ({name})"


def _wrong_bucket(error: Any, code: str, settings: ReleaseStoreSection, bucket: str) -> ReleaseStoreError:
    """Return that a bucket is not there, or in another region."""
    if code == "NoSuchBucket":
        option = f"--endpoint-url {_address(settings)} " if settings.endpoint else ""
        return ReleaseStoreError(
            "releaseStore.uri",
            f"the release store at {_address(settings)} has no bucket '{bucket}'; create it (aws {option}s3 mb "
            f"s3://{bucket}), with versioning, or correct releaseStore.uri",
        )
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = error.response.get("Error", {}).get("Region") or headers.get("x-amz-bucket-region")
    asked = f"not in {settings.region}" if settings.region else "not in the region asked"
    there = f"lies in {one_line(str(region))}, {asked}" if region else f"lies {asked}"
    return ReleaseStoreError(
        "releaseStore.region", f"the bucket '{bucket}' {there}; set releaseStore.region to its region"
    )


def _without_keys(text: str, error: Any) -> str:
    """Return a store's message without the access key that it may repeat."""
    said = error.response.get("Error", {})
    for name in ("AWSAccessKeyId", "AccessKeyId", "StringToSign", "SignatureProvided"):
        if said.get(name):
            text = text.replace(str(said[name]), "***")
    return one_line(text, 120)


def _address(settings: ReleaseStoreSection) -> str:
    return without_credentials(settings.endpoint) if settings.endpoint else "AWS S3"


def _address_key(settings: ReleaseStoreSection) -> str:
    return "releaseStore.endpoint" if settings.endpoint else "releaseStore.uri"


def _who(settings: ReleaseStoreSection) -> str:
    return f"the credentials of profile '{settings.profile}'" if settings.profile else "the AWS credentials used here"
