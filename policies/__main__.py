"""The pack as the Pulumi engine runs it: ``pulumi preview --policy-pack policies``.

The engine starts this folder with the project's .venv, where the checkout is on the search path: see pyproject.toml.
"""

from pulumi_policy import PolicyPack

from policies.rules import RULES

# Starts a server and does not return, which is why the rules live in modules of their own.
# The engine hands a rule what is to be, never what was: rules over changes are judged in reports alone.
PolicyPack(name="mlplatform", policies=[rule.policy() for rule in RULES if not rule.check_change])
