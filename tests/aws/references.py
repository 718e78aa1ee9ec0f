"""What the documents of a stack refer to, once everything is made: moto keeps policies without looking at them."""

import json
from fnmatch import fnmatchcase

from tests.aws.documents import arns_of

_DOCUMENTS = ("policy", "assumeRolePolicy")


def documents(made):
    """Return (type and logical name, document) of every policy document that a program registered."""
    return [
        (f"{entry['type']} {entry['name']}", json.loads(entry["inputs"][key]))
        for entry in made.resources
        for key in _DOCUMENTS
        if key in entry["inputs"]
    ]


def dangling(made):
    """Return "whose document: ARN" of all that documents refer to in this account and that is not there."""
    account = made.account
    there = {
        "s3": {bucket["Name"] for bucket in account.s3.list_buckets()["Buckets"]},
        "kms": {key["KeyArn"].rpartition(":")[2] for key in account.kms.list_keys()["Keys"]},
        "logs": {group["logGroupName"] for group in account.logs.describe_log_groups()["logGroups"]},
        "iam": _identities(account),
    }
    return [
        f"{owner}: {arn}"
        for owner, document in documents(made)
        for arn in arns_of(document)
        if not _exists(account, there, arn)
    ]


def _identities(account):
    roles = [page["Roles"] for page in account.iam.get_paginator("list_roles").paginate()]
    providers = account.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    arns = [role["Arn"] for page in roles for role in page] + [provider["Arn"] for provider in providers]
    return {arn.rpartition(":")[2] for arn in arns} | {"root"}


def _exists(account, there, arn):
    _, _, service, _, owner, resource = arn.split(":", 5)
    if service not in there or owner not in {"", account.id}:
        return True
    kind = {"s3": lambda: resource.partition("/")[0], "logs": lambda: resource.split(":")[1]}
    pattern = kind.get(service, lambda: resource)()
    return any(fnmatchcase(name, pattern) for name in there[service])
