import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.review.state.property_paths import covers, parse_path, path_text, reaches, reset
from mlplatform.review.state.property_values import (
    ARCHIVE,
    ASSET,
    OUTPUT_VALUE,
    RESOURCE_REFERENCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    clean,
    contains_secret,
    contains_unknown,
    is_secret,
    redact,
    same,
    secret,
)
from mlplatform.review.state.urn import Urn, display_type, is_default_provider, make_urn, package_of, parse_urn, rebase

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(plain)
def test_cleaning_changes_nothing_but_whole_numbers(value):
    assert clean(value) == value
    assert same(clean(value), clean(clean(value)))


@given(plain, st.text(min_size=8, alphabet=string.ascii_letters))
def test_no_form_of_a_secret_keeps_its_value(around, value):
    for key in ("value", "plaintext", "ciphertext"):
        found = clean({"a": [around, {SIGNATURE: SECRET, key: value}]})
        assert value not in repr(found["a"][1])
        assert is_secret(found["a"][1])
    assert clean({SIGNATURE: OUTPUT_VALUE, "value": value, "secret": True}) == secret()


def test_unknown_secrets_stay_apart_from_known_ones():
    unknown = clean({SIGNATURE: SECRET, "value": {"a": [UNKNOWN]}})
    assert unknown == clean(unknown) == secret(known=False)
    assert clean({SIGNATURE: OUTPUT_VALUE, "secret": True}) == unknown
    assert clean({SIGNATURE: OUTPUT_VALUE}) == UNKNOWN
    assert clean({SIGNATURE: OUTPUT_VALUE, "value": 2.0}) == 2
    assert contains_unknown({"a": {SIGNATURE: OUTPUT_VALUE}})
    assert contains_secret([{"a": unknown}])
    assert not contains_secret(["a"])
    assert redact({"a": [unknown, secret(), UNKNOWN, 1]}) == {"a": [UNKNOWN, "[secret]", UNKNOWN, 1]}


def test_what_cannot_be_compared_is_the_same_and_a_boolean_is_no_number():
    assert same(secret(), secret(known=False))
    assert not same(secret(), "x")
    assert not same(True, 1)  # noqa: FBT003 - the value itself
    assert not same([1], [1, 2])
    reference = {SIGNATURE: RESOURCE_REFERENCE, "urn": "a", "id": "1"}
    assert same(reference, reference | {"id": UNKNOWN})
    assert not same(reference, reference | {"urn": "b"})
    text = clean({SIGNATURE: ASSET, "text": "x"})
    assert same(text, {SIGNATURE: ASSET, "hash": text["hash"], "text": ""})
    assert same({SIGNATURE: ARCHIVE, "path": "a", "hash": "1"}, {SIGNATURE: ARCHIVE, "path": "a"})
    assert not same({SIGNATURE: ARCHIVE, "path": "a"}, {SIGNATURE: ARCHIVE, "path": "b"})


keys = st.text(min_size=1, max_size=8).filter(lambda key: key != "*" and "\\" not in key)


@given(st.lists(st.integers(0, 99) | keys, min_size=1, max_size=6))
def test_a_path_survives_its_text(steps):
    assert parse_path(path_text(steps)) == tuple(steps)


def test_paths_are_written_as_the_engine_writes_them():
    path = ("metadata", "annotations", "mlplatform.dev/version")
    assert path_text(path) == 'metadata.annotations["mlplatform.dev/version"]'
    assert path_text(("spec", "containers", 0, "image")) == "spec.containers[0].image"
    assert parse_path("spec.containers[*].env") == ("spec", "containers", "*", "env")
    with pytest.raises(ValueError, match="is not a property path"):
        parse_path("a[b")


