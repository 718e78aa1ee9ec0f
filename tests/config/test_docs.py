"""docs/settings.md names every key that there is, below its section's heading."""

import re
from pathlib import Path

import pytest

from mlplatform.config.models import Settings
from mlplatform.config.schema import fields_of, models_at

TEXT = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def keys(path=()):
    """Yield (section, keys below it) for every field that holds no further ones."""
    for model in models_at(path):
        for name, _ in fields_of(model):
            here = (*path, name)
            if models_at(here):
                yield from keys(here)
            else:
                yield here


def sections():
    """Yield the text of each part of the file, under the names in its heading."""
    for part in re.split(r"^#+ ", TEXT, flags=re.MULTILINE):
        heading = part.partition("\n")[0]
        yield re.findall(r"`mlplatform:([\w.]+)`", heading) or [""], part


def described(path):
    """Tell whether the last name of a key path stands in the part of its section, in back quotes."""
    names = re.compile(rf"`[^`\n]*\b{re.escape(path[-1])}\b[^`\n]*`")
    return any(
        names.search(part)
        for headings, part in sections()
        for heading in headings
        if heading == "" or ".".join(path).startswith(heading)
    )


@pytest.mark.parametrize("path", sorted(set(keys())), ids=".".join)
def test_every_key_is_described(path):
    assert described(path)


def test_a_key_that_nobody_described_would_be_found():
    assert not described(("aws", "network", "ipv6"))
    assert len(set(keys())) > len(Settings.model_fields)
