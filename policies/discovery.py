"""Finds the rules of a pack: one rule, one file, nowhere listed."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from policies.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable


def find_rules(package: str, folders: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules of a package, in the order of their names.

    Args:
        package: name of the package.
        folders: its ``__path__``. Each module there holds one rule, called ``RULE``.

    Raises:
        TypeError: a module holds none.

    """
    rules = [_rule_of(f"{package}.{module.name}") for module in iter_modules(folders)]
    return tuple(sorted(rules, key=lambda rule: rule.name))


def _rule_of(module: str) -> Rule:
    rule = getattr(import_module(module), "RULE", None)
    if not isinstance(rule, Rule):
        raise TypeError(f"{module} holds no rule; give it RULE = Rule(...), or move it out of the folder of the rules")
    return rule
