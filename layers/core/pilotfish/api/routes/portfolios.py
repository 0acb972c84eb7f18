"""A member's groups of accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.follow_shapes import ID
from pilotfish.api.performance_shapes import (
    ToldRecord,
    ToldStanding,
    Window,
    record_of,
    standing_of,
)
from pilotfish.api.problems import Conflict, Fault, NotFound, Unprocessable
from pilotfish.api.routing import new_router, told, translated
from pilotfish.api.shapes import Asked, Time, Told
from pilotfish.api.versions import IfMatch, changed_meanwhile, etag, expected
from pilotfish.domain.portfolios import ACCOUNTS, NAME_CHARS, BadPortfolio, Portfolio
from pilotfish.usecases.manage_portfolios import (
    ChangedMeanwhile,
    ManagePortfolios,
    NoSuchPortfolio,
    TooManyPortfolios,
)
from pilotfish.usecases.read_records import NoSuchAccount, ReadRecords

TAGS = ["Portfolios"]
Id = Annotated[str, Path(pattern=ID, description="As it was answered when it was created.")]
Since = Annotated[Window, Query(description="Days until today, today included.")]
MONTHLY = Window("30d")

errors = translated(
    {
        NoSuchPortfolio: lambda _: NotFound("such portfolio"),
        NoSuchAccount: lambda _: Conflict("An account of it was deleted: take it out.", "gone"),
        TooManyPortfolios: lambda error: Conflict(str(error), "too_many"),
        ChangedMeanwhile: lambda _: changed_meanwhile(),
        BadPortfolio: lambda e: Unprocessable(str(e), Fault(f"body.{e.field}", str(e))),
    }
)


class AskedPortfolio(Asked):
    """What a member says of a group."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS)]
    accounts: Annotated[
        list[Annotated[str, Field(pattern=ID)]], Field(min_length=1, max_length=ACCOUNTS)
    ]


class ToldPortfolio(Told):
    """A group; its ETag is its revision."""

    portfolio_id: str
    name: str
    accounts: list[str]
    created_ms: Time
    revision: int


class ToldPortfolios(Told):
    """All of a member's groups."""

    portfolios: list[ToldPortfolio]


class ToldPortfolioRecord(Told):
    """What the accounts of a group come to together, and each beside the others."""

    portfolio: ToldPortfolio
    record: ToldRecord
    accounts: list[ToldStanding]


@dataclass(frozen=True, slots=True)
class PortfolioCases:
    """What the routes do."""

    manage: ManagePortfolios
    records: ReadRecords


class PortfolioRoutes:
    """Create, read, change and delete; and how they did."""

    def __init__(self, cases: Callable[[], PortfolioCases]) -> None:
        self._cases = cases

    def routes(self) -> APIGatewayHttpRouter:
        router, one = new_router(), "/portfolios/<portfolio_id>"
        router.get("/portfolios", tags=TAGS, summary="My portfolios")(self.all)
        router.post("/portfolios", tags=TAGS, summary="A new portfolio", status_code=201)(
            self.create
        )
        router.get(one, tags=TAGS, summary="A portfolio")(self.one)
        router.put(one, tags=TAGS, summary="Change a portfolio")(self.change)
        router.delete(one, tags=TAGS, summary="Delete a portfolio", status_code=204)(self.delete)
        router.get(f"{one}/record", tags=TAGS, summary="How a portfolio did")(self.record)
        return router

    def all(self, caller: Caller) -> ToldPortfolios:
        """The oldest first."""
        found = self._cases().manage.all(caller.user)
        return ToldPortfolios(portfolios=[ToldPortfolio.model_validate(each) for each in found])

    @errors
    def create(
        self, caller: Caller, asked: Annotated[AskedPortfolio, Body()]
    ) -> Response[ToldPortfolio]:
        """Of accounts of the caller's own."""
        return _shown(self._cases().manage.create(caller.user, asked.name, asked.accounts), 201)

    @errors
    def one(self, caller: Caller, portfolio_id: Id) -> Response[ToldPortfolio]:
        """The caller's own."""
        return _shown(self._cases().manage.get(caller.user, portfolio_id))

    @errors
    def change(
        self,
        caller: Caller,
        portfolio_id: Id,
        asked: Annotated[AskedPortfolio, Body()],
        if_match: IfMatch = None,
    ) -> Response[ToldPortfolio]:
        """Name and accounts are replaced."""
        seen = expected(if_match)
        manage = self._cases().manage
        return _shown(manage.change(caller.user, portfolio_id, seen, asked.name, asked.accounts))

    @errors
    def delete(self, caller: Caller, portfolio_id: Id) -> None:
        """It is gone; its accounts stay."""
        self._cases().manage.delete(caller.user, portfolio_id)

    @errors
    def record(
        self, caller: Caller, portfolio_id: Id, window: Since = MONTHLY
    ) -> ToldPortfolioRecord:
        """All its accounts as if they were one; `window` is for what each of them is beside it."""
        portfolio = self._cases().manage.get(caller.user, portfolio_id)
        records, accounts = self._cases().records, portfolio.accounts
        record = records.together(portfolio.portfolio_id, caller.user, accounts)
        standings = records.standings(caller.user, str(window), accounts)
        return ToldPortfolioRecord(
            portfolio=ToldPortfolio.model_validate(portfolio),
            record=record_of(record),
            accounts=[standing_of(each) for each in standings],
        )


def _shown(portfolio: Portfolio, status: int = 200) -> Response[ToldPortfolio]:
    return told(ToldPortfolio.model_validate(portfolio), status, etag(portfolio.revision))
