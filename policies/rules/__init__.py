"""The rules: one rule, one module, found by themselves."""

from policies.discovery import find_rules

RULES = find_rules(__name__, __path__)
