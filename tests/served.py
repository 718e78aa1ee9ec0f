"""Models that are resolved without a registry."""

from components.serving import ServedModel, served_models
from mlplatform.config import Model, Settings
from mlplatform.config.load import parse_settings
from mlplatform.registry.facts import ModelFacts

FILE = "Pulumi.case.yaml"


def example_version(model: Model, **changes: object) -> ModelFacts:
    """Return version 1 of a model, in a bucket of its own name."""
    facts = {"registered_model": model.registered_model, "version": "1", "alias": model.alias, "created_at": 0}
    places = {"source": "s", "artifact_uri": "s", "storage_uri": f"s3://models/{model.name}"}
    return ModelFacts.model_validate({"model_id": None, "run_id": None, **facts, **places, **changes})


def example_models(settings: Settings) -> tuple[ServedModel, ...]:
    """Return the models of some settings, all of version 1."""
    return served_models(settings, {model.name: example_version(model) for model in settings.models}, file=FILE)


def settings_with(*models: dict[str, object], **sections: object) -> Settings:
    """Return settings with these models, each of which needs no more than what it is about, and other sections."""
    full = [
        {"name": "iris", "registeredModel": "iris", "alias": "champion", "namespace": "models", **model}
        for model in models
    ]
    raw = {
        "cluster": {"kind": "existing", "context": "kind-case"},
        "registry": {"uri": "http://127.0.0.1:5500"},
        "models": full,
        **sections,
    }
    return parse_settings(raw, file=FILE)
