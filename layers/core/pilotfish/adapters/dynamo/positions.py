"""PositionsTable: what leaders hold, and what follows have copied and missed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.batching import BatchedReads
from pilotfish.adapters.dynamo.items import Item, TransactionCanceled, batch_get, n, s, transact
from pilotfish.adapters.dynamo.leases import still_held
from pilotfish.domain.errors import LeaseLost
from pilotfish.domain.fills import Side
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.netting import ROUND_TRIPS, Booked, Misses, position_key
from pilotfish.domain.opened import from_texts, texts
from pilotfish.domain.orders import CopyOrder, Leg, effect_of_step
from pilotfish.domain.venues import Position
from pilotfish.ports import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BASELINE = "#baseline"
LAPSED = "lapsed_"
COUNT = "#fills"
CHUNK = 90


class DynamoPositions:
    """A leader's rows are written with its fills, a follow's with its orders."""

    def __init__(self, client: "DynamoDBClient", table: str, leases_table: str = "") -> None:
        self._client = client
        self._table = table
        self._leases_table = leases_table
        self._reads = BatchedReads(client, table)

    def of_account(self, account_id: str) -> Holdings | None:
        """What a leader holds; None when its baseline was never taken."""
        rows = {row["sk"]["S"]: row for row in self._rows(account_id)}
        if rows.pop(BASELINE, None) is None:
            return None
        fills = int(number(rows.pop(COUNT, {}), "fills"))
        return Holdings({key: _held(row) for key, row in rows.items()}, fills)

    def save_baseline(self, account_id: str, positions: Sequence[Position], lease: Lease) -> None:
        """The marker goes last, so that a baseline is whole or not there.

        What an earlier attempt wrote and the account no longer holds becomes zero. The count of
        fills goes on: who looked before must see that something changed.
        """
        before = {row["sk"]["S"]: row for row in self._rows(account_id)}
        fills = int(number(before.pop(COUNT, {}), "fills"))
        before.pop(BASELINE, None)
        held = dict.fromkeys(before, Held())
        held |= {
            position_key(p.symbol, p.position_side): Held(p.quantity, p.entry_price)
            for p in positions
        }
        rows = [leader_row(self._table, account_id, key, held[key]) for key in held]
        rows.append(count_row(self._table, account_id, fills + 1))
        rows.append(leader_row(self._table, account_id, BASELINE, Held()))
        for start in range(0, len(rows), CHUNK):
            check = still_held(self._leases_table, lease)
            try:
                transact(self._client, [check, *rows[start : start + CHUNK]])
            except TransactionCanceled as canceled:
                raise LeaseLost(lease.shard) from canceled

    def _rows(self, holder: str) -> list[Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :holder",
            ExpressionAttributeValues={":holder": s(holder)},
            ConsistentRead=True,
        )
        return [row for page in pages for row in page["Items"]]

    def fills_written(self, account_id: str) -> int:
        """How many fills of a leader are written down so far."""
        key = {"pk": s(account_id), "sk": s(COUNT)}
        row = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return int(number(row or {}, "fills"))

    def booked(self, keys: Mapping[str, str]) -> dict[str, Booked]:
        """What follows hold and missed; from and by follow id, `keys` are `position_key`s."""
        wanted = [{"pk": s(follow), "sk": s(key)} for follow, key in keys.items()]
        rows = batch_get(self._client, self._table, wanted)
        return {row["pk"]["S"]: _booked(row) for row in rows}

    def of_follow(self, follow_id: str) -> dict[str, Booked]:
        """All that a follow holds and missed, by `position_key`."""
        return {row["sk"]["S"]: _booked(row) for row in self._rows(follow_id)}

    async def of_order(self, order: CopyOrder) -> Booked:
        """The position of its follow that an order changes."""
        return _booked(await self._reads.get(_key(order)) or {})


def _booked(row: Any) -> Booked:
    lapsed = {
        int(name.removeprefix(LAPSED)): number(row, name) for name in row if name.startswith(LAPSED)
    }
    return Booked(
        copied=number(row, "copied"),
        misses=Misses(number(row, "missed_entry"), number(row, "missed_exit")),
        lapsed=lapsed,
        closable=number(row, "closable"),
        exposed=number(row, "exposed"),
        spent=number(row, "spent"),
        written_off=number(row, "written_off"),
        entered=number(row, "entered") if "entered" in row else None,
    )


def _key(order: CopyOrder) -> Item:
    return {"pk": s(order.follow_id), "sk": s(order.position_key)}


def number(row: Any, name: str) -> Decimal:
    """A number attribute; 0 where it is missing."""
    return Decimal(row[name]["N"]) if name in row else Decimal(0)


def _held(row: Any) -> Held:
    stored: dict[str, Any] = {name: row[name]["S"] for name in ("venue",) if name in row}
    for name in ("entry_price", "last_price", "realized"):
        if name in row:
            stored[name] = Decimal(row[name]["S"])
    if "orders" in row:
        stored["orders"] = from_texts([text["S"] for text in row["orders"]["L"]])
    opened_ms = int(number(row, "opened_ms"))
    return Held(Decimal(row["quantity"]["S"]), opened_ms=opened_ms, **stored)


def leader_row(table: str, account_id: str, key: str, held: Held) -> Item:
    """The transaction item that sets a leader's position."""
    row = {"pk": s(account_id), "sk": s(key), "quantity": s(str(held.quantity))}
    prices = {"entry_price": held.entry_price, "last_price": held.last_price}
    row |= {name: s(str(price)) for name, price in prices.items() if price is not None}
    if held.venue:
        row |= {"venue": s(held.venue), "opened_ms": n(held.opened_ms)}
        row["realized"] = s(str(held.realized))
    if held.orders:
        row["orders"] = {"L": [s(text) for text in texts(held.orders)]}
    return {"Put": {"TableName": table, "Item": row}}


