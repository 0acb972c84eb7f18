"""PaperTable: paper accounts' wallets, and their trades by time and by client order id."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pilotfish.adapters.dynamo.fills import fill_from_item, fill_to_item
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Item,
    TransactionCanceled,
    n,
    readable,
    s,
    transact,
)
from pilotfish.domain.errors import NotSent, OutcomeUnknown
from pilotfish.domain.fills import Fill
from pilotfish.domain.paper.wallet import Held, PaperWallet

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

WALLET = "wallet"
_DECIMALS = ("start", "slippage", "leverage")
_AS_THEY_ARE = ("venue", "currency", "opened_ms", "epoch", "executed", "liquidated_ms")


class DynamoPaperBooks:
    """A trade and what it makes of the wallet are one transaction, from the version before it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def open(self, wallet: PaperWallet) -> bool:
        """False when the account has a wallet already; that one stays."""
        return self._write([self._put(_to_item(wallet), "attribute_not_exists(pk)")])

    def load(self, account_id: str) -> PaperWallet | None:
        """As stored now."""
        item = self._get(account_id, WALLET)
        return None if item is None else _from_item(item)

    def trade_of(self, account_id: str, client_order_id: str) -> Fill | None:
        """The one trade of an order, as stored now."""
        item = self._get(account_id, _order_key(client_order_id))
        return None if item is None else fill_from_item(item)

    def advance(self, before: PaperWallet, after: PaperWallet, fills: Sequence[Fill] = ()) -> bool:
        """Write the wallet and its trades, all or none.

        False when the wallet moved on from `before`, or one of the orders has its trade already.
        """
        held = {":held": n(before.version)}
        items = [self._put(_to_item(after), "version = :held", held)]
        for fill in fills:
            item = fill_to_item(fill)
            items.append(self._put(item | {"sk": s(_time_key(fill))}))
            if fill.client_order_id:
                by_order = item | {"sk": s(_order_key(fill.client_order_id))}
                items.append(self._put(by_order, "attribute_not_exists(pk)"))
        return self._write(items)

    def trades(
        self, account_id: str, since_ms: int, until_ms: int, limit: int, after: str = ""
    ) -> tuple[list[Fill], str]:
        """Of a period (both ends included), oldest first, and where to go on; "" at the end."""
        query: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :account AND sk BETWEEN :since AND :until",
            "ExpressionAttributeValues": {
                ":account": s(account_id),
                ":since": s(f"fill#{since_ms:013d}#"),
                ":until": s(f"fill#{until_ms:013d}#~"),
            },
            "ConsistentRead": True,
            "Limit": limit,
        }
        if after:
            query["ExclusiveStartKey"] = {"pk": s(account_id), "sk": s(after)}
        with _outcomes():
            answer = self._client.query(**query)
        last = answer.get("LastEvaluatedKey", {}).get("sk", {}).get("S", "")
        return readable(answer["Items"], fill_from_item), last

    def _get(self, account_id: str, name: str) -> Any:
        with _outcomes():
            return self._client.get_item(
                TableName=self._table,
                Key={"pk": s(account_id), "sk": s(name)},
                ConsistentRead=True,
            ).get("Item")

    def _put(self, item: Item, condition: str = "", values: Item | None = None) -> Item:
        put: Item = {"TableName": self._table, "Item": item}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = values
        return {"Put": put}

    def _write(self, items: Sequence[Item]) -> bool:
        try:
            with _outcomes():
                transact(self._client, items)
        except TransactionCanceled as canceled:
            if CONDITION_FAILED in canceled.codes:
                return False
            raise NotSent(f"the paper account was not written: {canceled}") from None
        return True


@contextmanager
def _outcomes() -> Iterator[None]:
    """A table that refuses did nothing; one that fails or is silent may have done it."""
    try:
        yield
    except ClientError as error:
        refused = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) < 500
        code = error.response["Error"]["Code"]
        kind = NotSent if refused else OutcomeUnknown
        raise kind(f"the paper account's table says {code}") from None
    except BotoCoreError as error:
        raise OutcomeUnknown(f"no answer from the paper account's table: {error}") from None


def _time_key(fill: Fill) -> str:
    return f"fill#{fill.traded_ms:013d}#{int(fill.trade_id):09d}"


def _order_key(client_order_id: str) -> str:
    return f"order#{client_order_id}"


def _to_item(wallet: PaperWallet) -> Item:
    body = {
        **{name: str(getattr(wallet, name)) for name in _DECIMALS},
        **{name: getattr(wallet, name) for name in _AS_THEY_ARE},
        "cash": {currency: str(amount) for currency, amount in wallet.cash.items()},
        "coins": dict(wallet.coins),
        "leverages": {symbol: str(leverage) for symbol, leverage in wallet.leverages.items()},
        "positions": {
            key: [str(held.quantity), str(held.entry_price), str(held.mark)]
            for key, held in wallet.positions.items()
        },
    }
    return {
        "pk": s(wallet.account_id),
        "sk": s(WALLET),
        "version": n(wallet.version),
        "wallet": s(json.dumps(body)),
    }


def _from_item(item: Any) -> PaperWallet:
    body: dict[str, Any] = json.loads(item["wallet"]["S"])
    body |= {name: Decimal(body[name]) for name in _DECIMALS}
    body["cash"] = {currency: Decimal(amount) for currency, amount in body["cash"].items()}
    leverages = body.pop("leverages", {})
    body["leverages"] = {symbol: Decimal(leverage) for symbol, leverage in leverages.items()}
    body["positions"] = {key: Held(*map(Decimal, row)) for key, row in body["positions"].items()}
    return PaperWallet(account_id=item["pk"]["S"], version=int(item["version"]["N"]), **body)
