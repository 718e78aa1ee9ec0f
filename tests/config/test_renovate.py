"""renovate.json: every version that is pinned in this project is one that it can raise."""

import json
import re
from pathlib import Path

import pytest
import yaml

from mlplatform.config.versions_file import FILE, versions_data

ROOT = Path(__file__).parents[2]
RENOVATE = json.loads((ROOT / "renovate.json").read_text())
CRDS = ROOT / "mlplatform/sandbox/control_plane/crds.yaml"
RELEASES = ROOT / "mlplatform/sandbox/toolchain/releases.yaml"
STACKS = sorted(ROOT.glob("Pulumi.*.yaml"))


def as_python(expression):
    """Return a regular expression of JavaScript as Python has it."""
    return re.compile(re.sub(r"\(\?<(?=[a-zA-Z])", "(?P<", expression))


def is_for(manager, file):
    """Tell whether a manager reads a file: its patterns stand between slashes."""
    path = str(file.relative_to(ROOT))
    return any(re.search(pattern.strip("/"), path) for pattern in manager["managerFilePatterns"])


def matches_of(manager, text):
    """Yield (start, end, groups) of everything that a manager raises, as Renovate goes through its expressions."""
    first, *rest = (as_python(expression) for expression in manager["matchStrings"])
    if manager.get("matchStringsStrategy") != "recursive":
        assert not rest
        yield from ((*match.span(), match.groupdict()) for match in first.finditer(text))
        return
    (second,) = rest
    for outer in first.finditer(text):
        for inner in second.finditer(outer[0]):
            start = outer.start()
            yield start + inner.start(), start + inner.end(), {**outer.groupdict(), **inner.groupdict()}


def raised(file):
    """Return the (line number, what is pinned there) that some manager raises in a file."""
    text = file.read_text()
    found = {}
    for manager in RENOVATE["customManagers"]:
        if is_for(manager, file):
            for start, end, groups in matches_of(manager, text):
                lines = range(text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 2)
                found |= {(line, groups[key]): manager for line in lines for key in groups if groups[key]}
    return found


def line_of(text, *parts):
    """Return the numbers of the lines that hold all parts."""
    return [number for number, line in enumerate(text.splitlines(), start=1) if all(part in line for part in parts)]


def row_places():
    """Yield (line, version) of every chart in every row."""
    lines, row = FILE.read_text().splitlines(), None
    for number, line in enumerate(lines[: lines.index("charts:")], start=1):
        if match := re.fullmatch(r'  "(\d{4}-\d\d)":.*', line):
            row = match[1]
        elif row and (match := re.fullmatch(r"    ([a-z-]+): (\S+)( #.*)?", line)):
            yield number, match[2]


def test_every_chart_of_every_row_is_raised():
    places = list(row_places())
    assert len(places) >= len(versions_data()["rows"][versions_data()["newest"]])
    found = raised(FILE)
    assert [place for place in places if place not in found] == []


@pytest.mark.parametrize("key", versions_data()["charts"])
def test_a_chart_is_looked_up_where_it_is_installed_from(key):
    (manager,) = (item for item in RENOVATE["customManagers"] if f" {{4}}{key}: " in item["matchStrings"][0])
    chart = versions_data()["charts"][key]
    name, repository = chart.get("chart", key), chart["repository"]
    if repository.startswith("oci://"):
        assert manager["datasourceTemplate"] == "docker"
        assert manager["packageNameTemplate"] == f"{repository.removeprefix('oci://')}/{name}"
    else:
        assert (manager["datasourceTemplate"], manager["packageNameTemplate"]) == ("helm", name)
        assert manager["registryUrlTemplate"] == repository


def images():
    """Yield every image of the stack's own objects and of operators."""
    data = versions_data()
    yield from (facts["image"] for facts in data["images"].values())
    for chart in data["charts"].values():
        for facts in chart["versions"].values():
            yield from facts.get("operands", {}).values()


