"""Notices are written once, and read back by user."""

from typing import Any

from pilotfish.adapters.dynamo.alerts import KEEP_S, DynamoAlerts
from pilotfish.domain.alerts import Notice, of_drift

TABLE = "AlertsTable"


def notice(number: int, user: str = "ada") -> Notice:
    return of_drift("acc", user, f"S{number}#net", "1", 1_763_726_400_000 + number)


def test_a_users_notices_are_read_back_oldest_first(dynamodb: Any) -> None:
    alerts = DynamoAlerts(dynamodb, TABLE)
    for number in (3, 1, 2):
        alerts.keep(notice(number))
    alerts.keep(notice(9, "bob"))
    assert alerts.of_user("ada", 10) == [notice(1), notice(2), notice(3)]
    assert alerts.of_user("ada", 2) == [notice(2), notice(3)]


def test_the_same_matter_is_written_once(dynamodb: Any) -> None:
    alerts = DynamoAlerts(dynamodb, TABLE)
    first = notice(1)
    alerts.keep(first)
    alerts.keep(of_drift("acc", "ada", "S1#net", "1", first.at_ms + 300_000))
    assert alerts.of_user("ada", 10) == [first]


def test_notices_expire(dynamodb: Any) -> None:
    DynamoAlerts(dynamodb, TABLE).keep(notice(1))
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == notice(1).at_ms // 1000 + KEEP_S
