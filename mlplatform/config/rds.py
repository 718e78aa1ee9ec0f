"""Settings of a PostgreSQL on Amazon RDS."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mlplatform.config.aws_fields import InstanceClass
from mlplatform.config.fields import Section, number_as_text

# Amazon RDS User Guide, "General Purpose SSD storage": gp3 of PostgreSQL has 20 GiB to 64 TiB.
_SMALLEST, _LARGEST = 20, 65536
Gib = Annotated[int, Field(strict=True, ge=_SMALLEST, le=_LARGEST)]


class RdsSection(Section):
    """A database instance: private, encrypted, with TLS only; in production in two zones and protected."""

    instance_class: InstanceClass = Field(description="class of the instance, for example db.m7g.large")
    version: Annotated[
        Literal["16", "17", "18"],
        BeforeValidator(number_as_text, json_schema_input_type=Literal[16, 17, 18, "16", "17", "18"]),
    ] = Field(default="18", description="major version of PostgreSQL")
    storage_gib: Gib = Field(default=50, description="size of its storage, in GiB")
    max_storage_gib: Gib | None = Field(
        default=None, description="size up to which its storage grows by itself, in GiB; none: not at all"
    )
    backup_retention_days: Annotated[int, Field(strict=True, ge=1, le=35)] = Field(
        default=14, description="how long automatic backups are kept, for recovery to any moment in between"
    )
