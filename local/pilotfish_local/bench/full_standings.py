"""Accounts with the records and the statements that members read page by page."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from pilotfish.adapters.dynamo.fee_statements import DynamoFeeStatements
from pilotfish.adapters.dynamo.register import DynamoRegister
from pilotfish.adapters.dynamo.track_records import DynamoTrackRecords
from pilotfish.adapters.dynamo.trail import DynamoTrail
from pilotfish.domain.fees import Statement
from pilotfish.domain.managing import Connection
from pilotfish.domain.performance.days import Day, day_of
from pilotfish.domain.performance.following import copies_of
from pilotfish.domain.performance.records import track_record
from pilotfish.domain.trail import Action, Verb
from pilotfish_local.bench.noted import Noted

MONTHS = ("2025-01", "2025-02", "2025-03")
LOOKS = 60


class FullStandings:
    """As the stores write them."""

    def __init__(self, name: Callable[[str], str], venue: str, at_ms: int) -> None:
        self._noted = Noted()
        client: Any = self._noted
        records_table = name("TrackRecordsTable")
        self._register = DynamoRegister(client, name("AccountsTable"))
        self._records = DynamoTrackRecords(client, records_table)
        self._statements = DynamoFeeStatements(client, records_table)
        self._trail = DynamoTrail(client, name("TrailTable"))
        self._venue = venue
        self._at_ms = at_ms

    def account(self, account_id: str, owner: str) -> None:
        """With the record of what was copied to it, and operators who looked at it."""
        self._register.open(
            Connection(account_id, owner, self._venue, label=account_id, connected_ms=self._at_ms)
        )
        today = day_of(self._at_ms)
        earned = Decimal(sum(account_id.encode()) % 97)
        days = {today: Day(today, realized=earned, need=Decimal(100), deals=2)}
        self._records.publish(track_record(copies_of(account_id), days, self._at_ms))
        for number in range(LOOKS):
            at_ms = self._at_ms + number
            self._trail.append(Action(account_id, at_ms, "0", "operator", Verb.LOOK, "bench"))

    def statements(self, follow_id: str, leader_id: str, account_id: str, owner: str) -> None:
        """One for each of some months."""
        for month in MONTHS:
            share, mark, result = Decimal("0.1"), Decimal(0), Decimal(5)
            self._statements.add(
                Statement(
                    *(follow_id, leader_id, account_id, owner, month, share, mark, result),
                    made_ms=self._at_ms,
                    leader_owner=f"who-{leader_id}",
                )
            )

    def taken(self) -> Iterator[tuple[str, list[Any]]]:
        """The items of each table, once."""
        return self._noted.taken()