def count_is(table: str, account_id: str, fills: int) -> Item:
    """The transaction item that holds while so many fills of a leader are written down."""
    none_yet = "attribute_not_exists(pk) OR " if fills == 0 else ""
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": {"pk": s(account_id), "sk": s(COUNT)},
            "ConditionExpression": f"{none_yet}fills = :fills",
            "ExpressionAttributeValues": {":fills": n(fills)},
        }
    }


def count_row(table: str, account_id: str, fills: int) -> Item:
    """The transaction item that says how many fills of a leader are written down."""
    row = {"pk": s(account_id), "sk": s(COUNT), "fills": n(fills)}
    return {"Put": {"TableName": table, "Item": row}}


def effect_item(table: str, before: CopyOrder, order: CopyOrder) -> list[Item]:
    """The transaction item that brings a transition's effect to its follow, if it has one."""
    change = effect_of_step(before, order)
    added = {
        "copied": change.copied,
        f"missed_{Leg(order.leg)}": change.missed,
        f"{LAPSED}{order.round_trip % ROUND_TRIPS}": change.lapsed,
        "closable": change.closable,
        "exposed": change.exposed,
        "spent": change.spent,
    }
    added = {name: value for name, value in added.items() if value}
    if not added:
        return []
    marks = _marks(order) if change.exposed else {}
    if entered := order.entered(change.copied):
        marks["entered"] = entered
    sets = "SET " + ", ".join(f"{name} = :{name}" for name in marks) if marks else ""
    update = {
        "TableName": table,
        "Key": _key(order),
        "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in added) + f" {sets}",
        "ExpressionAttributeValues": {
            f":{name}": n(value) for name, value in (added | marks).items()
        },
    }
    return [{"Update": update}]


def _marks(order: CopyOrder) -> dict[str, Decimal]:
    """What an entry leaves beside what it adds: at what price, and in which lots."""
    price = order.average_price or order.reference_price
    return {"price": price, "lot": order.lot} if order.leg is Leg.ENTRY and price else {}


def reservation(table: str, order: CopyOrder, claimed: CopyOrder) -> list[Item]:
    """What a claim takes of the position, while there is enough of it.

    An exit takes of what is closable, an entry below a cap of the room that is left. What is left
    within a follow's limits is for `standing_update` to hold.
    """
    items = effect_item(table, order, claimed)
    if claimed.leg is Leg.ENTRY and claimed.most is None:
        return items
    for item in items:
        condition, limit = _enough(claimed)
        item["Update"]["ConditionExpression"] = condition
        item["Update"]["ExpressionAttributeValues"][":limit"] = n(limit)
    return items


def _enough(claimed: CopyOrder) -> tuple[str, Decimal]:
    """A buy closes a short position, which is negative, and opens towards a positive cap."""
    buys, quantity = claimed.side is Side.BUY, claimed.sent_quantity
    if claimed.leg is Leg.EXIT:
        return ("closable <= :limit", -quantity) if buys else ("closable >= :limit", quantity)
    room = (claimed.most or Decimal(0)) - quantity
    if buys:
        return "attribute_not_exists(exposed) OR exposed <= :limit", room
    return "attribute_not_exists(exposed) OR exposed >= :limit", -room
