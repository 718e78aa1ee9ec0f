"""Resources that are stated in part keep the documented defaults of the rest."""

import pytest

from mlplatform.config.load import parse_settings
from mlplatform.config.models import ResourcesSection
from mlplatform.config.quantity import bytes_fault, cpu_fault
from tests.config.test_load import GOOD


def resources(given):
    models = [{**GOOD["models"][0], **({} if given is None else {"resources": given})}]
    section = parse_settings({**GOOD, "models": models}, file="f").models[0].resources
    return section.requests, section.limits


@pytest.mark.parametrize(
    ("given", "requests", "limits"),
    [
        (None, {"cpu": "500m", "memory": "1Gi"}, {"memory": "2Gi"}),
        ({}, {"cpu": "500m", "memory": "1Gi"}, {"memory": "2Gi"}),
        ({"requests": {"cpu": 2}}, {"cpu": "2", "memory": "1Gi"}, {"memory": "2Gi"}),
        ({"limits": {"memory": "4Gi"}}, {"cpu": "500m", "memory": "1Gi"}, {"memory": "4Gi"}),
        # A default never contradicts what was written.
        ({"requests": {"memory": "8Gi"}}, {"cpu": "500m", "memory": "8Gi"}, {"memory": "8Gi"}),
        ({"limits": {"memory": "512Mi"}}, {"cpu": "500m", "memory": "512Mi"}, {"memory": "512Mi"}),
        ({"limits": {"cpu": "250m"}}, {"cpu": "250m", "memory": "1Gi"}, {"cpu": "250m", "memory": "2Gi"}),
        (
            {"limits": {"nvidia.com/gpu": 1}},
            {"cpu": "500m", "memory": "1Gi"},
            {"nvidia.com/gpu": "1", "memory": "2Gi"},
        ),
    ],
)
def test_what_is_left_out_has_its_default(given, requests, limits):
    assert resources(given) == (requests, limits)


def test_of_a_training_job_too():
    job = {"name": "wine", "namespace": "team-a", "image": "registry.example.org/a:1.0", "registeredModel": "wine"}
    raw = {**GOOD, "registry": {"uri": "https://mlflow.example.org"}, "models": []}
    loaded = parse_settings({**raw, "training": [{**job, "requests": {"cpu": 4}}]}, file="f").training[0]
    assert (loaded.requests, loaded.limits) == ({"cpu": "4", "memory": "2Gi"}, {"memory": "4Gi"})


def test_the_section_by_itself():
    assert ResourcesSection.model_validate({"requests": {"cpu": "1"}}).limits == {"memory": "2Gi"}


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("512m", "512Mi"),
        ("1", "1Gi"),
        ("64", "64Gi"),
        ("512", "512Mi"),
        ("1.5", "1.5Gi"),
        ("512k", "512M"),
        ("1Ki", "1Mi"),
    ],
)
def test_memory_that_nobody_means(text, suggestion):
    assert bytes_fault(text).endswith(f"did you mean {suggestion}?")


@pytest.mark.parametrize(
    ("text", "suggestion"), [("4000", "4000m (4 cores)"), ("500", "500m (0.5 cores)"), ("2Gi", "2")]
)
def test_cpu_that_nobody_means(text, suggestion):
    assert cpu_fault(text).endswith(f"did you mean {suggestion}?")


def test_amounts_that_somebody_may_mean():
    assert not any(map(bytes_fault, ("1Mi", "1M", "512Mi", "1e9", "0", "not an amount", "1048576")))
    assert not any(map(cpu_fault, ("1m", "500m", "0.5", "64", "256", "0", "not an amount")))
    assert "finer than the 1m" in cpu_fault("100u")