def test_a_pattern_covers_what_is_below_it_and_reaches_what_is_inside():
    assert covers(("a", "*"), ("a", 0, "b"))
    assert not covers(("a", "b"), ("a",))
    assert reaches(("spec", "*", "image"), ("spec",), [{"name": "x"}, {"image": "y"}])
    assert reaches(("spec", "a", "b"), ("spec",), {"a": {"b": None}})
    assert not reaches(("spec", "a", "b"), ("spec",), {"a": {"c": 1}})
    assert not reaches(("spec", 3), ("spec",), [1])
    assert reaches(("spec", 0), ("spec",), [1])
    assert not reaches(("spec", "a"), ("spec",), "text")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", {"a": 1, "b": {"c": [5, {"d": 6}]}, "new": 7}),
        ("b.c[1].d", {"a": 4, "b": {"c": [5, {"d": 3}]}, "new": 7}),
        ("b.c[*]", {"a": 4, "b": {"c": [2, {"d": 3}]}, "new": 7}),
        ("new", {"a": 4, "b": {"c": [5, {"d": 6}]}}),
        ("b.missing.deep", {"a": 4, "b": {"c": [5, {"d": 6}]}, "new": 7}),
        ("*", {"a": 1, "b": {"c": [2, {"d": 3}]}}),
        ("a.*", {"a": 4, "b": {"c": [5, {"d": 6}]}, "new": 7}),
        ("b.c[9]", {"a": 4, "b": {"c": [5, {"d": 6}]}, "new": 7}),
        ("", {"a": 4, "b": {"c": [5, {"d": 6}]}, "new": 7}),
    ],
)
def test_ignored_paths_take_the_old_value(path, expected):
    new = {"a": 4, "b": {"c": [5, {"d": 6}]}, "new": 7}
    reset(parse_path(path), {"a": 1, "b": {"c": [2, {"d": 3}]}}, new)
    assert new == expected


def test_urns_are_taken_apart_and_put_together():
    urn = "urn:pulumi:dev::proj::a:b:C$d:e:F::some::name"
    parsed = parse_urn(urn)
    assert parsed == Urn("dev", "proj", "a:b:C$d:e:F", "some::name")
    assert parsed.type == "d:e:F"
    assert str(parsed) == urn
    assert make_urn("dev", "proj", urn, "g:h:I", "x") == "urn:pulumi:dev::proj::a:b:C$d:e:F$g:h:I::x"
    for wrong in ("", "urn:pulumi:a::b::c", "urn:other:a::b::c::d"):
        with pytest.raises(ValueError, match="is not a Pulumi URN"):
            parse_urn(wrong)


def test_a_urn_moves_to_another_stack_with_the_stacks_own_name():
    old, new = ("dev", "proj"), ("prod", "other")
    root = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"
    assert rebase(root, old, new) == "urn:pulumi:prod::other::pulumi:pulumi:Stack::other-prod"
    assert rebase("urn:pulumi:dev::proj::a:b:C::proj-dev", old, new) == "urn:pulumi:prod::other::a:b:C::proj-dev"
    assert rebase("urn:pulumi:else::proj::a:b:C::x", old, new) == "urn:pulumi:else::proj::a:b:C::x"


def test_default_providers_are_told_from_the_programs_own():
    base = "urn:pulumi:dev::proj::pulumi:providers:kubernetes::"
    assert is_default_provider(base + "default_4_34_2")
    assert not is_default_provider(base + "cluster")
    assert package_of("pulumi:providers:kubernetes") == package_of("kubernetes:core/v1:Pod") == "kubernetes"


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("aws:s3/bucket:Bucket", "aws:s3:Bucket"),
        ("aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2:LaunchTemplate"),
        ("random:index/randomPassword:RandomPassword", "random:index:RandomPassword"),
        ("kubernetes:core/v1:Namespace", "kubernetes:core/v1:Namespace"),
        (
            "kubernetes:serving.kserve.io/v1beta1:InferenceService",
            "kubernetes:serving.kserve.io/v1beta1:InferenceService",
        ),
        ("mlplatform:aws:Bucket", "mlplatform:aws:Bucket"),
        ("pulumi:providers:aws", "pulumi:providers:aws"),
        ("odd", "odd"),
        ("a:b/c:", "a:b/c:"),
    ],
)
def test_types_are_shown_as_pulumi_does(token, shown):
    assert display_type(token) == shown
