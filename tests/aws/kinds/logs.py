"""Log groups."""

from tests.aws.inputs import UnknownInputError, present
from tests.aws.rights import encrypts_logs

# CloudWatch Logs API reference, PutRetentionPolicy.
_DAYS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}


def log_group(account, given):
    name, key, days = given.pop("name"), given.pop("kmsKeyId", None), given.pop("retentionInDays", None)
    given.pop("skipDestroy", None)  # What a destroy does.
    if key:
        encrypts_logs(account, key, name)
    account.logs.create_log_group(
        logGroupName=name,
        **present(kmsKeyId=key, tags=given.pop("tags", None), logGroupClass=given.pop("logGroupClass", None)),
    )
    if days is not None:
        if days not in _DAYS:
            raise UnknownInputError(f"retentionInDays: {days} is none of {sorted(_DAYS)}")
        account.logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    found = account.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    return name, {"arn": found["arn"].removesuffix(":*"), "name": name}


KINDS = {"aws:cloudwatch/logGroup:LogGroup": log_group}
NAMED = {"aws:cloudwatch/logGroup:LogGroup": "name"}
