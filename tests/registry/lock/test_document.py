"""A lock as a file: what is written is read back, whatever the registry holds, and nothing else is read."""

import math
import multiprocessing
import os
import signal
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mlplatform.config.problems import ProblemsError
from mlplatform.registry.artifact.content import read_content
from mlplatform.registry.digest import FileDigest, artifact_digest
from mlplatform.registry.facts import ModelFacts
from mlplatform.registry.facts.derived import requirements_digest
from mlplatform.registry.facts.mlmodel import MlmodelError
from mlplatform.registry.lock import DeploymentLock, LockEntry
from mlplatform.registry.lock.document import checksum, lock_document
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.lock.lock_yaml import lock_text, read_text
from mlplatform.registry.lock.matching import match_locks
from mlplatform.registry.lock.parse import parse_lock
from mlplatform.registry.timestamps import milliseconds, utc_text
from tests.registry.lock.examples import FILES, lock

GOLDEN = Path(__file__).parent / "golden"
ODD_TEXTS = [
    "no", "Yes", "on", "null", "~", "1e3", "1E400", "0x1F", "0o17", "017", "1_000", "12:30", "1:2:3", "2026-01-01",
    "2001-12-14t21:59:43.10-05:00",
    ".nan", "-.INF", "=", "<<", "!!str", "&a", "*a", "%", "@", "`", "'", '"', "{", "[",
    "|", ">", "=======", "<<<<<<< HEAD", "ünï", "日本", "🦊", "true", "NaN", "---", "...", "a:", "y", "N",
    "- a", "a: b", "a #b", "? x", "a\nb", "a\r\nb\n", " lead", "trail ", "\t", "\u2028", "\x85", "\ufeff",
]  # fmt: skip
ODD = st.sampled_from(ODD_TEXTS)
TEXT = st.one_of(ODD, st.text(), st.text(alphabet="abc:-# \n'\"", max_size=12))
WORD = st.one_of(ODD, st.text(min_size=1))
OPTIONAL = st.none() | WORD
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


@st.composite
def locks(draw):
    files = draw(
        st.lists(
            st.builds(
                FileDigest,
                path=st.lists(NAMES, min_size=1, max_size=3).map("/".join),
                size=st.integers(min_value=0, max_value=2**50),
                sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
            ),
            min_size=1,
            max_size=4,
            unique_by=lambda file: file.path,
        )
    )
    version = ModelFacts(
        registered_model=draw(WORD),
        version=str(draw(st.integers(min_value=1, max_value=2**31 - 1))),
        alias=draw(OPTIONAL),
        model_id=draw(OPTIONAL),
        run_id=draw(OPTIONAL),
        experiment_id=draw(OPTIONAL),
        source=draw(WORD),
        artifact_uri=draw(WORD),
        storage_uri=draw(WORD),
        flavors=draw(st.dictionaries(TEXT, st.dictionaries(TEXT, PLAIN, max_size=2), max_size=2)),
        signature=draw(st.none() | st.dictionaries(TEXT, PLAIN, max_size=3)),
        requirements=draw(st.none() | st.lists(TEXT, max_size=3).map(tuple)),
        python_version=draw(OPTIONAL),
        mlflow_version=draw(OPTIONAL),
        metrics=draw(st.dictionaries(TEXT, st.floats(), max_size=3)),
        params=draw(st.dictionaries(TEXT, TEXT, max_size=3)),
        tags=draw(st.dictionaries(TEXT, TEXT, max_size=3)),
        created_at=draw(st.integers(min_value=0, max_value=200_000_000_000_000)),
        created_by=draw(OPTIONAL),
        digest=artifact_digest(files),
        size=sum(file.size for file in files),
    )
    files = tuple(sorted(files, key=lambda file: file.path))
    return DeploymentLock(
        stack="prod", deployment="iris", variants={"default": LockEntry(version=version, files=files)}
    )


def parsed(text, deployment="iris"):
    return parse_lock(text, stack="prod", deployment=deployment, file=f"locks/prod/{deployment}.yaml")


