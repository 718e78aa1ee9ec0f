"""A draft has what was written, whatever that is, and the defaults of the sections."""

from mlplatform.config import Settings, parse_settings
from mlplatform.config.draft import draft


def test_defaults_are_those_of_the_sections():
    given = {"cluster": {"kind": "existing", "context": "c"}, "registry": {"uri": "http://127.0.0.1:5500"}}
    assert draft(Settings, given).model_dump() == parse_settings(given, file="Pulumi.dev.yaml").model_dump()


def test_values_are_as_written():
    settings = draft(Settings, {"ingress": {"class": 5, "sourceRanges": "everywhere"}, "istio": {"dataPlane": None}})
    assert (settings.ingress.ingress_class, settings.ingress.source_ranges) == (5, "everywhere")
    assert settings.istio.data_plane is None


def test_what_is_no_mapping_counts_as_not_given():
    settings = draft(Settings, {"istio": "yes", "kserve": ["mode"], "mlflow": {"database": 5, "artifacts": None}})
    assert (settings.istio, settings.kserve) == (None, None)
    assert settings.mlflow.database.kind == "cloudNativePg"
    assert settings.mlflow.artifacts is None


def test_entries_keep_their_positions():
    settings = draft(Settings, {"models": [7, {"name": "iris"}], "teams": {"name": "a"}})
    assert [model.name for model in settings.models] == [None, "iris"]
    assert settings.models[0].min_replicas == 1
    assert settings.teams == ()


def test_of_a_union_the_kind_decides():
    assert draft(Settings, {"cluster": {"kind": "eks"}}).cluster.log_retention_days == 365
    assert draft(Settings, {"cluster": {"kind": "other"}}).cluster.kind == "other"
    assert draft(Settings, {}).cluster is None


def test_it_is_known_what_was_written():
    assert draft(Settings, {"monitoring": {"namespace": "monitoring"}}).monitoring.model_fields_set == {"namespace"}
