"""From a registered AWS resource to the thing in moto, by its type."""

import copy
import hashlib

from botocore.exceptions import BotoCoreError, ClientError

from tests.aws.calls import InvalidCallError
from tests.aws.documents import MalformedPolicyError
from tests.aws.inputs import UnknownInputError
from tests.aws.kinds import ec2, eks, iam, kms, launch_templates, logs, rds, s3

_MODULES = (ec2, eks, iam, kms, launch_templates, logs, rds, s3)
# Type -> function(account, inputs) that takes out of the inputs what it uses; returns the id and further outputs.
KINDS = {token: make for module in _MODULES for token, make in module.KINDS.items()}
# Type -> the input that the provider fills with a name of its own.
NAMED = {token: name for module in _MODULES for token, name in module.NAMED.items()}


class RefusedError(Exception):
    """An AWS resource that could not be made from its inputs."""


def create(account, token, name, inputs):
    """Make a resource in the account from its inputs.

    Args:
        account: a :class:`tests.aws.account.Account`.
        token: its type.
        name: its logical name.
        inputs: its inputs, resolved and plain.

    Returns:
        The id, the inputs with the name that the provider would give, and the outputs.

    Raises:
        RefusedError: AWS would refuse it, or the adapter does not know it well enough to say.

    """
    given = named(token, name, inputs)
    whole = copy.deepcopy(given)
    try:
        return _create(account, token, given, whole)
    except (BotoCoreError, ClientError, InvalidCallError, MalformedPolicyError, UnknownInputError) as error:
        raise RefusedError(f"{token} {name}: {error}") from error
    except KeyError as error:
        raise RefusedError(f"{token} {name}: the input {error} is missing") from error


def _create(account, token, given, whole):
    if token not in KINDS:
        raise UnknownInputError("the adapter does not know this type")
    region = given.pop("region", account.region)
    if region != account.region:
        raise UnknownInputError(f"region: {region} instead of {account.region}")
    identity, outputs = KINDS[token](account, given)
    if given:
        raise UnknownInputError(f"the adapter does not know the inputs {sorted(given)}")
    return identity, whole, outputs


def named(token, name, inputs):
    """Return a copy of the inputs with the name that the provider would give: the logical one and seven digits."""
    given = copy.deepcopy({key: value for key, value in inputs.items() if value is not None})
    key = NAMED.get(token)
    if key and key not in given and f"{key}Prefix" not in given:
        given[key] = f"{name}-{hashlib.sha256(f'{token} {name}'.encode()).hexdigest()[:7]}"
    return given
