"""What operators do: stop entries, replay, look at anybody's records; each with a reason, kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.callers import Operator
from pilotfish.api.operation_shapes import (
    AskedHalt,
    AskedReplay,
    ToldActions,
    ToldClients,
    ToldHalt,
    ToldHalts,
    ToldReplay,
    ToldSync,
    ToldSyncs,
)
from pilotfish.api.problems import Conflict, Fault, Problem, Unprocessable
from pilotfish.api.routing import new_router, translated
from pilotfish.domain.halts import BadScope
from pilotfish.domain.replayed import NotReplayed
from pilotfish.domain.sync_sessions import SyncStatus
from pilotfish.domain.trail import NoReason
from pilotfish.usecases.back_fills import BackFills
from pilotfish.usecases.clients import CountClients
from pilotfish.usecases.halt import HaltEntries, NotHalted
from pilotfish.usecases.replay_orders import ReplayOrders
from pilotfish.usecases.trails import MOST, KeepTrail

TAGS = ["Operations"]

errors = translated(
    {
        BadScope: lambda error: Unprocessable(str(error), Fault("body.scope", str(error))),
        NoReason: lambda error: Unprocessable(str(error), Fault("why", str(error))),
        NotHalted: lambda _: Conflict("It is not halted.", "not_halted"),
        NotReplayed: lambda error: Problem(504, f"{error}.", code="not_replayed"),
    }
)


@dataclass(frozen=True, slots=True)
class Operations:
    """The use cases of operators."""

    halts: Callable[[], HaltEntries]
    trail: Callable[[], KeepTrail]
    replay: Callable[[], ReplayOrders]
    clients: Callable[[], CountClients]
    syncs: Callable[[], BackFills]


class OperationRoutes:
    """Operators alone; nobody else learns more than that."""

    def __init__(self, operations: Operations) -> None:
        self._of = operations

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        router.get("/operations/halts", tags=TAGS, summary="What is halted")(self.halts)
        router.post("/operations/halts", tags=TAGS, summary="Stop entries", status_code=201)(
            self.halt
        )
        router.post(
            "/operations/lifts", tags=TAGS, summary="Let entries go again", status_code=204
        )(self.lift)
        router.post("/operations/replays", tags=TAGS, summary="Replay copies that failed")(
            self.replay
        )
        router.get("/operations/trail", tags=TAGS, summary="What operators did")(self.trail)
        router.get("/operations/clients", tags=TAGS, summary="Who listens")(self.clients)
        router.get("/operations/syncs", tags=TAGS, summary="Back-fills")(self.syncs)
        return router

    def halts(self, _: Operator) -> ToldHalts:
        """The oldest first."""
        standing = self._of.halts().standing()
        return ToldHalts(halts=[ToldHalt.model_validate(halt) for halt in standing])

    @errors
    def halt(self, operator: Operator, asked: Annotated[AskedHalt, Body()]) -> ToldHalt:
        """No entry leaves a second from now on; exits go on. What is missed is not made up for."""
        return ToldHalt.model_validate(self._of.halts().halt(asked.scope, operator.user, asked.why))

    @errors
    def lift(self, operator: Operator, asked: Annotated[AskedHalt, Body()]) -> None:
        """New entries are sent again, within a second."""
        self._of.halts().lift(asked.scope, operator.user, asked.why)

    @errors
    def replay(self, operator: Operator, asked: Annotated[AskedReplay, Body()]) -> ToldReplay:
        """What did arrive is never sent again; with `dry_run` nothing is, and it only tells.

        After 25 s the answer is 504, and the replay goes on: the orders show what became of them.
        """
        if not asked.orders and asked.since_ms is None:
            why = "name orders, or the time since when all that failed is meant"
            raise Unprocessable(why, Fault("body.orders", why))
        outcomes = self._of.replay()(
            [(order.follow_id, order.order_key) for order in asked.orders],
            asked.since_ms,
            operator.user,
            asked.why,
            dry_run=asked.dry_run,
        )
        return ToldReplay.model_validate(outcomes)

    def trail(
        self,
        _: Operator,
        subject: Annotated[
            str, Query(max_length=100, description="An account's id, `all`, or `venue:okx`.")
        ] = "",
        by: Annotated[str, Query(max_length=100, description="Of one operator alone.")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        cursor: Annotated[
            str, Query(max_length=100, description="`next` of the page before.")
        ] = "",
    ) -> ToldActions:
        """The latest first; lines are only ever added."""
        found = self._of.trail().lines(subject=subject, by=by, before=cursor, limit=limit)
        following = found[-1].action_id if len(found) == limit else None
        return ToldActions.of(found, following)

    def clients(self, _: Operator) -> ToldClients:
        """How many are connected by WebSocket, and what they listen to."""
        return ToldClients.model_validate(self._of.clients()())

    def syncs(
        self,
        _: Operator,
        account_id: Annotated[str, Query(max_length=100)] = "",
        status: Annotated[SyncStatus | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> ToldSyncs:
        """The latest first: of an account, in a status, or of all."""
        found = self._of.syncs().list(account_id, status, limit)
        return ToldSyncs(syncs=[ToldSync.model_validate(each) for each in found])
