"""Bounds of YAML that people write: what a few bytes of it may stand for, so that a bad file is an error at once.

A parser of YAML composes recursively and expands aliases: 387 bytes with aliases of aliases stand for gigabytes, and
100,000 brackets end the process without a word. Both are told from the events of libyaml, which neither recurses nor
expands.
"""

from __future__ import annotations

import yaml

# Of mappings and lists in each other; the settings have ten.
MAX_DEPTH = 100
# Values after aliases are expanded. A stack of 5,000 models has some 60,000.
MAX_VALUES = 500_000
# Characters that PyYAML's own parser reads within a second.
_SLOWLY = 100_000
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlBoundsError(ValueError):
    """A text that is more than any reader has to take.

    Attributes:
        fault: what is wrong, with the line.

    """

    def __init__(self, fault: str, advice: str) -> None:
        super().__init__(f"{fault}; {advice}")
        self.fault = fault


def check_bounds(text: str, *, max_bytes: int, aliases: bool = True, max_depth: int = MAX_DEPTH) -> None:
    """Check what a text of YAML stands for, without composing any of it.

    Args:
        text: one document.
        max_bytes: its largest length in UTF-8.
        aliases: whether it may have anchors and aliases.
        max_depth: of mappings and lists in each other.

    Raises:
        YamlBoundsError: it is more than that, or contains itself.
        yaml.YAMLError: it is no YAML.

    """
    if len(text) > max_bytes or len(text.encode(errors="replace")) > max_bytes:
        raise YamlBoundsError(f"has more than {max_bytes:,} bytes", "write less into one file")
    try:
        _check_events(text, _LOADER, aliases=aliases, max_depth=max_depth)
    except yaml.YAMLError:
        if len(text) > _SLOWLY:
            raise
        # libyaml knows less than YAML has (half a surrogate pair), and names other lines.
        _check_events(text, yaml.SafeLoader, aliases=aliases, max_depth=max_depth)


def _check_events(text: str, loader: type[yaml.SafeLoader], *, aliases: bool, max_depth: int) -> None:
    expansion = _Expansion()
    for event in yaml.parse(text, Loader=loader):
        # Both have it: the node that is named and the alias that repeats it.
        if not aliases and getattr(event, "anchor", None) is not None:
            raise YamlBoundsError(f"has an anchor or alias{_line(event)}", "write the values out")
        if isinstance(event, yaml.CollectionStartEvent) and len(expansion.open) >= max_depth:
            raise YamlBoundsError(f"is nested more than {max_depth} deep{_line(event)}", "write it flatter")
        if (fault := expansion.add(event)) and aliases:
            raise YamlBoundsError(f"{fault}{_line(event)}", "write the values out")


class _Expansion:
    """How many values a document stands for, event by event.

    Attributes:
        open: for each mapping and list that has begun and not ended, its anchor and the values in it so far.

    """

    def __init__(self) -> None:
        self.open: list[tuple[str | None, int]] = []
        self._sizes: dict[str, int] = {}

    def add(self, event: yaml.Event) -> str | None:
        """Count an event; return what is wrong with it."""
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.CollectionStartEvent):
            self.open.append((anchor, 1))
            return None
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, values = self.open.pop()
        elif isinstance(event, yaml.ScalarEvent):
            values = 1
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == name for name, _ in self.open):
                return "contains itself through an anchor"
            values = self._sizes.get(str(anchor), 1)
        else:
            return None
        if anchor and not isinstance(event, yaml.AliasEvent):
            self._sizes[anchor] = values
        if self.open:
            name, before = self.open[-1]
            self.open[-1] = (name, before + values)
        return f"stands for more than {MAX_VALUES:,} values through its aliases" if values > MAX_VALUES else None


def _line(event: yaml.Event) -> str:
    return f" (line {event.start_mark.line + 1})" if event.start_mark else ""
