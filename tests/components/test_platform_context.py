"""A part is handed exactly the parts that its descriptor names: no hidden order."""

import pytest

from components.parts.istio import Istio
from components.parts.knative import Knative
from components.platform_context import PlatformContext
from mlplatform.config.part import Part


def context(*needs, made=None, aws=None):
    return PlatformContext(
        settings=None,
        pods=(),
        aws=aws,
        third_party=None,
        platform=None,
        descriptor=Part(name="thing", needs=needs),
        made=made or {},
    )


def test_a_part_that_was_made():
    istio = object.__new__(Istio)
    assert context("istio", made={"istio": istio}).part(Istio) is istio


def test_a_part_that_the_stack_does_not_have():
    assert context("istio", made={"istio": None}).part(Istio) is None
    with pytest.raises(LookupError, match="the part thing cannot be without Istio"):
        context("istio", made={"istio": None}).required(Istio)


def test_a_part_that_was_made_but_not_asked_for_is_not_handed_on():
    with pytest.raises(LookupError, match="the part thing takes istio, and has no such part in its needs"):
        context("knative", made={"istio": object.__new__(Istio), "knative": None}).part(Istio)


def test_a_part_of_another_class():
    with pytest.raises(TypeError, match="the part knative is a Istio, and no Knative"):
        context("knative", made={"knative": object.__new__(Istio)}).part(Knative)


def test_a_part_of_eks_elsewhere():
    with pytest.raises(LookupError, match="thing is one of EKS"):
        _ = context().required_aws
