"""The parts of the platform, found by themselves: every module here is one, with its descriptor in ``PART``.

The component of a part is the module of the same name in :mod:`components.parts`: this room imports no resources.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.config.part import Part


@functools.cache
def parts() -> tuple[Part, ...]:
    """Return all parts, each after those that it needs, otherwise by their names.

    Raises:
        ValueError: two parts need each other, or one needs a part that does not exist.

    """
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return in_order(module.PART for module in modules)


def in_order(unordered: Iterable[Part]) -> tuple[Part, ...]:
    """Return parts, each after those that it needs, otherwise by their names; raises as :func:`parts`."""
    by_name = {part.name: part for part in sorted(unordered, key=lambda part: part.name)}
    for part in by_name.values():
        if unknown := set(part.needs) - by_name.keys():
            raise ValueError(f"the part {part.name} needs {', '.join(sorted(unknown))}, and there is no such part")
    sorter = TopologicalSorter({name: part.needs for name, part in by_name.items()})
    sorter.prepare()  # a CycleError is a ValueError
    ordered: list[Part] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [by_name[name] for name in ready]
        sorter.done(*ready)
    return tuple(ordered)
