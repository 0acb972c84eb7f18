"""How it is: each part, and each of the caller's connections."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Protocol

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.operation_shapes import ToldSync, ToldSyncs
from pilotfish.api.routing import new_router
from pilotfish.api.shapes import Amount, Time, Told
from pilotfish.domain.connections import Health
from pilotfish.domain.health import Fitness, overall
from pilotfish.domain.managing import Connection
from pilotfish.domain.sync_sessions import SyncSession
from pilotfish.usecases.check_health import CheckHealth

TAGS = ["Operations"]
MOST_SYNCS = 50


class Connections(Protocol):
    """A user's connections."""

    def of_owner(self, owner: str) -> Sequence[Connection]: ...


class Syncs(Protocol):
    """Back-fills."""

    def of_account(self, account_id: str, limit: int) -> Sequence[SyncSession]: ...


class Healths(Protocol):
    """How listening to accounts goes."""

    def of(self, account_ids: Sequence[str]) -> Mapping[str, Health]: ...


class ToldPart(Told):
    """`says` is what was found; `age_ms` how old the oldest of what waits is."""

    name: str
    fitness: Fitness
    says: str
    age_ms: int


class ToldConnection(Told):
    """`heard_ms` is when the venue last answered, `fill_ms` when the account last traded.

    `headroom` is what is left of the venue's request budget, `offset_ms` how far its clock is
    ahead. A follower's account is not listened to: its times are 0.
    """

    account_id: str
    venue: str
    label: str
    leads: bool
    paused: bool
    problem: str
    well: bool
    heard_ms: Time
    fill_ms: Time
    error: str
    error_ms: Time
    headroom: Amount
    offset_ms: int


class ToldHealth(Told):
    """`ok`; `degraded`: it works, and an operator should look; `down`: a part does not work."""

    fitness: Fitness
    parts: list[ToldPart]
    connections: Annotated[list[ToldConnection], Field(description="The caller's own.")]


class HealthRoutes:
    """For everybody: what is told of the parts names nobody."""

    def __init__(
        self,
        check: Callable[[], CheckHealth],
        connections: Callable[[], Connections],
        healths: Callable[[], Healths],
        syncs: Callable[[], Syncs],
    ) -> None:
        self._check = check
        self._connections = connections
        self._healths = healths
        self._syncs = syncs

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        router.get("/health", tags=TAGS, summary="How everything is")(self.health)
        router.get("/syncs", tags=["Records"], summary="My back-fills")(self.my_syncs)
        return router

    def my_syncs(
        self, caller: Caller, limit: Annotated[int, Query(ge=1, le=MOST_SYNCS)] = 20
    ) -> ToldSyncs:
        """The latest of each of the caller's accounts: how far they have come, how they ended."""
        mine = self._connections().of_owner(caller.user)
        found = [
            session for one in mine for session in self._syncs().of_account(one.account_id, limit)
        ]
        latest = sorted(found, key=lambda session: session.started_ms, reverse=True)[:limit]
        return ToldSyncs(syncs=[ToldSync.model_validate(each) for each in latest])

    def health(self, caller: Caller) -> ToldHealth:
        """Looked at now: each part where its work shows."""
        parts = self._check()()
        mine = [one for one in self._connections().of_owner(caller.user) if not one.deleted]
        healths = self._healths().of([one.account_id for one in mine])
        return ToldHealth(
            fitness=overall(parts),
            parts=[ToldPart.model_validate(part) for part in parts],
            connections=[_told(one, healths.get(one.account_id)) for one in mine],
        )


def _told(one: Connection, health: Health | None) -> ToldConnection:
    known = health or Health(one.account_id)
    return ToldConnection(
        account_id=one.account_id,
        venue=one.venue,
        label=one.label,
        leads=one.leads,
        paused=one.paused,
        problem=one.problem,
        well=not one.problem and (not one.leads or known.well),
        heard_ms=known.heard_ms,
        fill_ms=known.fill_ms,
        error=known.error,
        error_ms=known.error_ms,
        headroom=known.vitals.headroom,
        offset_ms=known.vitals.clock_offset_ms,
    )
