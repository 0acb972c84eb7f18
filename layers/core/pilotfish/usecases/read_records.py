"""Track records as people read them: a leader's, an account's, and those of several together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.managing import Connection
from pilotfish.domain.performance.curve import Curve, stretch
from pilotfish.domain.performance.days import Day, day_of, together
from pilotfish.domain.performance.following import copies_of
from pilotfish.domain.performance.records import (
    NO_FUNDING,
    TrackRecord,
    first_day,
    track_record,
)
from pilotfish.domain.places import Page
from pilotfish.domain.portfolios import Ranked, ranked
from pilotfish.domain.sorting import Column, Sorting, Value, sorted_page
from pilotfish.ports import Clock, Register, TrackRecords, Wallets


class NoSuchAccount(LookupError):
    """There is none of that id, or it is another user's: nobody learns which."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account beside its owner's others; `equity` (dollars) as its venue told it at `at_ms`."""

    account_id: str
    label: str
    venue: str
    paper: bool
    leads: bool
    ranked: Ranked
    equity: Decimal | None = None
    at_ms: int = 0
    connected_ms: int = 0


FIRST_CONNECTED = Sorting("connected", descending=False)
#: What standings are sorted by.
COLUMNS: Mapping[str, Callable[[Standing], Value]] = {
    "connected": lambda row: row.connected_ms,
    "label": lambda row: row.label,
    "venue": lambda row: row.venue,
    "roi": lambda row: row.ranked.figures.roi,
    "pnl": lambda row: row.ranked.figures.pnl,
    "drawdown": lambda row: row.ranked.figures.drawdown,
    "unrealized": lambda row: row.ranked.unrealized,
    "exposure": lambda row: row.ranked.exposure,
    "risk": lambda row: row.ranked.risk,
    "equity": lambda row: row.equity,
}


def page_of(
    standings: Sequence[Standing],
    window: str,
    asked: Sorting = FIRST_CONNECTED,
    after: str = "",
    limit: int = 100,
) -> Page[Standing]:
    """Some of them, sorted by one of `COLUMNS`; raises `BadCursor`."""
    column = Column(COLUMNS[asked.by], lambda row: row.account_id)
    question = {"of": "standings", "window": window}
    return sorted_page(standings, column, asked, question, after, limit)


class ReadRecords:
    """Of a leader's account all its fills count, of another one what was copied to it.

    Records of accounts are read as they were computed last; those of groups are computed.
    """

    def __init__(
        self, *, records: TrackRecords, register: Register, wallets: Wallets, clock: Clock
    ) -> None:
        self._records = records
        self._register = register
        self._wallets = wallets
        self._clock = clock

    def of_leader(self, leader_id: str) -> TrackRecord:
        """As it was computed last; an empty one as of now, where it never was."""
        found = self._records.record(leader_id)
        return track_record(leader_id, {}, self._clock()) if found is None else found

    def of_account(self, owner: str, account_id: str) -> TrackRecord:
        """Raises `NoSuchAccount`."""
        own = self._own(owner, account_id)
        return self._published([own])[account_id]

    def leader_days(self, leader_id: str) -> Mapping[str, Day]:
        """All of them."""
        return self._records.days(leader_id)

    def account_days(self, owner: str, account_ids: Sequence[str]) -> Mapping[str, Day]:
        """Of several accounts as if they were one; raises `NoSuchAccount`."""
        own = [self._own(owner, account_id) for account_id in account_ids]
        return self._days(own)

    def together(self, name: str, owner: str, account_ids: Sequence[str]) -> TrackRecord:
        """One record of several accounts; raises `NoSuchAccount`."""
        own = [self._own(owner, account_id) for account_id in account_ids]
        return self._computed(name, own)

    def curve(self, days: Mapping[str, Day], window: str) -> Curve:
        """The equity curve of a window until today."""
        today = day_of(self._clock())
        return stretch(days, first_day(window, today), today).curve()

    def standings(
        self, owner: str, window: str, only: Iterable[str] | None = None
    ) -> list[Standing]:
        """All of an owner's accounts, or those of them that are named."""
        wanted = None if only is None else {*only}
        own = [
            each
            for each in self._register.of_owner(owner)
            if not each.deleted and (wanted is None or each.account_id in wanted)
        ]
        records = self._published(own)
        rows = {row.account_id: row for row in ranked(records, window)}
        wallets = self._wallets.of(records)
        return [
            Standing(
                account_id=each.account_id,
                label=each.label,
                venue=each.venue,
                paper=each.paper,
                leads=each.leads,
                ranked=rows[each.account_id],
                equity=wallet.equity if (wallet := wallets.get(each.account_id)) else None,
                at_ms=wallet.at_ms if wallet else 0,
                connected_ms=each.connected_ms,
            )
            for each in own
        ]

    def _own(self, owner: str, account_id: str) -> Connection:
        found = self._register.get(account_id)
        if found is None or found.deleted or found.owner != owner:
            raise NoSuchAccount(account_id)
        return found

    def _published(self, accounts: Sequence[Connection]) -> dict[str, TrackRecord]:
        """By account; an empty one as of now, where it never was computed."""
        found = self._records.published(map(_place, accounts))
        now_ms = self._clock()
        return {
            each.account_id: replace(found[_place(each)], place=each.account_id)
            if _place(each) in found
            else track_record(each.account_id, {}, now_ms, paper=each.paper)
            for each in accounts
        }

    def _computed(self, name: str, accounts: Sequence[Connection]) -> TrackRecord:
        paper = any(account.paper for account in accounts)
        funded = all(
            NO_FUNDING not in each.not_counted for each in self._published(accounts).values()
        )
        unknown = () if funded else (NO_FUNDING,)
        return track_record(name, self._days(accounts), self._clock(), unknown, paper=paper)

    def _days(self, accounts: Iterable[Connection]) -> dict[str, Day]:
        places: list[str] = []
        for each in accounts:
            if each.leads:
                places.append(each.account_id)
            else:
                places += self._records.copied(each.account_id)
        if len(places) == 1:
            return self._records.days(places[0])
        return together(self._records.days(place) for place in places)


def _place(account: Connection) -> str:
    return account.account_id if account.leads else copies_of(account.account_id)
