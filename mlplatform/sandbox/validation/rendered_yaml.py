"""Read YAML as Kubernetes does: PyYAML's dates, sexagesimal numbers and ``=`` are plain text there."""

from __future__ import annotations

import re
from typing import Any

import yaml

_TAGS = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _Loader(yaml.CSafeLoader):
    """The C loader with the resolvers of sigs.k8s.io/yaml where they differ."""


# A copy: the resolvers of the class above are everybody's.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _TAGS]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$"
    ),
    list("-+0123456789."),
)


def documents(text: str) -> list[Any]:
    """Return the documents of a text as plain data.

    Raises:
        yaml.YAMLError: it is no YAML.

    """
    return list(yaml.load_all(text, Loader=_Loader))