def same(one, other):
    """Compare with NaN equal to itself, and 1 different from 1.0 and True."""
    return repr(lock_document(one)) == repr(lock_document(other))


@given(locks())
def test_what_is_written_is_read_back(given_lock):
    text = lock_text(given_lock)
    text.encode()
    read = parsed(text)
    assert same(read, given_lock)
    assert lock_text(read) == text


@given(locks())
def test_every_yaml_reader_reads_the_same(given_lock):
    text = lock_text(given_lock)
    expected = repr(lock_document(given_lock))
    # YAML 1.1 in Python and in C, YAML 1.2.
    assert repr(yaml.load(text, Loader=yaml.SafeLoader)) == expected
    assert repr(read_text(text)) == expected
    assert repr(YAML(typ="safe", pure=True).load(text)) == expected


def test_a_file_reads_well():
    """The golden file is what a reviewer sees; UPDATE_GOLDEN is not wanted here: it changes with the schema only."""
    assert lock_text(lock()) == (GOLDEN / "iris.yaml").read_text()


@given(st.integers(min_value=0, max_value=253_402_300_799_999))
def test_moments(moment):
    assert milliseconds(utc_text(moment)) == moment


@pytest.mark.parametrize("text", ["", "2026-01-01", "2026-01-01T00:00:00.000+00:00", "2026-13-01T00:00:00.000Z"])
def test_moments_of_another_form(text):
    with pytest.raises(ValueError, match=r"2026|month|moment"):
        milliseconds(text)


def test_infinite_metrics_and_not_a_number():
    document = read_text(lock_text(lock(metrics={"a": math.nan, "b": math.inf, "c": -math.inf, "d": -0.0})))
    metrics = document["variants"]["default"]["metrics"]
    assert math.isnan(metrics["a"])
    assert (metrics["b"], metrics["c"], str(metrics["d"])) == (math.inf, -math.inf, "-0.0")


def problems(text, deployment="iris"):
    with pytest.raises(ProblemsError) as caught:
        parsed(text, deployment)
    assert {problem.file for problem in caught.value.problems} == {f"locks/prod/{deployment}.yaml"}
    assert all("\n" not in problem.message for problem in caught.value.problems)
    return {problem.key: problem.message for problem in caught.value.problems}


def _leaves(value, path=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path


def _changed(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value is None:
        return "now something"
    return value[:-1] + ("0" if value[-1] != "0" else "1")


LEAVES = list(_leaves(lock_document(lock())))


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: ".".join(map(str, path)))
def test_a_change_by_hand_of_any_value_is_refused(path):
    document = lock_document(lock())
    inner = document
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = _changed(inner[path[-1]])
    assert problems(yaml.safe_dump(document))


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: ".".join(map(str, path)))
def test_a_removed_or_renamed_key_is_refused(path):
    document = lock_document(lock())
    inner = document
    for part in path[:-1]:
        inner = inner[part]
    if isinstance(inner, list):
        del inner[path[-1]]
    else:
        inner[f"{path[-1]}X"] = inner.pop(path[-1])
    assert problems(yaml.safe_dump(document))


def with_checksum(document):
    return yaml.safe_dump({**document, "checksum": checksum(document)})


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        (lambda v: v.update(digest="sha256:" + "0" * 64), "digest", "is not the digest of the files below"),
        (lambda v: v["files"][0].update(sha256="0" * 64), "digest", "is not the digest of the files below"),
        (lambda v: v.update(size=1), "size", "is not the size of the files below"),
        (lambda v: v.update(requirements=["mlflow"]), "requirementsDigest", "is not that of the requirements"),
        (lambda v: v.pop("requirementsDigest"), "requirements", "belong together"),
        (lambda v: v.update(createdAt="yesterday"), "createdAt", "is not a moment such as 2026"),
        (lambda v: v.update(version=3), "version", 'must be a version number in quotes such as "3"'),
        (lambda v: v.update(version="latest"), "version", "must be a version number"),
        (lambda v: v.update(metrics={"f1": "high"}), "metrics", "must be a mapping of names to numbers"),
        (lambda v: v.update(color="red"), "color", "is no key of a lock"),
        (lambda v: v.pop("source"), "source", "is missing"),
        (lambda v: v.update(files=[]), "files", "must be a list of files"),
        (lambda v: v.update(files=["MLmodel"]), "files[0]", "must be a mapping with path, size and sha256"),
        (lambda v: v["files"][0].update(path="../MLmodel"), "files", "is not a relative path"),
        (lambda v: v["files"].append(dict(v["files"][0])), "files", "is there twice"),
        (lambda v: v["files"][1].update(size=True), "files[1].size", "must be a number of bytes"),
        (lambda v: v.update(signature=[1]), "signature", "must be a mapping of plain data"),
    ],
)
def test_a_change_with_its_own_checksum_is_refused_where_it_contradicts_itself(change, key, message):
    document = lock_document(lock())
    change(document["variants"]["default"])
    assert message in problems(with_checksum(document))[f"variants.default.{key}"]


