"""Secrets that the stack makes up itself and that one number rotates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pulumi_random as random

if TYPE_CHECKING:
    import pulumi

# Letters and digits only: such a password needs no quoting in a URI, a shell or an environment file.
LENGTH = 32


class GeneratedPassword(NamedTuple):
    """A password and its age.

    Attributes:
        value: the password, a secret Output.
        rotation: how often it was rotated.

    """

    value: pulumi.Output[str]
    rotation: str


def create_password(name: str, *, rotations: dict[str, int], opts: pulumi.ResourceOptions) -> GeneratedPassword:
    """Create a password.

    The password lives in the encrypted state only. Raising its number in the stack's ``rotations`` makes a new one;
    the number belongs in the pod template of what uses it (see :func:`rotation_annotation`), so that pods restart.

    Args:
        name: name of the resource and key of ``rotations``.
        rotations: generated secret -> how often it was rotated.
        opts: options of the resource.

    """
    rotation = str(rotations.get(name, 1))
    password = random.RandomPassword(name, length=LENGTH, special=False, keepers={"rotation": rotation}, opts=opts)
    return GeneratedPassword(password.result, rotation)


def rotation_annotation(*rotations: str) -> dict[str, str]:
    """Return the pod annotation that restarts pods when a secret that they read was rotated."""
    return {"mlplatform.dev/secret-rotation": "-".join(rotations)}
