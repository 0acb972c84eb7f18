"""AsidesTable: what venues reported as trades and cannot be, until a person has seen it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.fills import fill_from_item, fill_to_item, live_put
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Item,
    TransactionCanceled,
    failed_condition,
    n,
    readable,
    s,
    transact,
)
from pilotfish.adapters.dynamo.leases import still_held
from pilotfish.adapters.dynamo.positions import count_row, leader_row
from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, AsideState, Flaw, Review, counted, settled
from pilotfish.domain.errors import LeaseLost
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.netting import position_key
from pilotfish.ports import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# Sparse: what waits for a person is under `open`, what waits for the poller or for a back-fill
# under its account.
WAITS = "waits"
OPEN = "open"
RELEASED, PAST = "released#", "past#"


class DynamoAsides:
    """The poller writes them and settles them; a person releases or drops them."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        fills_table: str = "",
        positions_table: str = "",
        leases_table: str = "",
    ) -> None:
        self._client = client
        self._table = table
        self._fills_table = fills_table
        self._positions_table = positions_table
        self._leases_table = leases_table

    def keep(
        self, account: Account, holdings: Holdings, aside: Aside, lease: Lease
    ) -> Aside | None:
        """Write one that is new, with the position that it moves; None: it was known."""
        after = holdings.copy()
        kept = counted(aside, after)
        put = {
            "Put": {
                "TableName": self._table,
                "Item": aside_to_item(kept, account),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        items = [still_held(self._leases_table, lease), put, *self._moved(account, kept, after)]
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                raise LeaseLost(lease.shard) from canceled
            if canceled.codes[1] == CONDITION_FAILED:
                return None
            raise
        holdings.take(after)
        return kept

    def settle(
        self, account: Account, holdings: Holdings, aside: Aside, fill: Fill, lease: Lease
    ) -> Fill | None:
        """Write the fill that an aside turned out to be; None: it is there, or was dropped."""
        after = holdings.copy()
        stamped = settled(aside, fill, after)
        put = live_put(self._fills_table, stamped, account)
        done = {"Update": moved(self._table, aside, AsideState.SETTLED, "")}
        row = position_key(stamped.symbol, stamped.position_side)
        items = [still_held(self._leases_table, lease), done, put]
        items.append(count_row(self._positions_table, account.account_id, after.fills))
        if row in after.positions:
            held = after.positions[row]
            items.append(leader_row(self._positions_table, account.account_id, row, held))
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                raise LeaseLost(lease.shard) from canceled
            if canceled.codes[1] == CONDITION_FAILED:
                return None
            if canceled.codes[2] == CONDITION_FAILED:  # The fill was written as another report.
                self._update(moved(self._table, aside, AsideState.SETTLED, ""))
                return None
            raise
        holdings.take(after)
        return stamped

    def release(self, aside: Aside, fill: Fill, review: Review) -> bool:
        """Hand the corrected fill to the poller; False when the aside is not open any more."""
        waits = (PAST if aside.session_id else RELEASED) + aside.account_id
        update = moved(self._table, aside, AsideState.RELEASED, waits, review)
        update["UpdateExpression"] += ", corrected = :corrected"
        update["ExpressionAttributeValues"][":corrected"] = {"M": fill_to_item(fill)}
        return self._update(update)

    def drop(self, aside: Aside, review: Review) -> bool:
        """It is no trade at all; False when the aside is not open any more."""
        return self._update(moved(self._table, aside, AsideState.DROPPED, "", review))

    def released(self, account_id: str) -> list[tuple[Aside, Fill]]:
        """What a person has corrected and the poller has not written yet."""
        items = waiting(self._client, self._table, RELEASED + account_id, 50)
        return readable(items, corrected_aside)

    def open(self, limit: int = 100) -> list[Aside]:
        """What waits for a person, oldest first."""
        return readable(waiting(self._client, self._table, OPEN, limit), aside_from_item)

    def of_account(self, account_id: str) -> list[Aside]:
        """All that was ever set aside of an account."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :account",
            ExpressionAttributeValues={":account": s(account_id)},
            ConsistentRead=True,
        )
        return readable((item for page in pages for item in page["Items"]), aside_from_item)

    def get(self, account_id: str, aside_id: str) -> Aside | None:
        """None when there is no such aside."""
        key = {"pk": s(account_id), "sk": s(aside_id)}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return aside_from_item(answer["Item"]) if "Item" in answer else None

    def _moved(self, account: Account, aside: Aside, holdings: Holdings) -> list[Item]:
        if aside.fill is None or aside.position_before is None:
            return []
        key = position_key(aside.fill.symbol, aside.fill.position_side)
        held = holdings.positions[key]
        return [leader_row(self._positions_table, account.account_id, key, held)]

    def _update(self, update: Mapping[str, Any]) -> bool:
        try:
            self._client.update_item(**update)
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True


def waiting(client: "DynamoDBClient", table: str, what: str, limit: int) -> list[Any]:
    """Items of the sparse index, oldest first."""
    return client.query(
        TableName=table,
        IndexName=WAITS,
        KeyConditionExpression=f"{WAITS} = :what",
        ExpressionAttributeValues={":what": s(what)},
        Limit=limit,
    )["Items"]


def moved(
    table: str, aside: Aside, state: AsideState, waits: str, review: Review | None = None
) -> dict[str, Any]:
    """An update into a state: a person's only out of OPEN, a machine's out of RELEASED too."""
    sets = {"state": s(state)}
    if waits:
        sets[WAITS] = s(waits)
    if review is not None:
        sets |= {"by": s(review.by), "note": s(review.note), "at_ms": n(review.at_ms)}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
    expression += "" if waits else f" REMOVE #{WAITS}"
    before = {":open": s(AsideState.OPEN)}
    before |= {} if review else {":released": s(AsideState.RELEASED)}
    return {
        "TableName": table,
        "Key": {"pk": s(aside.account_id), "sk": s(aside.aside_id)},
        "UpdateExpression": expression,
        "ConditionExpression": f"#state IN ({', '.join(before)})",
        "ExpressionAttributeNames": {f"#{name}": name for name in {*sets, WAITS}},
        "ExpressionAttributeValues": {f":{name}": value for name, value in sets.items()} | before,
    }


def corrected_aside(item: Any) -> tuple[Aside, Fill]:
    """An aside that was released, and what a person says that it was."""
    return aside_from_item(item), fill_from_item(item["corrected"]["M"])


def aside_to_item(aside: Aside, account: Account) -> Item:
    """A new one, which waits for a person."""
    item = {
        WAITS: s(OPEN),
        "pk": s(aside.account_id),
        "sk": s(aside.aside_id),
        "venue": s(aside.venue),
        "flaw": s(aside.flaw),
        "seen_ms": n(aside.seen_ms),
        "raw": s(aside.raw),
        "state": s(aside.state),
        "owner": s(account.owner),
    }
    if aside.session_id:
        item["session"] = s(aside.session_id)
    if aside.fill is not None:
        item["fill"] = {"M": fill_to_item(aside.fill)}
    if aside.position_before is not None:
        item["position_before"] = s(str(aside.position_before))
    return item


def aside_from_item(item: Any) -> Aside:
    """As stored."""
    before = item.get("position_before")
    return Aside(
        account_id=item["pk"]["S"],
        venue=item["venue"]["S"],
        flaw=Flaw(item["flaw"]["S"]),
        seen_ms=int(item["seen_ms"]["N"]),
        raw=item["raw"]["S"],
        fill=fill_from_item(item["fill"]["M"]) if "fill" in item else None,
        position_before=None if before is None else Decimal(before["S"]),
        state=AsideState(item["state"]["S"]),
        session_id=item.get("session", s(""))["S"],
    )
