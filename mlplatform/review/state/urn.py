"""Names of resources as the engine makes them (pulumi/pulumi, ``sdk/go/common/resource/urn``).

``urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>``; the stack resource is no part of the type chain.
"""

from __future__ import annotations

from typing import NamedTuple

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
# The components that a stack's models are: each one, and all of them (components/serving).
MODEL_TYPE = "mlplatform:serving:ModelDeployment"
MODELS_TYPE = "mlplatform:serving:ModelDeployments"
_PREFIX = "urn:pulumi:"
_PARTS = 4


class Urn(NamedTuple):
    """The parts of a URN.

    Attributes:
        stack: name of the stack.
        project: name of the project.
        qualified_type: the types of all parents and the resource's own, joined by ``$``.
        name: the resource's logical name, which may itself contain ``::``.

    """

    stack: str
    project: str
    qualified_type: str
    name: str

    @property
    def type(self) -> str:
        """The resource's own type token."""
        return self.qualified_type.rsplit("$", 1)[-1]

    def __str__(self) -> str:
        """Return the URN as text."""
        return f"{_PREFIX}{self.stack}::{self.project}::{self.qualified_type}::{self.name}"


def parse_urn(text: str) -> Urn:
    """Take a URN apart.

    Raises:
        ValueError: the text is no URN.

    """
    parts = text.removeprefix(_PREFIX).split("::", _PARTS - 1)
    if not text.startswith(_PREFIX) or len(parts) != _PARTS:
        raise ValueError(f"{text!r} is not a Pulumi URN (urn:pulumi:<stack>::<project>::<type>::<name>)")
    return Urn(*parts)


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource; a top-level resource's parent is the stack, or ``""``."""
    chain = parse_urn(parent).qualified_type if parent else STACK_TYPE
    return str(Urn(stack, project, type_ if chain == STACK_TYPE else f"{chain}${type_}", name))


def provider_urn(reference: str) -> str:
    """Return the URN in a provider reference ``<urn>::<id>``."""
    return reference.rsplit("::", 1)[0]


def package_of(type_: str) -> str:
    """Return the package of a type token: ``kubernetes`` for ``kubernetes:core/v1:Pod`` and for its provider."""
    return type_.removeprefix(PROVIDER_PREFIX).split(":", 1)[0]


def is_provider(type_: str) -> bool:
    """Whether the type is a provider's."""
    return type_.startswith(PROVIDER_PREFIX)


def is_default_provider(urn: str) -> bool:
    """Whether a provider was made by the engine (or here) because the program named none."""
    parsed = parse_urn(urn)
    return is_provider(parsed.type) and (parsed.name == "default" or parsed.name.startswith("default_"))


def rebase(text: str, old: tuple[str, str], new: tuple[str, str]) -> str:
    """Move a URN, or a provider reference, from one (stack, project) to another.

    Anything that is not a URN of the old stack is returned as it is.
    """
    prefix = f"{_PREFIX}{old[0]}::{old[1]}::"
    if not text.startswith(prefix):
        return text
    moved = f"{_PREFIX}{new[0]}::{new[1]}::{text.removeprefix(prefix)}"
    # The stack resource carries both names again.
    former_root = f"{STACK_TYPE}::{old[1]}-{old[0]}"
    return (
        moved.removesuffix(former_root) + f"{STACK_TYPE}::{new[1]}-{new[0]}"
        if moved.endswith(f"::{former_root}")
        else moved
    )


def display_type(token: str) -> str:
    """Return a type token as ``pulumi preview`` shows it: ``aws:s3/bucket:Bucket`` as ``aws:s3:Bucket``.

    Source: pulumi/pulumi, ``pkg/backend/display`` (``simplifyTypeName``).
    """
    package, _, rest = token.partition(":")
    module, _, name = rest.partition(":")
    folder, _, file = module.rpartition("/")
    return f"{package}:{folder}:{name}" if folder and name and file == name[0].lower() + name[1:] else token
