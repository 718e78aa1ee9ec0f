"""The pack as the Pulumi engine runs it: ``pulumi preview --policy-pack policies``."""

from pulumi_policy import PolicyPack
from rules import PACK_LEVEL, PACK_NAME, RULES  # type: ignore[import-not-found] # found beside this file by the engine

# Starts a server and does not return, which is why the rules live in modules of their own.
PolicyPack(name=PACK_NAME, enforcement_level=PACK_LEVEL, policies=list(RULES))