def test_names_of_the_file_count():
    text = lock_text(lock())
    assert "'iris', but the file is that of 'other'" in problems(text, "other")["deployment"]
    assert "'staging', but the file is that of 'prod'" in problems(lock_text(lock(stack="staging")))["stack"]


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("", "", "must be a mapping"),
        ("- a", "", "must be a mapping"),
        ("schemaVersion: 2\nnew: thing\n", "schemaVersion", "is 2, this version reads 1; update this checkout"),
        ("schemaVersion: 0\n", "schemaVersion", "lock again"),
        ("a: 1\na: 2\n", "", "repeats the key a (line 2); lock again: mlplatform lock prod iris"),
        ("a: {<<: {b: 1}}\n", "", "has a key that is no text"),
        ("a: [\n", "", "lock again"),
        ("a: &a [*a]\n", "", "has an anchor or alias (line 1); lock again"),
        ("a: 1\nb: *a\n", "", "has an anchor or alias (line 2)"),
        ("a: &a 1\n", "", "has an anchor or alias (line 1)"),
        ("[" * 100_000, "", "is nested more than 150 deep (line 1); lock again"),
        ("{a: " * 100_000, "", "is nested more than 150 deep"),
        ("- " * 100_000, "", "is nested more than 150 deep"),
        ("[" * 160 + "]" * 160, "", "is nested more than 150 deep"),
        ("# " + "x" * 10_000_000, "", "has more than the 10000000 bytes of any lock"),
        ("# " + "\U0001f98a" * 2_500_000, "", "has more than the 10000000 bytes of any lock"),
        ("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n", "", "marks of a merge conflict"),
        ("a: \x00\n", "", "is not readable YAML"),
        ("variants: {}\n", "variants", "is empty"),
        ("variants: {default: 3}\n", "variants.default", "must be a mapping"),
    ],
)
def test_texts_that_are_no_lock(text, key, message):
    assert message in problems(text)[key]


def test_few_lines_that_stand_for_gigabytes():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{depth}: &a{depth} [{', '.join([f'*a{depth - 1}'] * 9)}]\n" for depth in range(1, 12)
    )
    assert problems(lock_text(lock()) + bomb)[""].startswith("has an anchor or alias")


def test_the_deepest_model_that_is_read_can_be_locked():
    deep = b"flavors: {a: {}}\nsignature: {inputs: '" + b"[" * 100 + b"]" * 100 + b"'}"
    signature = read_content({"MLmodel": deep}).signature
    assert same(parsed(lock_text(lock(signature=signature))), lock(signature=signature))
    with pytest.raises(MlmodelError, match="nested too deeply"):
        read_content({"MLmodel": deep.replace(b"[]", b"[[[]]]")})


def test_a_variant_that_contains_itself():
    text = lock_text(lock()).replace("    flavors:\n", "    flavors: &f\n      again: *f\n")
    assert problems(text)


def test_comments_and_layout_do_not_matter():
    text = lock_text(lock())
    assert same(parsed(text.replace("\n", "\r\n") + "# reviewed by two\n"), lock())


