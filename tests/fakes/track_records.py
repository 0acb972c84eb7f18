"""The twins of what track records are counted from and written to."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from pilotfish.domain.books import of_order
from pilotfish.domain.fees import Statement
from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.payments import Payment, Reading, Wanted
from pilotfish.domain.performance.counting import Ended, Head
from pilotfish.domain.performance.days import Day
from pilotfish.domain.performance.following import Followed
from pilotfish.domain.performance.records import TrackRecord
from pilotfish.domain.places import Place
from pilotfish.domain.portfolios import Portfolio
from tests.fakes.tables import Tables


class MemoryExecuted:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def fills(self, account_id: str, after: str, limit: int) -> list[Fill]:
        rows = sorted(self._tables.fills.items())
        found = [fill for (account, key), fill in rows if account == account_id and key > after]
        return found[:limit]

    def written_after(self, account_id: str, number: int, limit: int) -> list[tuple[int, str]]:
        found = [
            (fill.number, fill.fill_id)
            for (account, _), fill in self._tables.fills.items()
            if account == account_id and fill.number > number and not fill.history
        ]
        return sorted(found)[:limit]

    def copies(self, follow_id: str, after_ms: int, until_ms: int) -> list[CopyOrder]:
        found = []
        for (follow, key), order in self._tables.orders.items():
            done = of_order(order)
            if follow == follow_id and done is not None and after_ms < done.at_ms <= until_ms:
                found.append((done.at_ms, key, order))
        return [order for _, _, order in sorted(found, key=lambda each: each[:2])]


@dataclass
class MemoryTrackRecords:
    heads: dict[str, Head] = field(default_factory=dict)
    ended: dict[tuple[str, str], Ended] = field(default_factory=dict)
    kept: dict[tuple[str, str], Day] = field(default_factory=dict)
    records: dict[str, TrackRecord] = field(default_factory=dict)
    rows: dict[tuple[str, str], Followed] = field(default_factory=dict)

    def head(self, place: str) -> Head | None:
        return deepcopy(self.heads.get(place))

    def save(self, head: Head, ended: Sequence[Ended]) -> bool:
        before = self.heads.get(head.place)
        if (before.revision if before else 0) != head.revision - 1:
            return False
        for each in ended:
            self.ended[head.place, each.day.day] = deepcopy(each)
            self.kept[head.place, each.day.day] = deepcopy(each.day)
        self.heads[head.place] = deepcopy(head)
        if head.day is not None:
            self.kept[head.place, head.day.day] = deepcopy(head.day)
        return True

    def ended_before(self, place: str, day: str) -> Ended | None:
        known = [key for key in self.ended if key[0] == place and key[1] < day]
        return deepcopy(self.ended[max(known)]) if known else None

    def days(self, place: str, since: str = "") -> dict[str, Day]:
        rows = sorted(self.kept.items())
        return {day: deepcopy(each) for (own, day), each in rows if own == place and day >= since}

    def publish(self, record: TrackRecord) -> bool:
        before = self.records.get(record.place)
        if before is not None and before.computed_ms > record.computed_ms:
            return False
        self.records[record.place] = record
        return True

    def record(self, place: str) -> TrackRecord | None:
        return self.records.get(place)

    def published(self, places: Iterable[str]) -> dict[str, TrackRecord]:
        return {place: self.records[place] for place in places if place in self.records}

    def save_followed(self, row: Followed) -> None:
        self.rows[row.leader_id, row.follow_id] = row

    def followed(self, leader_id: str) -> dict[str, Followed]:
        return {follow: row for (leader, follow), row in self.rows.items() if leader == leader_id}

    def copied(self, account_id: str) -> dict[str, Followed]:
        return {row.follow_id: row for row in self.rows.values() if row.account_id == account_id}


@dataclass
class MemoryFeeStatements:
    made: dict[tuple[str, str], Statement] = field(default_factory=dict)
    running: dict[tuple[str, str], Statement] = field(default_factory=dict)

    def add(self, statement: Statement) -> bool:
        key = statement.follow_id, statement.month
        if key in self.made:
            return False
        self.made[key] = statement
        self.running.pop(key, None)
        return True

    def estimate(self, statement: Statement) -> bool:
        key = statement.follow_id, statement.month
        if key in self.made:
            return False
        self.running[key] = statement
        return True

    def of_follow(self, follow_id: str) -> list[Statement]:
        return [each for key, each in sorted(self.made.items()) if key[0] == follow_id]

    def owed_by(
        self, owner: str, month: str, after: Place | None, limit: int
    ) -> tuple[list[Statement], Place | None]:
        known = [*self.made.values(), *self.running.values()]
        return self._page([each for each in known if each.owner == owner], month, after, limit)

    def owed_to(
        self, owner: str, month: str, after: Place | None, limit: int
    ) -> tuple[list[Statement], Place | None]:
        known = [each for each in self.made.values() if each.leader_owner == owner]
        return self._page(known, month, after, limit)

    def _page(
        self, known: list[Statement], month: str, after: Place | None, limit: int
    ) -> tuple[list[Statement], Place | None]:
        rows = {f"{each.month}#{each.follow_id}": each for each in known}
        names = sorted((name for name in rows if name.startswith(month)), reverse=True)
        left = [name for name in names if after is None or name < after.sk]
        place = Place("owed|", left[limit - 1]) if len(left) > limit else None
        return [rows[name] for name in left[:limit]], place


@dataclass
class MemoryPortfolios:
    kept: dict[tuple[str, str], Portfolio] = field(default_factory=dict)

    def of_owner(self, owner: str) -> list[Portfolio]:
        return [each for key, each in sorted(self.kept.items()) if key[0] == owner]

    def get(self, owner: str, portfolio_id: str) -> Portfolio | None:
        return self.kept.get((owner, portfolio_id))

    def save(self, portfolio: Portfolio) -> bool:
        key = portfolio.owner, portfolio.portfolio_id
        before = self.kept.get(key)
        if (before.revision if before else 0) != portfolio.revision - 1:
            return False
        self.kept[key] = portfolio
        return True

    def delete(self, owner: str, portfolio_id: str, revision: int) -> bool:
        before = self.kept.get((owner, portfolio_id))
        if before is None or before.revision != revision:
            return False
        del self.kept[owner, portfolio_id]
        return True


@dataclass
class MemoryPayments:
    kept: dict[str, dict[str, Payment]] = field(default_factory=dict)
    read: dict[str, Reading] = field(default_factory=dict)
    asked: dict[tuple[str, str], Wanted] = field(default_factory=dict)

    def readings(self, account_ids: Iterable[str]) -> dict[str, Reading]:
        return {name: self.read[name] for name in account_ids if name in self.read}

    def add(self, reading: Reading, payments: Sequence[Payment]) -> Reading | None:
        account_id = reading.account_id
        before = self.read.get(account_id, Reading(account_id))
        if before.revision != reading.revision:
            return None
        kept = self.kept.setdefault(account_id, {})
        new = {each.name: each for each in payments if each.name not in kept}
        kept.update(new)
        self.read[account_id] = reading.after(new.values())
        return self.read[account_id]

    def between(self, account_id: str, since_ms: int, until_ms: int) -> list[Payment]:
        rows = sorted(self.kept.get(account_id, {}).items())
        return [each for _, each in rows if since_ms <= each.at_ms <= until_ms]

    def want(self, account_id: str, wanted: Wanted) -> None:
        self.asked[account_id, wanted.follow_id] = wanted

    def wanted(self, account_id: str) -> list[Wanted]:
        return [each for key, each in sorted(self.asked.items()) if key[0] == account_id]
