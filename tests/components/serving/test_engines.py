"""What every engine has to say of itself, and that nobody else says it."""

import ast
import inspect
from pathlib import Path
from typing import get_args

import pytest

from components.serving.engines import ENGINES, Engine, engine_of
from mlplatform.config import engines
from mlplatform.config.engines import KSERVE, RUNTIME_LIMITS, EngineName, Mode, Pattern, Refusal, Runtime
from mlplatform.config.problems import ProblemsError
from tests.served import example_models, settings_with

ROOT = Path(__file__).parents[3]
NAMES = frozenset(get_args(EngineName))
# Modules that may ask which engine it is.
KNOWING = (ROOT / "components" / "serving" / "engines", ROOT / "mlplatform" / "config" / "engines.py")
ASKING = {Pattern.SCALE_TO_ZERO: {"minReplicas": 0}, Pattern.NAMED_RUNTIME: {"runtime": "kserve-mlserver"}}
PLATFORM = {
    "cluster": {"kind": "existing", "context": "kind-case", "kubernetesVersion": "1.36"},
    "certManager": {},
    "istio": {},
    "ingress": {"domain": "models.example.org"},
    "seldon": {},
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_engine_has_everything_that_the_type_asks_for(name):
    engine = ENGINES[name]
    assert not inspect.isabstract(type(engine))
    for member in (*Engine.__annotations__, *(key for key in vars(Engine) if not key.startswith("_"))):
        assert hasattr(engine, member), member
    assert engine.facts is engines.ENGINES[name]
    assert engine.name == engine.facts.name == name
    # What several engines' objects in one namespace are told apart by.
    for member in ("pod_label", "secret", "api_group"):
        assert len({getattr(other, member) for other in ENGINES.values()}) == len(ENGINES)


def test_every_engine_of_the_settings_can_serve():
    assert set(ENGINES) == set(engines.ENGINES) == NAMES
    for served in example_models(settings_with(*({"name": name, "serving": name} for name in sorted(NAMES)))):
        assert served.engine is engine_of(served.model) is ENGINES[served.model.serving]
        assert served.manifest["apiVersion"].startswith(f"{served.engine.api_group}/")


@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("pattern", Pattern)
@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_engine_does_a_pattern_or_says_why_not_and_what_instead(name, pattern, mode):
    refusal = engines.ENGINES[name].refusal(pattern, mode=mode)
    knative = {"knative": {}} if mode == "Knative" else {}
    sections = {**PLATFORM, **knative, "kserve": {"mode": mode}}
    if refusal is None:
        (served,) = example_models(settings_with({"serving": name, **ASKING[pattern]}, **sections))
        assert served.manifest
        return
    assert refusal.reason
    assert refusal.alternative
    with pytest.raises(ProblemsError) as caught:
        settings_with({"serving": name, **ASKING[pattern]}, **sections)
    (problem,) = caught.value.problems
    assert problem.message == f"{refusal.reason}; {refusal.alternative}"


def test_refusals_are_written_once_for_a_pattern_and_a_mode():
    for engine in engines.ENGINES.values():
        keys = [(refusal.pattern, refusal.mode) for refusal in engine.refusals]
        assert len(set(keys)) == len(keys)
        assert all(isinstance(refusal, Refusal) for refusal in engine.refusals)


def test_a_runtime_is_the_engines_own_or_the_stacks_or_one_of_the_cluster():
    own = Runtime(name="own", formats=("mlflow", "other"), protocol="v1", limits={"cpu": "4"})
    first = KSERVE.runtimes[0]
    assert KSERVE.runtime("auto", [own]) is KSERVE.runtime(first.name) is first
    assert KSERVE.runtime("own", [own]) is own
    other = KSERVE.runtime("of-the-cluster", [own])
    assert (other.name, other.format, other.protocol, other.limits) == (
        "of-the-cluster",
        "mlflow",
        "v2",
        RUNTIME_LIMITS,
    )
    # Its image is none of the chart's.
    assert other.image is None


def test_a_runtime_that_does_not_know_mlflow_is_asked_for_a_format_that_it_knows():
    assert Runtime(name="x", formats=("xgboost",), protocol="v1").format == "xgboost"
    assert Runtime(name="x", formats=("xgboost", "mlflow"), protocol="v1").format == "mlflow"


def test_runtimes_have_names_of_their_own():
    for engine in engines.ENGINES.values():
        assert len({runtime.name for runtime in engine.runtimes}) == len(engine.runtimes) > 0


def compared_names(source):
    """Return the lines of a module that compare with an engine's name, or look a fact of an engine up by it."""
    lines = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left=left, comparators=others):
                operands = [left, *others]
            case ast.MatchValue(value=operand) | ast.Subscript(slice=operand):
                operands = [operand]
            # Sections of the settings, of which engines have some, may be listed beside others.
            case ast.Dict(keys=keys) if {getattr(key, "value", None) for key in keys} == NAMES:
                operands = keys
            case _:
                continue
        parts = [part for operand in operands for part in (operand, *getattr(operand, "elts", ()))]
        if any(isinstance(part, ast.Constant) and part.value in NAMES for part in parts):
            lines.add(node.lineno)
    return lines


def test_nobody_else_asks_which_engine_it_is():
    modules = [
        path
        for room in ("components", "mlplatform", "policies")
        for path in sorted((ROOT / room).rglob("*.py"))
        if not any(path == known or known in path.parents for known in KNOWING)
    ]
    assert len(modules) > 200
    found = {str(path.relative_to(ROOT)): compared_names(path.read_text(encoding="utf-8")) for path in modules}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        'model.serving == "kserve"',
        '"seldon" != engine',
        'engine in ("kserve", "seldon")',
        '"seldon" in engines',
        'SECRETS["kserve"]',
        'SECRETS = {"kserve": 1, "seldon": 2}',
        'match engine:\n    case "kserve": pass',
    ],
)
def test_a_question_for_the_engine_is_found(source):
    assert compared_names(source) == {2 if source.startswith("match") else 1}


@pytest.mark.parametrize("source", ['name("kserve")', '{"kserve": 1}', 'x == "kserve-crd"', 'f("kserve") is None'])
def test_what_is_no_question_is_none(source):
    assert compared_names(source) == set()
