"""Tags of everything: whose it is, what it belongs to, who pays."""

from components.aws.tags import tags
from mlplatform.config.aws import OWN_TAGS
from tests.components.aws.project import AWS, settings_of

OWN = {"Environment": "development", "Owner": "ml-platform", "CostCentre": "4711", "ManagedBy": "pulumi"}


def test_tags_of_what_has_a_name_of_its_own():
    assert tags(settings_of()) == OWN


def test_tags_of_what_the_console_would_show_without_a_name():
    assert tags(settings_of(), "mlplatform-test") == {"Name": "mlplatform-test", **OWN}


def test_no_key_of_these_is_left_to_the_settings():
    assert set(tags(settings_of(), "mlplatform-test")) == set(OWN_TAGS)


def test_environment_and_additional_tags():
    settings = settings_of(
        environment="production",
        aws={
            "tags": {**AWS["tags"], "additional": {"Project": "search"}},
            "network": {"cidr": "10.40.0.0/16", "zones": ["eu-central-1a", "eu-central-1b", "eu-central-1c"]},
        },
    )
    assert tags(settings) == {**OWN, "Environment": "production", "Project": "search"}
