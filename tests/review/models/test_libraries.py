import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from mlplatform.review.models.change import LibraryChange
from mlplatform.review.models.libraries import compare_libraries, compare_platform


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # Below version 1 the second number is the one that breaks; other builds of a version are none of both.
        ("a==1.2.0", "a==1.3.0", ("a", "1.2.0", "1.3.0", "upgraded", False)),
        ("a==1.2.0", "a==2.0", ("a", "1.2.0", "2.0", "upgraded", True)),
        ("a==2.0", "a==1.9", ("a", "2.0", "1.9", "downgraded", True)),
        ("a==0.4.1", "a==0.5.0", ("a", "0.4.1", "0.5.0", "upgraded", True)),
        ("a==0.4.1", "a==0.4.2", ("a", "0.4.1", "0.4.2", "upgraded", False)),
        ("a==0.9", "a==1.0", ("a", "0.9", "1.0", "upgraded", True)),
        ("a==1.0rc1", "a==1.0", ("a", "1.0rc1", "1.0", "upgraded", False)),
        ("a==9.0", "a==1!1.0", ("a", "9.0", "1!1.0", "upgraded", True)),
        ("a==1.0", "a===1.1", ("a", "1.0", "1.1", "upgraded", False)),
        ("torch==2.1.0+cu118", "torch==2.1.0+cu121", ("torch", "2.1.0+cu118", "2.1.0+cu121", "changed", False)),
        ("torch==2.1.0+cu118", "torch==2.2.0+cu118", ("torch", "2.1.0+cu118", "2.2.0+cu118", "upgraded", False)),
        ("a>=1", "a>=2", ("a", ">=1", ">=2", "changed", False)),
        ("a", "a==1.0", ("a", "", "1.0", "changed", False)),
        ("a==1.*", "a==2.*", ("a", "==1.*", "==2.*", "changed", False)),
        ("a==1.0", "a!=1.0", ("a", "1.0", "!=1.0", "changed", False)),
        ("a==1.0", None, ("a", "1.0", None, "removed", False)),
        (None, "Scikit_Learn==1.0", ("scikit-learn", None, "1.0", "added", False)),
        ("a[x]==1.0", "a[y,x]==1.0", ("a", "[x] 1.0", "[x,y] 1.0", "changed", False)),
        ("a[x]==1.0", "a[x]==1.1", ("a", "[x] 1.0", "[x] 1.1", "upgraded", False)),
        ("a==1.0", "a @ https://host/a.whl", ("a", "1.0", "@ https://host/a.whl", "changed", False)),
        ("a @ git+https://u:pw@host/a", "a==1.0", ("a", "@ git+https://host/a", "1.0", "changed", False)),
        (
            "a==1.0 ; python_version < '3.12'",
            "a==1.1 ; python_version<'3.12'",
            ('a ; python_version < "3.12"', "1.0", "1.1", "upgraded", False),
        ),
        (
            "a==1.0 --hash=sha256:11",
            "a==1.0 --hash=sha256:22",
            ("a", "1.0 --hash=sha256:11", "1.0 --hash=sha256:22", "changed", False),
        ),
        (
            "a==1.0 \\\n--hash=sha256:11",
            "a==1.1 \\\n--hash=sha256:22",
            ("a", "1.0 --hash=sha256:11", "1.1 --hash=sha256:22", "upgraded", False),
        ),
        (None, "-r more.txt", ("-r more.txt", None, "", "added", False)),
        (
            "--extra-index-url https://u:pw@host/x",
            None,
            ("--extra-index-url https://host/x", "", None, "removed", False),
        ),
        (None, "./wheels/a-1.0.whl", ("./wheels/a-1.0.whl", None, "", "added", False)),
        ("a==1.0\na==1.1", "a==1.2", ("a", "1.0, 1.1", "1.2", "changed", False)),
    ],
)
def test_what_is_asked_for_differs(old, new, expected):
    found = compare_libraries((old or "").splitlines(), (new or "").splitlines())
    name, before, after, kind, major = expected
    assert found == (LibraryChange(name=name, old=before, new=after, kind=kind, major=major),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scikit_learn==1.0", "Scikit-Learn == 1.0  # pinned"),
        ("a==1.0\nb==2.0", "b==2.0\na==1.0"),
        ("a==1.0", "# comment\n\na==1.0.0"),
        ("a[x,y]>=1,<2", "a[y,x]<2,>=1"),
        ("a==1.0 --hash=sha256:11", "a==1.0 \\\n    --hash=sha256:11"),
        ("--index-url https://u:old@host/x", "--index-url https://u:new@host/x"),
    ],
)
def test_another_spelling_is_no_difference(old, new):
    assert compare_libraries(old.splitlines(), new.splitlines()) == ()


def test_python_and_mlflow_are_told_where_both_sides_know():
    found = compare_platform({"python": "3.11.7", "mlflow": "3.1.0"}, {"python": "3.12.1", "mlflow": "3.2.0"})
    assert [(change.name, change.kind, change.major) for change in found] == [
        ("python", "upgraded", True),
        ("mlflow", "upgraded", False),
    ]
    assert compare_platform({"python": "3.11.7", "mlflow": None}, {"python": "3.11.7", "mlflow": "3.2.0"}) == ()
    patch = compare_platform({"python": "3.11.7"}, {"python": "3.11.9"})
    assert [(change.kind, change.major) for change in patch] == [("upgraded", False)]
    odd = compare_platform({"python": "3.11.7"}, {"python": "pypy"})
    assert [(change.kind, change.new) for change in odd] == [("changed", "pypy")]


lines = st.lists(
    st.text(max_size=20)
    | st.tuples(
        st.sampled_from(["a", "b", "c"]), st.sampled_from(["==1", "==1.2.3", ">=2", "", "==0.3", " ; bad"])
    ).map("".join),
    max_size=5,
)


@given(lines, lines)
def test_no_line_is_too_odd_and_the_other_way_round_is_the_opposite(old, new):
    opposite = {"added": "removed", "removed": "added", "upgraded": "downgraded", "downgraded": "upgraded"}
    forth, back = compare_libraries(old, new), compare_libraries(new, old)
    assert [(change.name, change.old, change.new, change.major) for change in forth] == [
        (change.name, change.new, change.old, change.major) for change in back
    ]
    assert [opposite.get(change.kind, change.kind) for change in forth] == [change.kind for change in back]
    assert compare_libraries(old, list(old)) == ()


versions = st.lists(st.integers(0, 20), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@given(versions, versions)
def test_pinned_versions_are_ordered_as_pip_orders_them(old, new):
    found = compare_libraries([f"a=={old}"], [f"a=={new}"])
    kinds = {change.kind for change in found}
    assert kinds == (
        {"upgraded"} if Version(new) > Version(old) else {"downgraded"} if Version(new) < Version(old) else set()
    )
