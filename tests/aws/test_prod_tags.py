"""All of prod: whose everything is stands on it, and every name fits."""

from components.aws.names import name_problems, names
from components.aws.tags import tags
from settings.load import check_stack_file
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
