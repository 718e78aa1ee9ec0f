"""Parts are found, ordered and given their fields in the settings by their descriptors alone."""

import pytest
from pydantic import Field

from mlplatform.config import Settings
from mlplatform.config.fields import Section
from mlplatform.config.part import Part
from mlplatform.config.parts import in_order, parts
from mlplatform.config.platform import Basis, with_sections

CLUSTER = {"cluster": {"kind": "existing", "context": "c"}}


class ThingSection(Section):
    size: int = Field(default=1, description="how large")


def test_every_section_of_a_part_is_a_field_of_the_settings():
    for part in parts():
        if part.section is not None:
            assert Settings.model_fields[part.name].alias == part.key
            assert Settings.model_fields[part.name].description == part.description


def test_a_part_of_tomorrow_gets_its_field():
    part = Part(name="new_thing", section=ThingSection, description="a thing; none: not installed")
    settings = with_sections(Basis, [part]).model_validate({**CLUSTER, "newThing": {"size": 2}})
    assert settings.new_thing == settings.section_of(ThingSection) == ThingSection(size=2)
    assert part.is_installed(settings)


def test_a_section_that_nobody_wrote():
    part = Part(name="new_thing", section=ThingSection)
    settings = with_sections(Basis, [part]).model_validate(CLUSTER)
    assert not part.is_installed(settings)
    with pytest.raises(LookupError, match="ThingSection"):
        settings.section_of(ThingSection)


def test_order_is_that_of_needs_then_of_names():
    first, second, third = Part(name="c"), Part(name="a", needs=("c",)), Part(name="b")
    assert [part.name for part in in_order([first, second, third])] == ["b", "c", "a"]


def test_parts_that_need_each_other_are_refused():
    with pytest.raises(ValueError, match="cycle"):
        in_order([Part(name="a", needs=("b",)), Part(name="b", needs=("a",))])


def test_a_need_that_is_no_part_is_refused():
    with pytest.raises(ValueError, match="the part a needs b, and there is no such part"):
        in_order([Part(name="a", needs=("b",))])
