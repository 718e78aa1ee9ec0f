"""The table: every fact of a model version, where it comes from and where it shows."""

# No `from __future__ import annotations`: the annotations are the table.

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, computed_field

from mlplatform.registry.facts import derived, mlmodel, records
from mlplatform.registry.facts.fact import Fact, FromFiles, FromRegistry, Row
from mlplatform.registry.facts.kinds import (
    DIGEST,
    FLAG,
    FLAVORS,
    LINES,
    METRICS,
    PERCENT,
    SIGNATURE,
    SIZE,
    TAGS,
    TEXT,
    TEXTS,
    TIME,
    VERSION_NUMBER,
    WORDS,
)


class FactTable(BaseModel):
    """Facts, one a field; the annotation of a field says all that places which hold facts need to know of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RegisteredFacts(FactTable):
    """What the registry records of a version.

    Attributes:
        registered_model: name in the registry.
        version: version number as decimal text (``"3"``), whatever type the backend returned.
        model_id: MLflow 3 logged-model id (``m-...``), or ``None`` for a version logged by MLflow 2.
        run_id: the training run, or ``None`` when the version was registered without one.
        experiment_id: the experiment of that run or of the logged model, ``None`` where neither is known.
        source: the version's source as registered (``models:/m-...``, ``mlflow-artifacts:/...``, ``runs:/...``).
        artifact_uri: the download URI that the registry answers for it.
        created_at: creation time in milliseconds since the epoch, UTC.
        created_by: who trained it (the version's user, else the run's), or ``None``.
        metrics: final value of each metric of the logged model (MLflow 3) or the run.
        params: parameters of the run or logged model.
        tags: tags of the model version.

    """

    registered_model: Annotated[
        str,
        Fact(
            kind=TEXT,
            source=FromRegistry(read=lambda it: it.name, version_record="all"),
            annotation=True,
            aspect="model",
            row=Row(label="registered model"),
        ),
    ]
    version: Annotated[
        str,
        Fact(
            kind=VERSION_NUMBER,
            source=FromRegistry(read=lambda it: it.version, version_record="all"),
            annotation=True,
            aspect="version",
            row=Row(label="version", identifies=True),
        ),
    ]
    source: Annotated[
        str,
        Fact(
            kind=TEXT,
            source=FromRegistry(read=lambda it: str(it.record.source), version_record="all"),
            in_inputs=False,
            in_report=False,
        ),
    ]
    model_id: Annotated[
        str | None,
        Fact(
            kind=TEXT,
            source=FromRegistry(read=records.model_id_of, version_record="first"),
            annotation=True,
            aspect="artifact",
            row=Row(label="logged model", same_version_only=True),
        ),
    ]
    run_id: Annotated[
        str | None,
        Fact(
            kind=TEXT,
            source=FromRegistry(read=records.run_id_of, version_record="first"),
            annotation=True,
            aspect="artifact",
            row=Row(label="run", identifies=True, origin=True, linked=True),
        ),
    ]
    experiment_id: Annotated[
        str | None, Fact(kind=TEXT, source=FromRegistry(read=records.experiment_id), in_report=False)
    ] = None
    artifact_uri: Annotated[
        str,
        Fact(kind=TEXT, source=FromRegistry(read=lambda it: it.artifact_uri), in_inputs=False, in_report=False),
    ]
    created_at: Annotated[
        int,
        Fact(
            kind=TIME,
            source=FromRegistry(read=lambda it: int(it.record.creation_timestamp), version_record="all"),
            row=Row(label="registered", origin=True),
        ),
    ]
    created_by: Annotated[
        str | None,
        Fact(
            kind=WORDS,
            source=FromRegistry(read=records.created_by, version_record="first"),
            row=Row(label="trained by", origin=True),
        ),
    ] = None
    metrics: Annotated[
        Mapping[str, float], Fact(kind=METRICS, source=FromRegistry(read=records.final_metrics, grows=True))
    ] = {}
    params: Annotated[Mapping[str, str], Fact(kind=TEXTS, source=FromRegistry(read=records.params, grows=True))] = {}
    tags: Annotated[
        Mapping[str, str],
        Fact(
            kind=TAGS,
            source=FromRegistry(read=lambda it: dict(it.record.tags or {}), version_record="all", mutable=True),
        ),
    ] = {}


class ArtifactFacts(FactTable):
    """What lies in the artifact's own files.

    Attributes:
        size: bytes of all its files together, or ``None`` where the store does not tell.
        flavors: the MLmodel's flavors, each with its settings.
        signature: ``{"inputs": [...], "outputs": [...], "params": [...]}`` as in MLmodel, parsed; ``None`` without one.
        python_version: the Python that logged the model (``"3.11.7"``), or ``None``.
        mlflow_version: the MLflow that logged the model, or ``None``.
        requirements: lines of ``requirements.txt``, in file order; ``None`` when the model has no such file.

    """

    # To a decimal of its unit in a row: that a few bytes differ is what the digest says.
    size: Annotated[
        int | None,
        Fact(
            kind=SIZE,
            source=FromFiles(read=lambda files: files.size),
            lock_requires=True,
            aspect="artifact",
            row=Row(label="size"),
        ),
    ] = None
    flavors: Annotated[Mapping[str, Mapping[str, Any]], Fact(kind=FLAVORS, source=FromFiles(read=mlmodel.flavors))] = {}
    signature: Annotated[Mapping[str, Any] | None, Fact(kind=SIGNATURE, source=FromFiles(read=mlmodel.signature))] = (
        None
    )
    python_version: Annotated[str | None, Fact(kind=WORDS, source=FromFiles(read=mlmodel.python_version))] = None
    mlflow_version: Annotated[
        str | None,
        Fact(kind=WORDS, source=FromFiles(read=lambda files: mlmodel.text(files.mlmodel.get("mlflow_version")))),
    ] = None
    requirements: Annotated[tuple[str, ...] | None, Fact(kind=LINES, source=FromFiles(read=mlmodel.requirements))] = (
        None
    )


class ModelFacts(ArtifactFacts, RegisteredFacts):
    """One version of a registered model with all that is known of it.

    Attributes:
        alias: the alias that led here, or ``None`` when the configuration names the version.
        storage_uri: its bytes as the model servers reach them (``s3://...``).
        digest: ``sha256:<hex>`` over the artifact's files (see :mod:`mlplatform.registry.digest`), or ``None`` when it
            was not computed.

    """

    alias: Annotated[
        str | None, Fact(kind=TEXT, aspect="alias", row=Row(label="alias", if_none="none, a fixed version"))
    ]
    storage_uri: Annotated[str, Fact(kind=TEXT, aspect="storage", row=Row(label="stored at", same_version_only=True))]
    digest: Annotated[
        str | None,
        Fact(kind=DIGEST, lock_requires=True, annotation=True, aspect="artifact", row=Row(label="digest")),
    ] = None

    @computed_field  # type: ignore[prop-decorator] # as pydantic documents it
    @property
    def flavor(
        self,
    ) -> Annotated[str | None, Fact(kind=TEXT, derived_from="flavors", in_lock=False, row=Row(label="flavor"))]:
        """The flavor that says what the model is."""
        return derived.main_flavor(self.flavors)

    @computed_field  # type: ignore[prop-decorator] # as pydantic documents it
    @property
    def requirements_digest(
        self,
    ) -> Annotated[str | None, Fact(kind=DIGEST, derived_from="requirements", in_report=False)]:
        """``sha256:<hex>`` of the requirement lines, whatever their order."""
        return derived.requirements_digest(self.requirements)


class ServedFacts(ModelFacts):
    """A version as one variant of a deployment serves it.

    Attributes:
        traffic: per cent of the deployment's requests.
        locked: whether a lock file says what is served, and its release serves it.
        run_url: where the run, else the logged model, can be looked at; only for a tracking server on HTTP. A report
            tells it from the address of the server.

    """

    traffic: Annotated[
        float | int,
        Fact(
            kind=PERCENT,
            in_lock=False,
            aspect="traffic",
            row=Row(label="traffic"),
            description="Per cent of the deployment's requests.",
        ),
    ] = 100
    locked: Annotated[
        bool,
        Fact(
            kind=FLAG,
            in_lock=False,
            aspect="storage",
            description="Whether a lock file says what is served; null where the state does not tell.",
        ),
    ] = False
    run_url: Annotated[str | None, Fact(kind=TEXT, in_lock=False, in_inputs=False, aspect=None)] = None
