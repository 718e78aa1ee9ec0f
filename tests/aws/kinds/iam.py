"""Roles, policies and identity providers."""

from tests.aws.documents import identity_policy, listed, statements, trust_policy
from tests.aws.inputs import UnknownInputError, present, renamed, tag_list

_ATTACHED_PER_ROLE = 10


def role(account, given):
    trust = given.pop("assumeRolePolicy")
    principals_exist(account, trust_policy(trust))
    given.pop("forceDetachPolicies", None)  # What a destroy does.
    names = {"name": "RoleName", "description": "Description", "path": "Path"}
    names |= {"maxSessionDuration": "MaxSessionDuration", "permissionsBoundary": "PermissionsBoundary"}
    made = account.iam.create_role(
        AssumeRolePolicyDocument=trust, Tags=tag_list(given.pop("tags", None)), **renamed(given, names)
    )["Role"]
    return made["RoleName"], {"arn": made["Arn"], "name": made["RoleName"], "uniqueId": made["RoleId"]}


def principals_exist(account, document):
    """Refuse a document that names roles or users of this account that are not there ("Invalid principal")."""
    for statement in statements(document):
        principal = statement.get("Principal")
        for arn in listed(principal.get("AWS", [])) if isinstance(principal, dict) else ():
            kind, _, name = arn.rpartition(":")[2].partition("/")
            if f"::{account.id}:" in arn and kind == "role":
                account.iam.get_role(RoleName=name.rpartition("/")[2])
            elif f"::{account.id}:" in arn and kind == "user":
                account.iam.get_user(UserName=name.rpartition("/")[2])


def policy(account, given):
    text = given.pop("policy")
    identity_policy(text)
    names = {"name": "PolicyName", "description": "Description", "path": "Path"}
    made = account.iam.create_policy(
        PolicyDocument=text, Tags=tag_list(given.pop("tags", None)), **renamed(given, names)
    )["Policy"]
    return made["Arn"], {"arn": made["Arn"], "name": made["PolicyName"]}


def role_policy_attachment(account, given):
    name, arn = given.pop("role"), given.pop("policyArn")
    account.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    attached = account.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    if len(attached) > _ATTACHED_PER_ROLE:
        raise UnknownInputError(f"role: {name} has more than {_ATTACHED_PER_ROLE} managed policies")
    return f"{name}-{arn}", {}


def open_id_connect_provider(account, given):
    url = given.pop("url")
    made = account.iam.create_open_id_connect_provider(
        Url=url,
        ClientIDList=given.pop("clientIdLists"),
        **present(ThumbprintList=given.pop("thumbprintLists", None)),
        Tags=tag_list(given.pop("tags", None)),
    )
    arn = made["OpenIDConnectProviderArn"]
    # The provider reads the address back as IAM keeps it.
    return arn, {"arn": arn, "url": url.removeprefix("https://")}


KINDS = {
    "aws:iam/role:Role": role,
    "aws:iam/policy:Policy": policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": role_policy_attachment,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": open_id_connect_provider,
}
NAMED = {"aws:iam/role:Role": "name", "aws:iam/policy:Policy": "name"}
