"""Which namespaces there are, and what each is for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.serving.engines import Engine
    from components.serving.served_model import ServedModel
    from mlplatform.config.tenancy import Team
    from mlplatform.config.training import Training


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """What a namespace is for.

    Attributes:
        team: whose it is, ``None`` for a namespace that only models or training jobs name: it has no shares or roles.
        models: the models that are served in it.
        training: the training jobs that run in it.

    """

    team: Team | None = None
    models: tuple[ServedModel, ...] = ()
    training: tuple[Training, ...] = ()

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The serving engines used in it, sorted by name."""
        engines = {served.engine.name: served.engine for served in self.models}
        return tuple(engines[name] for name in sorted(engines))

    def training_accounts(self) -> dict[str, str | None]:
        """Return the service accounts of the training jobs and the IAM role of each, as the settings name it."""
        return {job.service_account: job.role_arn for job in self.training}


def tenants(teams: Iterable[Team], models: Iterable[ServedModel], training: Iterable[Training]) -> dict[str, Tenant]:
    """Return every namespace of teams, models and training jobs, sorted by name."""
    by_name = {team.name: team for team in teams}
    models, training = tuple(models), tuple(training)
    names = {*by_name, *(served.model.namespace for served in models), *(job.namespace for job in training)}
    return {
        name: Tenant(
            team=by_name.get(name),
            models=tuple(served for served in models if served.model.namespace == name),
            training=tuple(job for job in training if job.namespace == name),
        )
        for name in sorted(names)
    }
