"""The committed prod stack, in a folder of its own and in an account of moto."""

import contextlib
import json

from mlplatform.config.load import check_stack_file
from tests.aws.account import moto_account
from tests.aws.run import ROOT, run_stack
from tests.platform.stacks import NOBODY, PROD, project_with

# Without registry and release store: the locks are enough.
ALONE = PROD["prod"]


def prod_project(folder, changes, *, account="123456789012"):
    """Make a project whose stack prod is the committed one with some keys changed.

    Args:
        folder: of the project.
        changes: dotted key -> value, ``None`` takes the key away; without ``registry.uri``, nobody answers.
        account: id of the account in the place of the committed one.

    """
    project_with(folder, changes, NOBODY, stack="prod", locks=ROOT / "locks" / "prod")
    file = folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("123456789012", account))
    return folder


@contextlib.contextmanager
def prod_in_moto(project):
    """Make the project's stack prod in the account that its settings name; yield what was made."""
    settings = check_stack_file(project, "prod")
    with moto_account(settings.aws.account_id, settings.aws.region) as account:
        yield make_prod(project, account)


def make_prod(project, account):
    """Make the project's stack prod, whose settings name this account, and whoever these settings name."""
    _hand_in(account, check_stack_file(project, "prod"))
    return run_stack(account, project, "prod")


def _hand_in(account, settings):
    """Make the roles that the settings name: the account has them before the stack comes."""
    buckets = settings.aws.buckets
    named = {*settings.cluster.administrators, *buckets.releases.releasers}
    named |= {*buckets.releases.readers, *buckets.artifacts.readers}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{account.id}:root"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    for arn in sorted(named):
        _, owner, role = arn.rsplit(":", 2)
        kind, *path, name = role.split("/")
        if owner == account.id and kind == "role":
            place = "/".join(["", *path, ""])
            account.iam.create_role(RoleName=name, Path=place, AssumeRolePolicyDocument=document)