@pytest.mark.parametrize("image", tuple(images()))
def test_every_image_is_raised(image):
    name, _, digest = image.partition("@")
    above, _, last = name.rpartition("/")
    tag = last.partition(":")[2]
    (line,) = line_of(FILE.read_text(), f": {image}")
    found = raised(FILE)
    assert (line, f"{above}/{last.partition(':')[0]}") in found
    for pinned in filter(None, (tag, digest)):
        assert (line, pinned) in found, pinned


def test_every_addon_of_eks_is_raised_for_its_kubernetes_version():
    text, lines = FILE.read_text(), FILE.read_text().splitlines()
    (manager,) = (item for item in RENOVATE["customManagers"] if item["datasourceTemplate"] == "aws-eks-addon")
    found = {
        (groups["kubernetes"], groups["depName"], groups["currentValue"]): lines[text.count("\n", 0, end)]
        for _, end, groups in matches_of(manager, text)
    }
    expected = {
        (kubernetes, name, version)
        for kubernetes, facts in versions_data()["eks"].items()
        for name, version in facts.get("addons", {}).items()
    }
    assert set(found) == expected
    assert all(version in line for (_, _, version), line in found.items())


def test_every_definition_of_the_sandbox_is_raised():
    text, found = CRDS.read_text(), raised(CRDS)
    for group in yaml.safe_load(text):
        for line in line_of(text, f"- folder: {group['folder']}"):
            assert (line + 1, group["version"]) in found, group["folder"]
        if "module" in group:
            (line,) = line_of(text, f"module: {group['module']}")
            assert (line, group["module"].partition("@")[2]) in found


def test_every_program_of_the_sandbox_is_raised():
    text, found = RELEASES.read_text(), raised(RELEASES)
    versions = {entry["version"] for entry in yaml.safe_load(text).values()}
    lines = line_of(text, "  version: v")
    assert {(line, version) for version in versions for line in lines if version in text.splitlines()[line - 1]} <= (
        found.keys()
    )
    assert len(lines) == len(versions)


@pytest.mark.parametrize("stack", STACKS, ids=lambda path: path.name)
def test_every_image_that_a_stack_names_is_raised(stack):
    text, found = stack.read_text(), raised(stack)
    for number in line_of(text, "mage: "):
        pinned = re.search(r"[iI]mage: \S+?:(?P<tag>[^\s:/]+)$", text.splitlines()[number - 1])
        assert pinned is None or (number, pinned["tag"]) in found, number


def test_python_go_and_base_images_have_renovates_own_managers():
    assert {"gomod", "dockerfile", "pep621", "pip_requirements", "custom.regex"} <= set(RENOVATE["enabledManagers"])
    patterns = RENOVATE["pip_requirements"]["managerFilePatterns"]
    for name in ("requirements.in", "requirements-dev.in", "examples/training/requirements.txt"):
        assert any(re.search(pattern.strip("/"), name) for pattern in patterns), name
    # Renovate leaves alone what Go marks as indirect, as it does all that a `tool` line asks for.
    module = (ROOT / "mlplatform/sandbox/toolchain/tools/go.mod").read_text()
    asked_for = re.search(r"\nrequire \((.*?)\)", module, re.DOTALL)[1].split()[0::4]
    (rule,) = (rule for rule in RENOVATE["packageRules"] if "indirect" in rule.get("matchDepTypes", ()))
    assert rule["enabled"]
    assert set(asked_for) <= set(rule["matchPackageNames"])


def test_what_an_expression_does_not_find_is_told():
    spoiled = FILE.read_text().replace("    istiod: ", "    istiod:  ", 1)
    (manager,) = (item for item in RENOVATE["customManagers"] if " {4}istiod: " in item["matchStrings"][0])
    assert len(list(matches_of(manager, spoiled))) == len(list(matches_of(manager, FILE.read_text()))) - 1
