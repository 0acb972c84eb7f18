"""WalletsTable: what each account had at its venue when it was read last."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, batch_get, n, readable, s
from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.levels import Level
from pilotfish.domain.venues import Position
from pilotfish.domain.wallets import Wallet

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoWallets:
    """One item for each account; what could not be read says why, beside what was."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of(self, account_ids: Iterable[str]) -> dict[str, Wallet]:
        """By account; one that was never asked for is left out."""
        keys = [{"pk": s(name)} for name in dict.fromkeys(account_ids)]
        found = batch_get(self._client, self._table, keys, consistent=False)
        return {wallet.account_id: wallet for wallet in readable(found, _decode)}

    def save(self, wallet: Wallet) -> None:
        """A wallet with an error leaves what was read before as it is; so do unread levels."""
        values: Item = {"venue": s(wallet.venue), "error_ms": n(wallet.error_ms)}
        values["error"] = s(wallet.error)
        if not wallet.error:
            values |= {"at_ms": n(wallet.at_ms), "wallet": s(_document(wallet))}
        if wallet.levels_ms:
            values |= {"levels_ms": n(wallet.levels_ms), "levels": s(_levels_text(wallet.levels))}
        self._client.update_item(
            TableName=self._table,
            Key={"pk": s(wallet.account_id)},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
        )


def _document(wallet: Wallet) -> str:
    positions = [
        [
            p.symbol,
            p.position_side,
            str(p.quantity),
            None if (e := p.entry_price) is None else str(e),
        ]
        for p in wallet.positions
    ]
    document = {
        "coins": {coin: str(amount) for coin, amount in wallet.coins.items()},
        "positions": positions,
        "prices": {symbol: str(price) for symbol, price in wallet.prices.items()},
    }
    return json.dumps(document, separators=(",", ":"))


def _decode(item: Any) -> Wallet:
    document = json.loads(item["wallet"]["S"]) if "wallet" in item else {}
    return Wallet(
        account_id=item["pk"]["S"],
        venue=item["venue"]["S"],
        at_ms=int(item["at_ms"]["N"]) if "at_ms" in item else 0,
        coins={coin: Decimal(amount) for coin, amount in document.get("coins", {}).items()},
        positions=tuple(_position(*row) for row in document.get("positions", ())),
        prices={symbol: Decimal(price) for symbol, price in document.get("prices", {}).items()},
        error=item["error"]["S"],
        error_ms=int(item["error_ms"]["N"]),
        levels=_levels_of(item["levels"]["S"]) if "levels" in item else (),
        levels_ms=int(item["levels_ms"]["N"]) if "levels_ms" in item else 0,
    )


def _levels_text(levels: Iterable[Level]) -> str:
    rows = [
        [
            each.symbol,
            each.position_side,
            each.side,
            each.kind,
            str(each.price),
            None if each.quantity is None else str(each.quantity),
        ]
        for each in levels
    ]
    return json.dumps(rows, separators=(",", ":"))


def _levels_of(text: str) -> tuple[Level, ...]:
    return tuple(_level(*row) for row in json.loads(text))


def _level(
    symbol: str, position: str, side: str, kind: str, price: str, quantity: str | None
) -> Level:
    most = None if quantity is None else Decimal(quantity)
    how = PositionSide(position), Side(side), TriggerKind(kind)
    return Level(symbol, *how, Decimal(price), most)


def _position(symbol: str, side: str, quantity: str, entry: str | None) -> Position:
    price = None if entry is None else Decimal(entry)
    return Position(symbol, PositionSide(side), Decimal(quantity), price)
