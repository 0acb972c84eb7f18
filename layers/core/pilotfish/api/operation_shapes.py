"""What operators ask for and are told."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from pilotfish.api.shapes import Asked, Page, Time, Told
from pilotfish.domain.filters import FAR_MS
from pilotfish.domain.orders import State
from pilotfish.domain.sync_sessions import SyncStatus
from pilotfish.domain.trail import LONGEST_WHY, Action, Verb
from pilotfish.usecases.replay_orders import MOST

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_WHY,
        description="Why: it is kept with what you do, and an account's owner reads it.",
    ),
]


class AskedHalt(Asked):
    """What is meant: `all`, `venue:okx`, or `leader:` and the id of a leader's account."""

    scope: Annotated[str, Field(min_length=1, max_length=80)]
    why: Reason


class ToldHalt(Told):
    """Who stopped what, when and why."""

    scope: str
    by: str
    at_ms: Time
    why: str


class ToldHalts(Told):
    """All of them."""

    halts: list[ToldHalt]


class AskedOrder(Asked):
    """A copy order's name: the parts of its `order_id` before and after the first `/`."""

    follow_id: Annotated[str, Field(min_length=1, max_length=100)]
    order_key: Annotated[str, Field(min_length=1, max_length=200)]


class AskedReplay(Asked):
    """Orders by their names, or all that failed since a time, or both."""

    orders: Annotated[list[AskedOrder], Field(max_length=MOST)] = Field(default_factory=list)
    since_ms: Annotated[int | None, Field(ge=0, le=FAR_MS)] = None
    dry_run: bool = False
    why: Reason


class ToldOutcome(Told):
    """What became of an order that was in this state, and why not more."""

    order_id: str
    was: State | None
    verdict: str
    why: str


class ToldReplay(Told):
    """When there is more, it failed from `more_since_ms` on: ask again with that."""

    orders: list[ToldOutcome]
    more_since_ms: Time | None


class ToldAction(Told):
    """A line of the trail."""

    subject: str
    at_ms: Time
    by: str
    verb: Verb
    why: str
    detail: str


class ToldActions(Page):
    """The latest first."""

    actions: list[ToldAction]

    @classmethod
    def of(cls, actions: Sequence[Action], following: str | None) -> Self:
        """A page of them."""
        return cls(actions=[ToldAction.model_validate(each) for each in actions], next=following)


class ToldClients(Told):
    """`demanded` are states that are told, by family: `price_updates`, `positions` …"""

    clients: int
    users: int
    operators: int
    subscriptions: int
    demanded: dict[str, int]


class ToldSync(Told):
    """A back-fill of an account's past trades."""

    session_id: str
    account_id: str
    owner: str
    venue: str
    status: SyncStatus
    since_ms: Time
    until_ms: Time
    started_ms: Time
    moved_ms: Time
    completed_ms: Time
    trades_synced: int
    trades_updated: int
    trades_known: int
    trades_aside: int
    pages: int
    attempt: int
    error: str


class ToldSyncs(Told):
    """The latest first."""

    syncs: list[ToldSync]
