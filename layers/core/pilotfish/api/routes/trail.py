"""Who looked at an account of one's own, or changed it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.follow_shapes import ID
from pilotfish.api.problems import Fault, NotFound, Unprocessable
from pilotfish.api.routing import new_router, translated
from pilotfish.api.shapes import Page, Time, Told
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.places import LONGEST, BadCursor
from pilotfish.domain.trail import Action, Verb
from pilotfish.usecases.own_trail import OwnTrail
from pilotfish.usecases.trails import MOST

AccountId = Annotated[str, Path(pattern=ID, description="One of the caller's accounts.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
After = Annotated[str, Query(max_length=LONGEST, description="`next` of the page before.")]

errors = translated(
    {
        NoSuchAccount: lambda _: NotFound("such account"),
        BadCursor: lambda e: Unprocessable(str(e), Fault("query.cursor", str(e))),
    }
)


class Who(StrEnum):
    """Operators have no names here."""

    OWNER = "owner"
    OPERATOR = "operator"


class ToldLine(Told):
    """What was done to the account, or to a follow with it."""

    at_ms: Time
    by: Who
    verb: Verb
    why: Annotated[str, Field(description="An operator's reason; an owner needs none.")]
    detail: str


class ToldTrail(Page):
    """The latest first."""

    lines: list[ToldLine]


class TrailRoutes:
    """Read only: lines are only ever added, by what is done."""

    def __init__(self, trail: Callable[[], OwnTrail]) -> None:
        self._trail = trail

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        path, summary = "/accounts/<account_id>/trail", "Who looked at my account, or changed it"
        router.get(path, tags=["Connections"], summary=summary)(self.lines)
        return router

    @errors
    def lines(
        self, caller: Caller, account_id: AccountId, limit: Limit = 50, cursor: After = ""
    ) -> ToldTrail:
        """What operators looked at or did, and what its owner did; of a deleted account too."""
        page = self._trail()(caller.user, account_id, cursor, limit)
        return ToldTrail(lines=[line_of(each) for each in page.items], next=page.next)


def line_of(action: Action) -> ToldLine:
    """Without who the operator was."""
    return ToldLine(
        at_ms=action.at_ms,
        by=Who.OPERATOR if action.operator else Who.OWNER,
        verb=action.verb,
        why=action.why,
        detail=action.detail,
    )
