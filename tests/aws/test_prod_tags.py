"""All of prod: whose everything is stands on it, every name fits, and the lists that rules are made of lack nothing."""

from fnmatch import fnmatchcase

from components.aws.names import name_problems, names
from components.aws.tags import tags
from mlplatform.config.load import check_stack_file
from mlplatform.review.diff.stateful import HOLDS
from policies.rules import aws_resource_is_tagged, stateful_resource_is_protected
from tests.aws.run import ROOT
from tests.components.aws import walk


def test_everything_that_can_be_tagged_says_whose_it_is(prod):
    wanted = tags(check_stack_file(ROOT, "prod"))
    assert {"Environment", "Owner", "CostCentre"} <= set(wanted)
    assert len(walk.aws_resources(prod.state)) > 100
    assert walk.untagged(prod.state, wanted) == []


def test_every_name_fits_and_those_that_settings_make_long_were_measured_before(prod):
    assert walk.unfit_names(prod.state) == []
    settings = check_stack_file(ROOT, "prod")
    assert name_problems(settings, "Pulumi.prod.yaml") == []
    made = {(each.type, each.inputs.get("identifier", each.name)) for each in walk.aws_resources(prod.state)}
    assert {(name.type, name.name) for name in names(settings)} <= made


def test_no_taggable_type_is_missing_where_the_rule_looks(prod):
    taggable = {each.type for each in walk.aws_resources(prod.state) if walk.can_be_tagged(each.type)}
    assert taggable <= set(aws_resource_is_tagged.RULE.resource_types)


def test_the_rule_and_the_report_agree_on_what_holds_data_and_is_protected(prod):
    protected = {each.type for each in walk.aws_resources(prod.state) if each.protect}
    holding = {type_ for type_ in protected if any(fnmatchcase(type_, pattern) for pattern, _ in HOLDS)}
    assert holding == set(stateful_resource_is_protected.RULE.resource_types)
