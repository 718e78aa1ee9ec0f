"""Keys and their aliases."""

from tests.aws.documents import listed, resource_policy, statements
from tests.aws.inputs import UnknownInputError, present, renamed, tag_list
from tests.aws.kinds.iam import principals_exist


def key(account, given):
    policy = given.pop("policy", None)
    if policy is not None:
        document = resource_policy(policy)
        _not_locked_out(document)
        principals_exist(account, document)
    rotation, days = given.pop("enableKeyRotation", False), given.pop("rotationPeriodInDays", None)
    window = given.pop("deletionWindowInDays", 30)
    if not 7 <= window <= 30:
        raise UnknownInputError(f"deletionWindowInDays: {window} is not within 7 to 30")
    names = {"description": "Description", "keyUsage": "KeyUsage", "multiRegion": "MultiRegion"}
    parameters = renamed(given, names | {"customerMasterKeySpec": "KeySpec"})
    made = account.kms.create_key(
        **parameters, **present(Policy=policy), Tags=tag_list(given.pop("tags", None), "TagKey", "TagValue")
    )["KeyMetadata"]
    if rotation:
        account.kms.enable_key_rotation(KeyId=made["KeyId"], **present(RotationPeriodInDays=days))
    return made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]}


def _not_locked_out(document):
    """Refuse a policy that nobody could change again, as KMS does ("Default key policy")."""
    for statement in statements(document):
        actions = listed(statement.get("Action", []))
        if statement["Effect"] == "Allow" and {"kms:*", "kms:PutKeyPolicy", "kms:Put*"} & set(actions):
            return
    raise UnknownInputError("policy: the new key policy will not allow you to update the key policy in the future")


def alias(account, given):
    name, target = given.pop("name"), given.pop("targetKeyId")
    account.kms.describe_key(KeyId=target)
    account.kms.create_alias(AliasName=name, TargetKeyId=target)
    found = next(entry for entry in account.kms.list_aliases()["Aliases"] if entry["AliasName"] == name)
    return name, {"arn": found["AliasArn"], "name": name}


KINDS = {"aws:kms/key:Key": key, "aws:kms/alias:Alias": alias}
NAMED = {}
