"""The same resources once more, in another account and with no more before each than it depends on."""

import json

from tests.aws.adapter import create
from tests.order import everything_before, requirements

# Of these the adapter asks more than that what their inputs name is there: gateways, and rights that roles have.
DEMANDING = (
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/flowLog:FlowLog",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
)


def replay(made, account):
    """Make what a program made once more, with the ids and ARNs of this account in the place of the first ones.

    What is only there in time because of where a line stands in the program, or because of how the SDK happened to
    schedule it, is missing here.

    Raises:
        RefusedError: a resource needs one that it does not depend on.

    """
    entries = {entry["urn"]: entry for entry in made.resources}
    known = {made.account.id: account.id}
    _hand_in(made, account)
    for urn in _lazy_order(made.state):
        if entry := entries.get(urn):
            inputs = json.loads(_replaced(json.dumps(entry["inputs"]), known))
            identity, _, outputs = create(account, entry["type"], entry["name"], inputs)
            known |= dict(_pairs([entry["id"], entry["outputs"]], [identity, outputs]))


def _lazy_order(state):
    """Return an order in which what is demanding comes right after its own requirements, the one with fewest first."""
    before = {resource.urn: everything_before(state, resource.urn) for resource in state.resources}
    demanding = [resource.urn for resource in state.resources if resource.type in DEMANDING]
    order = {}

    def visit(urn):
        if urn not in order:
            for required in sorted(requirements(state.by_urn[urn])):
                visit(required)
            order[urn] = None

    for urn in [*sorted(demanding, key=lambda urn: (len(before[urn]), urn)), *sorted(before)]:
        visit(urn)
    return list(order)


def _hand_in(made, account):
    """Make the roles that were there before the program came."""
    own = {entry["id"] for entry in made.resources}
    for role in made.account.iam.list_roles(MaxItems=1000)["Roles"]:
        if role["RoleName"] not in own:
            trust = json.dumps(role["AssumeRolePolicyDocument"]).replace(made.account.id, account.id)
            account.iam.create_role(RoleName=role["RoleName"], Path=role["Path"], AssumeRolePolicyDocument=trust)


def _replaced(text, known):
    for old in sorted(known, key=len, reverse=True):
        text = text.replace(old, known[old])
    return text


def _pairs(old, new):
    """Yield the texts of two like values where they differ."""
    if isinstance(old, dict):
        old, new = list(old.values()), [new[key] for key in old]
    if isinstance(old, list):
        for pair in zip(old, new, strict=True):
            yield from _pairs(*pair)
    elif isinstance(old, str) and old != new:
        yield old, new
