"""Generated users of MLflow's basic auth, and the keys that all replicas share."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi

from components.kubernetes.generated_secrets import create_password
from components.kubernetes.metadata import object_meta
from components.kubernetes.objects import BASIC_AUTH, OPAQUE, create_secret
from components.mlflow import names
from components.resource_options import stateful

# Generated secrets that a number in the stack's `rotations` rotates.
SIGNING_KEY = "mlflow-signing"
ENCRYPTION_KEY = "mlflow-encryption"


@dataclass(frozen=True, kw_only=True)
class Login:
    """A user of MLflow.

    Attributes:
        username: its name.
        password: its password, a secret Output.
        secret: Secret in MLflow's namespace with both.

    """

    username: str
    password: pulumi.Output[str] = field(repr=False)
    secret: str


@dataclass(frozen=True, kw_only=True)
class Logins:
    """Everything generated that the tracking server and its clients need.

    Attributes:
        users: name -> user; empty without basic auth.
        rotations: how often each was rotated, in a fixed order.
        encryption_version: number of the encryption key that is used now.
        resources: the Secrets, to depend on.

    """

    users: dict[str, Login]
    rotations: tuple[str, ...]
    encryption_version: int
    resources: tuple[pulumi.Resource, ...]


def create_logins(  # noqa: PLR0913 - what the secrets depend on
    parent: pulumi.Resource,
    *,
    namespace: str,
    basic_auth: bool,
    production: bool,
    rotations: dict[str, int],
    depends_on: list[pulumi.Resource],
) -> Logins:
    """Create the generated secrets and the Secrets that hold them.

    Args:
        parent: the component that they belong to.
        namespace: an existing namespace.
        basic_auth: whether there are users.
        production: whether it is a production stack.
        rotations: generated secret -> how often it was rotated.
        depends_on: what must be there before, such as the namespace.

    """
    inside = pulumi.ResourceOptions(parent=parent)
    after = pulumi.ResourceOptions(parent=parent, depends_on=depends_on)
    keep = stateful(parent, production=production, depends_on=depends_on)
    signing, signing_rotation = create_password(SIGNING_KEY, rotations=rotations, opts=inside)
    keys = _encryption_keys(parent, production=production, rotations=rotations)
    resources: list[pulumi.Resource] = [
        create_secret(
            f"{secret}-keys", object_meta(secret, namespace=namespace), content, secret_type=OPAQUE, opts=keep
        )
        for secret, content in (
            (
                names.SERVER_SECRET,
                {"MLFLOW_FLASK_SERVER_SECRET_KEY": signing, "MLFLOW_CRYPTO_KEK_PASSPHRASE": keys[-1]},
            ),
            (names.ENCRYPTION_SECRET, {str(version): key for version, key in enumerate(keys, start=1)}),
        )
    ]
    users: dict[str, Login] = {}
    counts = [signing_rotation, str(len(keys))]
    if basic_auth:
        secrets = {
            names.ADMIN_USER: names.ADMIN_SECRET,
            names.TRAINING_USER: names.TRAINING_SECRET,
        }
        for username, secret in secrets.items():
            password, rotation = create_password(secret, rotations=rotations, opts=inside)
            counts.append(rotation)
            users[username] = Login(username=username, password=password, secret=secret)
            resources.append(
                create_secret(
                    f"{secret}-login",
                    object_meta(secret, namespace=namespace),
                    {"username": username, "password": password},
                    secret_type=BASIC_AUTH,
                    opts=after,
                )
            )
    return Logins(users=users, rotations=tuple(counts), encryption_version=len(keys), resources=tuple(resources))


def _encryption_keys(
    parent: pulumi.Resource, *, production: bool, rotations: dict[str, int]
) -> list[pulumi.Output[str]]:
    """Return the encryption keys of all times; the preparing job needs the old ones to read what they encrypted.

    Lost, they take that with them: they are as protected as the database.
    """
    opts = stateful(parent, production=production)
    keys = []
    for version in range(1, rotations.get(ENCRYPTION_KEY, 1) + 1):
        name = ENCRYPTION_KEY if version == 1 else f"{ENCRYPTION_KEY}-{version}"
        keys.append(create_password(name, rotations={}, opts=opts).value)
    return keys
