"""PositionsTable: what accounts' markets were set to at their venues, beside what is held there."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, batch_get, n, s
from pilotfish.adapters.dynamo.positions import number
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.margining import Margin, MarginMark, MarginMode
from pilotfish.domain.netting import position_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# No account and no follow has such a name: what they hold is under their own.
PREFIX = "margin#"


class DynamoMargins:
    """A mark for each account and market; every write is one from the revision before it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, account_id: str, symbol: str) -> MarginMark | None:
        """As stored now."""
        rows = batch_get(self._client, self._table, [_key(account_id, symbol)])
        return _mark(account_id, symbol, rows[0]) if rows else None

    def put(self, mark: MarginMark) -> bool:
        """False, and nothing is written, when the stored one is not of the revision before it."""
        leverage, mode = mark.margin.leverage, mark.margin.mode
        fields = {
            "leverage": s("" if leverage is None else str(leverage)),
            "margin_mode": s(mode or ""),
            "follows": {"L": [s(follow) for follow in sorted(mark.follows)]},
            "at_ms": n(mark.at_ms),
            "done": {"BOOL": mark.done},
            "revision": n(mark.revision),
        }
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(mark.account_id, mark.symbol),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
                ConditionExpression=(
                    "attribute_not_exists(pk)" if mark.revision == 1 else "#revision = :before"
                ),
                ExpressionAttributeNames={f"#{name}": name for name in fields},
                ExpressionAttributeValues={f":{name}": fields[name] for name in fields}
                | ({} if mark.revision == 1 else {":before": n(mark.revision - 1)}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def holds(self, follow_ids: Iterable[str], symbol: str) -> bool:
        """Whether one of the follows has something in a market, or entries that may yet fill."""
        keys = [
            {"pk": s(follow_id), "sk": s(position_key(symbol, side))}
            for follow_id in follow_ids
            for side in PositionSide
        ]
        rows = batch_get(self._client, self._table, keys)
        return any(number(row, "copied") or number(row, "exposed") for row in rows)


def _key(account_id: str, symbol: str) -> Item:
    return {"pk": s(f"{PREFIX}{account_id}"), "sk": s(symbol)}


def _mark(account_id: str, symbol: str, row: Any) -> MarginMark:
    leverage, mode = row["leverage"]["S"], row["margin_mode"]["S"]
    return MarginMark(
        account_id=account_id,
        symbol=symbol,
        margin=Margin(Decimal(leverage) if leverage else None, MarginMode(mode) if mode else None),
        follows=frozenset(each["S"] for each in row["follows"]["L"]),
        at_ms=int(row["at_ms"]["N"]),
        done=row["done"]["BOOL"],
        revision=int(row["revision"]["N"]),
    )