def test_a_folder(tmp_path):
    folder = LockFolder(project=tmp_path, stack="prod")
    assert folder.read().deployments == frozenset()
    assert folder.write(lock())
    assert not folder.write(lock())
    assert folder.write(lock("other"))
    assert [path.name for path in sorted(folder.path.iterdir())] == ["iris.yaml", "other.yaml"]
    (folder.path / ".third.yaml.part").write_text("half")
    (folder.path / "README.md").write_text("Locks.")
    (folder.path / "broken.yaml").write_bytes(b"\xff")
    read = folder.read()
    assert same(read.locks["iris"], lock())
    assert set(read.locks) == {"iris", "other"}
    assert [str(item) for item in read.problems["broken"]] == [
        "locks/prod/broken.yaml: cannot be read (UnicodeDecodeError); lock again, or restore it"
    ]
    folder.remove("iris")
    folder.remove("iris")
    assert "iris" not in folder.read().deployments


@pytest.mark.parametrize("name", ["other.yml", "other.YAML", "iris.Yml"])
def test_files_that_only_look_like_locks(tmp_path, name):
    folder = LockFolder(project=tmp_path, stack="prod")
    folder.write(lock())
    (folder.path / name).write_text(lock_text(lock()))
    read = folder.read()
    assert read.deployments == {"iris"}
    right = f"locks/prod/{name.partition('.')[0]}.yaml"
    said = f"locks/prod/{name}: is no lock by its name; rename it to {right}, or delete it"
    assert [str(problem) for problem in read.misnamed] == [said]
    # A preview stops at it.
    assert read.misnamed[0] in match_locks([], read, folder, file="Pulumi.prod.yaml", store_uri="s3://x").problems


@pytest.mark.parametrize("linked", ["locks", "locks/prod"])
def test_a_folder_that_is_a_link_out_of_the_project_is_refused(tmp_path, linked):
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    folder, outside = LockFolder(project=project, stack="prod"), elsewhere / "prod"
    outside.mkdir(parents=True)
    link = project / linked
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere if linked == "locks" else outside)
    for action in (folder.read, lambda: folder.write(lock())):
        with pytest.raises(ProblemsError, match="locks/prod: is a link out of the project, so that nobody can review"):
            action()
    assert not any(outside.iterdir())


def test_a_file_that_is_a_link_out_of_the_project_is_refused(tmp_path):
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere.yaml"
    folder = LockFolder(project=project, stack="prod")
    folder.path.mkdir(parents=True)
    elsewhere.write_text(lock_text(lock()))
    folder.path_of("iris").symlink_to(elsewhere)
    ((deployment, (problem,)),) = folder.read().problems.items()
    assert deployment == "iris"
    assert str(problem).startswith("locks/prod/iris.yaml: is a link out of the project")


def test_a_link_within_the_project_is_none_of_them(tmp_path):
    folder = LockFolder(project=tmp_path / "project", stack="prod")
    (tmp_path / "project" / "shared").mkdir(parents=True)
    folder.path.parent.mkdir()
    folder.path.symlink_to(tmp_path / "project" / "shared")
    assert folder.write(lock())
    assert list(folder.read().locks) == ["iris"]


def test_a_file_that_is_too_large_is_neither_read_nor_written(tmp_path):
    folder = LockFolder(project=tmp_path, stack="prod")
    with pytest.raises(OSError, match="at most 10000000 bytes"):
        folder.write(lock(tags={"note": "x" * 10_000_000}))
    folder.write(lock())
    with folder.path_of("iris").open("a") as file:
        file.write("# " + "\U0001f98a" * 2_500_000)
    (problem,) = folder.read().problems["iris"]
    assert problem.message.startswith("has more than the 10000000 bytes")


def write_often(project, number, times):
    folder = LockFolder(project=project, stack="prod")
    for turn in range(times):
        folder.write(lock(version=str(1 + (turn + number) % 2), tags={"writer": "x" * 20_000}))


def write_and_die(project, at):
    """Write a lock, and be killed at a call of the operating system."""
    folder = LockFolder(project=project, stack="prod")
    setattr(os, at, lambda *_arguments: os.kill(os.getpid(), signal.SIGKILL))
    folder.write(lock(version="7"))


