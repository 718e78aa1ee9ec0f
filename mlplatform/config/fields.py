"""The vocabulary of the settings: constrained texts, numbers and the frozen base of every section.

Each check says what is wrong and what would be right; :mod:`mlplatform.config.load` adds the file and the key.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from mlplatform.config.cron import cron_faults, longest_gap
from mlplatform.config.engines import predictor_name
from mlplatform.config.quantity import bytes_fault, cpu_fault, parse_quantity

_DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
KUBERNETES_VERSION = re.compile(r"1\.[0-9]{2}")
_RESOURCE_NAME = re.compile(r"cpu|memory|ephemeral-storage|[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9._-]+")
# MLflow keeps version numbers as 32-bit integers.
_MAX_VERSION = 2**31 - 1
MAX_LABEL = 63
_CRON_FIELD = r"(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[0-9]+)?(,[0-9A-Za-z]+(-[0-9A-Za-z]+)?(/[0-9]+)?)*"
CRON = re.compile(rf"{_CRON_FIELD}( {_CRON_FIELD}){{4}}")
_IMAGE = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9.:_/-]*[a-z0-9])(:(?!latest(@|$))[\w][\w.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})"
)
# The name of KServe's predictor must stay a DNS label.
MAX_DEPLOYMENT_NAME = MAX_LABEL - len(predictor_name(""))


def wrong(message: str) -> PydanticCustomError:
    """Return the error of a value whose message is complete: what is wrong and what would be right."""
    return PydanticCustomError("settings", "{message}", {"message": message})


def _dns_label(limit: int, what: str) -> AfterValidator:
    def check(value: str) -> str:
        if len(value) > limit or not _DNS_LABEL.fullmatch(value):
            reason = (
                f"'{value}' is not a valid {what}; use at most {limit} lower-case letters, digits and '-', "
                "starting with a letter and ending with a letter or digit"
            )
            raise wrong(reason)
        return value

    return AfterValidator(check)


def number_as_text(value: Any) -> Any:
    """Return ``"3"`` for a 3: accept ``version: 3`` beside ``version: "3"``: YAML users write either."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _version(value: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*", value) or int(value) > _MAX_VERSION:
        reason = (
            f"'{value}' is not a version number; write a number such as \"3\", or use alias: for a name "
            "(stages and 'latest' are moving names and are never deployed)"
        )
        raise wrong(reason)
    return value


def _quantity_text(value: Any) -> Any:
    """Accept ``cpu: 1`` and ``cpu: 0.5`` as YAML reads them."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _quantity(value: str) -> str:
    try:
        parse_quantity(value)
    except ValueError as error:
        reason = f"{error}; write an amount such as 500m, 2 or 1Gi"
        raise wrong(reason) from None
    return value


def _bytes(value: str) -> str:
    if fault := bytes_fault(value):
        raise wrong(fault)
    return value


def _cpu(value: str) -> str:
    if fault := cpu_fault(value):
        raise wrong(fault)
    return value


_RESERVED_ALIAS = re.compile(r"v[0-9]+", re.IGNORECASE)


def _alias(value: str) -> str:
    if value.lower() == "latest":
        raise wrong(f"'{value}' is a moving name and is never deployed; name an alias that somebody sets, or a version")
    # MLflow keeps both for itself: mlflow/utils/validation.py, _validate_model_alias_name.
    if _RESERVED_ALIAS.fullmatch(value):
        raise wrong(f"'{value}' cannot be an alias, as MLflow takes it for a version; write version: \"{value[1:]}\"")
    return value


def _resource_name(value: str) -> str:
    if not _RESOURCE_NAME.fullmatch(value):
        reason = f"'{value}' is not a resource; use cpu, memory, ephemeral-storage or a device such as nvidia.com/gpu"
        raise wrong(reason)
    return value


def _kubeconfig_path(value: str) -> str:
    if "\n" in value or value.lstrip().startswith(("apiVersion", "{")):
        raise wrong("must be the path of a kubeconfig file; its content holds credentials and belongs nowhere in here")
    return value


def _role_arn(value: str) -> str:
    if not _ROLE_ARN.fullmatch(value):
        raise wrong(f"'{value}' is not an IAM role; write arn:aws:iam::<12 digit account>:role/<name>")
    return value


def _kubernetes_version(value: Any) -> Any:
    # YAML reads 1.36 as a number, and 1.30 as 1.3.
    if not isinstance(value, str) or not KUBERNETES_VERSION.fullmatch(value):
        raise wrong('is not a Kubernetes minor version in quotes; write for example "1.36"')
    return value


def _cron(value: str) -> str:
    if not CRON.fullmatch(value):
        reason = f"'{value}' is not a cron schedule of five fields; write for example \"0 2 * * *\" for 02:00 every day"
        raise wrong(reason)
    if out_of_range := "; ".join(cron_faults(value)):
        raise wrong(f"'{value}' is no schedule: {out_of_range}")
    if longest_gap(value) is None:
        raise wrong(f"'{value}' never runs: no month that it names has such a day")
    return value


def _image(value: str) -> str:
    if not _IMAGE.fullmatch(value):
        reason = (
            f"'{value}' is not a pinned image; write registry/name:tag, with @sha256:<64 hex digits> where known, "
            "and never :latest"
        )
        raise wrong(reason)
    return value


DeploymentName = Annotated[str, _dns_label(MAX_DEPLOYMENT_NAME, "deployment name")]
Label = Annotated[str, _dns_label(MAX_LABEL, "Kubernetes name")]
Text = Annotated[str, Field(min_length=1)]
Version = Annotated[str, BeforeValidator(number_as_text, json_schema_input_type=int | str), AfterValidator(_version)]
Quantity = Annotated[
    str, BeforeValidator(_quantity_text, json_schema_input_type=int | float | str), AfterValidator(_quantity)
]
Bytes = Annotated[Quantity, AfterValidator(_bytes)]
Cpu = Annotated[Quantity, AfterValidator(_cpu)]
Alias = Annotated[str, Field(min_length=1), AfterValidator(_alias)]
ResourceName = Annotated[str, AfterValidator(_resource_name)]
KubeconfigPath = Annotated[str, Field(min_length=1), AfterValidator(_kubeconfig_path)]
RoleArn = Annotated[str, AfterValidator(_role_arn)]
KubernetesVersion = Annotated[str, BeforeValidator(_kubernetes_version)]
Cron = Annotated[str, AfterValidator(_cron)]
Image = Annotated[str, AfterValidator(_image)]
# Kubernetes has 32 bits for a number of replicas, seconds or tries.
MAX_COUNT = 2**31 - 1
Count = Annotated[int, Field(strict=True, ge=1, le=MAX_COUNT)]
CountOrZero = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]


class Section(BaseModel):
    """A part of the configuration: frozen, and unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=False,
        strict=False,
        arbitrary_types_allowed=True,
    )
