"""The stack's program: a table of contents, in which every line that makes resources shows it."""

import inspect

import pulumi
import pytest

from components import on_aws, wiring
from tests.programs import ROOT


def test_the_program_fits_on_a_page():
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 50


@pytest.mark.parametrize("module", [wiring, on_aws])
def test_what_packs_arguments_makes_no_resource(module):
    """It knows no class and no function that would: components it only reads, and only types say their names."""
    known = vars(module)
    assert [name for name in known if name.startswith("create_")] == []
    classes = [name for name, value in known.items() if inspect.isclass(value) and issubclass(value, pulumi.Resource)]
    assert classes == []
