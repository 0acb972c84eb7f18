"""What follows owe their leaders: the months that are over, and the one that runs."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.fees import Statement, Terms, month_of, statements
from pilotfish.domain.performance.days import day_of
from pilotfish.domain.performance.following import Followed
from pilotfish.ports import Clock, FeeStatements, Register, TrackRecords


class ReadStatements:
    """As a follower, what one owes; as a leader, what is owed by whom: follows, and no names."""

    def __init__(
        self,
        *,
        statements: FeeStatements,
        records: TrackRecords,
        register: Register,
        clock: Clock,
    ) -> None:
        self._statements = statements
        self._records = records
        self._register = register
        self._clock = clock

    def owed_by(self, owner: str, month: str = "") -> list[Statement]:
        """By all accounts of the owner's, of all months or of one; the newest first."""
        found: list[Statement] = []
        for account in self._register.of_owner(owner):
            for row in self._records.copied(account.account_id).values():
                if row.owner == owner and not row.paper:
                    found += self._of_follow(row)
        return _newest_first(each for each in found if each.month.startswith(month))

    def owed_to(self, owner: str, month: str = "") -> list[Statement]:
        """To all leaders of the owner's; only what is settled: the month that runs is not."""
        leaders = [each for each in self._register.of_owner(owner) if each.leads]
        found = [
            replace(statement, account_id="", owner="")
            for leader in leaders
            for statement in self._statements.of_leader(leader.account_id, month)
        ]
        return _newest_first(found)

    def _of_follow(self, row: Followed) -> list[Statement]:
        made = self._statements.of_follow(row.follow_id)
        head = self._records.head(row.follow_id)
        days = self._records.days(row.follow_id)
        share = Decimal(0) if head is None or head.share is None else head.share
        terms = Terms(row.follow_id, row.leader_id, row.account_id, row.owner, share)
        now_ms = self._clock()
        missing = statements(terms, days, made, day_of(now_ms), now_ms)
        running = [each for each in missing if each.month == month_of(day_of(now_ms))]
        return [*made, *running]


def _newest_first(found: Iterable[Statement]) -> list[Statement]:
    return sorted(found, key=lambda each: (each.month, each.follow_id), reverse=True)
