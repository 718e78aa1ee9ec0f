"""Roles of service accounts, seen in the state of a program."""

import asyncio
import json

import pytest
from pulumi import Output

from components.aws.workload_role import _after
from mlplatform.review.engine.errors import ProgramError
from tests.components.aws.project import ACCOUNT, all_of, one, state_of

ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
OIDC_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
PROGRAM = f"""
from components.aws.workload_role import OidcProvider, ServiceAccount, WorkloadRole, WorkloadRoleArgs

def document(number):
    return {{
        "Version": "2012-10-17",
        "Statement": [{{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::b/{{number}}"]}}],
    }}

def role(documents, managed=(), after=()):
    return WorkloadRole(
        "shop-mlflow",
        WorkloadRoleArgs(
            account=ServiceAccount(namespace="mlflow", name="server"),
            documents=documents, managed=managed, tags={{"Owner": "jo"}}, after=after,
            oidc=OidcProvider(arn=pulumi.Output.from_input("{OIDC_ARN}"), issuer=pulumi.Output.from_input("{ISSUER}")),
        ),
        opts=on_aws,
    )
"""
MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    program = f"""{PROGRAM}
from pulumi_aws import cloudwatch, s3

place = s3.Bucket("place", opts=on_aws)
made = role([document(1), pulumi.Output.from_input(document(2))], ["{MANAGED}"], after=[place])
cloudwatch.LogGroup("user", name=made.arn, opts=on_aws)
"""
    return state_of(tmp_path_factory.mktemp("role"), program)


def test_only_one_service_account_of_one_cluster_takes_it(state):
    role = one(state, "Role")
    (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Federated": OIDC_ARN}
    claims = {f"{ISSUER}:sub": "system:serviceaccount:mlflow:server", f"{ISSUER}:aud": "sts.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": claims}


def test_each_document_is_a_policy_of_its_own(state):
    policies = all_of(state, "Policy")
    found = {name: json.loads(each.inputs["policy"])["Statement"][0]["Resource"] for name, each in policies.items()}
    assert found == {"shop-mlflow-1": ["arn:aws:s3:::b/1"], "shop-mlflow-2": ["arn:aws:s3:::b/2"]}
    attached = all_of(state, "RolePolicyAttachment")
    assert attached["shop-mlflow-AmazonEBSCSIDriverPolicy"].inputs["policyArn"] == MANAGED
    assert len(attached) == 3


def test_what_uses_the_role_comes_after_its_rights_and_what_they_are_to(state):
    rights = {each.urn for each in all_of(state, "RolePolicyAttachment").values()}
    assert {one(state, "Role").urn, *rights, one(state, "Bucket").urn} <= set(one(state, "LogGroup").dependencies)


def test_an_arn_that_is_known_stays_known_while_rights_are_added():
    async def facts(*, known):
        value = asyncio.get_running_loop().create_future()
        value.set_result("arn")
        output = _after(["right"], Output({"role"}, value, _done(known)))
        return await output.future(with_unknowns=True), await output.is_known(), await output.resources()

    assert asyncio.run(facts(known=True)) == ("arn", True, {"role", "right"})
    assert asyncio.run(facts(known=False))[1:] == (False, {"role", "right"})


def _done(value):
    future = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


def test_everything_is_named_by_pulumi_and_tagged(state):
    for each in [one(state, "Role"), *all_of(state, "Policy").values()]:
        assert "name" not in each.inputs
        assert each.inputs["tags"] == {"Owner": "jo"}


@pytest.mark.parametrize(("documents", "count"), [("[]", 0), ("[document(n) for n in range(11)]", 11)])
def test_roles_with_no_rights_or_too_many_policies_are_refused(tmp_path, documents, count):
    with pytest.raises(ProgramError, match=f"'shop-mlflow' has {count} policies"):
        state_of(tmp_path, f"{PROGRAM}\nrole({documents})\n")