def test_processes_that_write_one_lock_at_a_time_leave_a_whole_one(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_often, args=(tmp_path, number, 60)) for number in range(4)]
    for writer in writers:
        writer.start()
    folder, seen = LockFolder(project=tmp_path, stack="prod"), 0
    while any(writer.is_alive() for writer in writers):
        read = folder.read()
        assert not read.problems
        seen += len(read.locks)
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert [path.name for path in folder.path.iterdir()] == ["iris.yaml"]
    assert folder.read().locks["iris"].variants["default"].version.version in {"1", "2"}


def test_what_a_killed_writer_leaves_is_no_lock_and_goes_with_the_next(tmp_path):
    folder = LockFolder(project=tmp_path, stack="prod")
    folder.write(lock())
    killed = multiprocessing.get_context("fork").Process(target=write_and_die, args=(tmp_path, "fsync"))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    (left,) = (path for path in folder.path.iterdir() if path.name != "iris.yaml")
    assert left.name.startswith(".iris.yaml.")
    read = folder.read()
    assert (read.deployments, read.misnamed) == ({"iris"}, ())
    assert same(read.locks["iris"], lock())
    folder.write(lock("other"))
    assert sorted(path.name for path in folder.path.iterdir()) == ["iris.yaml", "other.yaml"]


def test_a_lock_has_the_rights_of_any_new_file(tmp_path):
    folder = LockFolder(project=tmp_path, stack="prod")
    folder.write(lock())
    (tmp_path / "any").write_text("")
    assert folder.path_of("iris").stat().st_mode == (tmp_path / "any").stat().st_mode


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def test_two_people_who_lock_different_models_merge_without_conflict(tmp_path):
    git(tmp_path, "init", "-b", "main")
    folder = LockFolder(project=tmp_path, stack="prod")
    for name in ("iris", "diabetes", "cancer"):
        folder.write(lock(name))

    def commit(message):
        git(tmp_path, "add", "-A")
        assert git(tmp_path, "commit", "-m", message).returncode == 0

    commit("locks")
    git(tmp_path, "switch", "-c", "one")
    folder.write(lock("iris", version="4"))
    folder.write(lock("new-of-one"))
    commit("one")
    git(tmp_path, "switch", "-c", "two", "main")
    folder.write(lock("diabetes", version="9"))
    folder.write(lock("new-of-two"))
    folder.remove("cancer")
    commit("two")
    merged = git(tmp_path, "merge", "one", "-m", "both")
    assert merged.returncode == 0, merged.stdout
    read = folder.read()
    assert not read.problems
    assert {name: item.variants["default"].version.version for name, item in read.locks.items()} == {
        "iris": "4", "diabetes": "9", "new-of-one": "3", "new-of-two": "3",
    }  # fmt: skip


def test_two_people_who_lock_one_model_get_a_conflict_that_is_named(tmp_path):
    git(tmp_path, "init", "-b", "main")
    folder = LockFolder(project=tmp_path, stack="prod")
    for branch, version in (("main", "1"), ("one", "2"), ("two", "3")):
        if branch != "main":
            git(tmp_path, "switch", "-c", branch, "main")
        folder.write(lock(version=version))
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-m", branch)
    assert git(tmp_path, "merge", "one").returncode != 0
    (problem,) = folder.read().problems["iris"]
    assert "marks of a merge conflict" in problem.message


def test_requirement_lines_in_another_order_have_the_same_digest():
    assert requirements_digest(("a", "b")) == requirements_digest(("b", "a")) != requirements_digest(("a",))


def test_files_are_sorted_and_facts_of_nobody_are_absent():
    given_lock = DeploymentLock(
        stack="prod", deployment="iris",
        variants={"default": LockEntry(version=lock().variants["default"].version, files=FILES[::-1])},
    )  # fmt: skip
    assert lock_text(given_lock) == lock_text(lock())
    bare = lock_document(lock(alias=None, created_by=None, requirements=None, signature=None))["variants"]["default"]
    assert not {"alias", "createdBy", "requirements", "requirementsDigest", "signature"} & set(bare)
