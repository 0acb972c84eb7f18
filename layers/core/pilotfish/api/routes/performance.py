"""Track records of leaders and of a member's own accounts, and what follows owe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.callers import Caller
from pilotfish.api.follow_shapes import ID
from pilotfish.api.performance_shapes import (
    MONTH,
    ToldCalendar,
    ToldCurve,
    ToldRecord,
    ToldStanding,
    ToldStatements,
    Window,
    calendar_of,
    curve_of,
    record_of,
    standing_of,
    statement_of,
)
from pilotfish.api.problems import Fault, NotFound, Unprocessable
from pilotfish.api.routing import new_router, translated
from pilotfish.api.shapes import Page, Time
from pilotfish.domain.fees import month_of
from pilotfish.domain.leaders import NoSuchLeader
from pilotfish.domain.performance.days import Day, day_of
from pilotfish.domain.places import LONGEST, BadCursor
from pilotfish.domain.portfolios import highest_risk, top_performers
from pilotfish.domain.sorting import Sorting
from pilotfish.ports import Clock
from pilotfish.usecases.discover import Discover
from pilotfish.usecases.read_records import COLUMNS, NoSuchAccount, ReadRecords, page_of
from pilotfish.usecases.read_statements import MOST, ReadStatements

TAGS = ["Track records"]
LeaderId = Annotated[str, Path(pattern=ID, description="The leader's account.")]
AccountId = Annotated[str, Path(pattern=ID, description="One of the caller's accounts.")]
Since = Annotated[Window, Query(description="Days until today, today included.")]
Month = Annotated[str | None, Query(pattern=MONTH, description="`2026-11`, in UTC; else this one.")]
EveryMonth = Annotated[str | None, Query(pattern=MONTH, description="Of one month alone.")]
Top = Annotated[int, Query(ge=1, le=100, description="So many of the best, and the riskiest.")]
SortBy = StrEnum("StandingsBy", {name.upper(): name for name in COLUMNS})  # type: ignore[misc]
FIRST = SortBy("connected")
Descending = Annotated[bool, Query(description="The greatest first; what has no figure is last.")]
After = Annotated[str, Query(max_length=LONGEST, description="`next` of the page before.")]
PageLimit = Annotated[int, Query(ge=1, le=MOST, description="So many of them.")]
MONTHLY = Window("30d")

errors = translated(
    {
        NoSuchLeader: lambda _: NotFound("such leader"),
        NoSuchAccount: lambda _: NotFound("such account"),
        BadCursor: lambda e: Unprocessable(str(e), Fault("query.cursor", str(e))),
    }
)


class Role(StrEnum):
    """Whose side of the statements."""

    FOLLOWER = "follower"
    LEADER = "leader"


AskedRole = Annotated[Role, Query(description="What I owe, or what is owed to my leaders.")]


class ToldPerformance(Page):
    """A page of a member's accounts; of all of them those that did best, and the riskiest.

    At most 100 can be connected. Each is told as it was computed last, at the latest at
    `computed_ms`.
    """

    window: str
    computed_ms: Time
    accounts: list[ToldStanding]
    top_performers: list[str]
    highest_risk: list[str]


@dataclass(frozen=True, slots=True)
class PerformanceCases:
    """What the routes read."""

    records: ReadRecords
    statements: ReadStatements
    discover: Discover
    clock: Clock


class PerformanceRoutes:
    """Everything here is read only."""

    def __init__(self, cases: Callable[[], PerformanceCases]) -> None:
        self._cases = cases

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        leader, account = "/leaders/<leader_id>", "/accounts/<account_id>"
        for path, summary, route in (
            (f"{leader}/record", "A leader's track record", self.leader),
            (f"{leader}/equity", "A leader's equity curve", self.leader_equity),
            (f"{leader}/calendar", "A leader's profit, day by day", self.leader_calendar),
            (f"{account}/record", "An account's track record", self.account),
            (f"{account}/equity", "An account's equity curve", self.account_equity),
            (f"{account}/calendar", "An account's profit, day by day", self.account_calendar),
            ("/performance", "My accounts beside one another", self.performance),
            ("/fees/statements", "Leaders' shares of profit, by month", self.fees),
        ):
            router.get(path, tags=TAGS, summary=summary)(route)
        return router

    @errors
    def leader(self, caller: Caller, leader_id: LeaderId) -> ToldRecord:
        """As it was computed last; beside it what its followers earned."""
        self._cases().discover.one(caller, leader_id)
        return record_of(self._cases().records.of_leader(leader_id))

    @errors
    def leader_equity(
        self, caller: Caller, leader_id: LeaderId, window: Since = MONTHLY
    ) -> ToldCurve:
        """From the base of the window on."""
        self._cases().discover.one(caller, leader_id)
        return self._curve(self._cases().records.leader_days(leader_id), window)

    @errors
    def leader_calendar(
        self, caller: Caller, leader_id: LeaderId, month: Month = None
    ) -> ToldCalendar:
        """Days are UTC days."""
        self._cases().discover.one(caller, leader_id)
        return self._calendar(self._cases().records.leader_days(leader_id), month)

    @errors
    def account(self, caller: Caller, account_id: AccountId) -> ToldRecord:
        """Of all its trades for one that leads, else of what was copied to it."""
        return record_of(self._cases().records.of_account(caller.user, account_id))

    @errors
    def account_equity(
        self, caller: Caller, account_id: AccountId, window: Since = MONTHLY
    ) -> ToldCurve:
        """From the base of the window on."""
        return self._curve(self._own(caller, account_id), window)

    @errors
    def account_calendar(
        self, caller: Caller, account_id: AccountId, month: Month = None
    ) -> ToldCalendar:
        """Days are UTC days."""
        return self._calendar(self._own(caller, account_id), month)

    @errors
    def performance(
        self,
        caller: Caller,
        window: Since = MONTHLY,
        sort: SortBy = FIRST,
        descending: Descending = False,
        top: Top = 10,
        limit: PageLimit = 50,
        cursor: After = "",
    ) -> ToldPerformance:
        """Realized and unrealized profit of each, and what its venue says it is worth."""
        found = self._cases().records.standings(caller.user, str(window))
        page = page_of(found, str(window), Sorting(str(sort), descending), cursor, limit)
        rows = [each.ranked for each in found]
        return ToldPerformance(
            window=str(window),
            computed_ms=self._cases().clock(),
            accounts=[standing_of(each) for each in page.items],
            top_performers=[row.account_id for row in top_performers(rows, top)],
            highest_risk=[row.account_id for row in highest_risk(rows, top)],
            next=page.next,
        )

    @errors
    def fees(
        self,
        caller: Caller,
        role: AskedRole = Role.FOLLOWER,
        month: EveryMonth = None,
        limit: PageLimit = 50,
        cursor: After = "",
    ) -> ToldStatements:
        """No money is moved. What is owed for the month that runs may yet change."""
        read = self._cases().statements
        owed = read.owed_to if role is Role.LEADER else read.owed_by
        page = owed(caller.user, month or "", cursor, limit)
        found = [statement_of(each) for each in page.items]
        return ToldStatements(statements=found, next=page.next)

    def _own(self, caller: Caller, account_id: str) -> Mapping[str, Day]:
        return self._cases().records.account_days(caller.user, [account_id])

    def _curve(self, days: Mapping[str, Day], window: str) -> ToldCurve:
        curve = self._cases().records.curve(days, str(window))
        return curve_of(curve, str(window), self._cases().clock())

    def _calendar(self, days: Mapping[str, Day], month: str | None) -> ToldCalendar:
        now_ms = self._cases().clock()
        return calendar_of(days, month or month_of(day_of(now_ms)), now_ms)
