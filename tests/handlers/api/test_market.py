"""Prices over HTTP: what is known, how old it is, and what was asked for."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.instruments import DynamoInstruments
from pilotfish.adapters.dynamo.quotes import DynamoQuotes
from pilotfish.clock import utc_ms
from pilotfish.domain.quotes import Quote
from tests.fakes.samples import an_instrument
from tests.handlers.api.conftest import Call

LISTED = {"okx": ("BTC/USDT", "ETH/USDT"), "gate": ("KAS/USDT",)}


def quote(symbol: str, percent: str, age_ms: int = 0, venue: str = "okx") -> Quote:
    return Quote(
        venue,
        symbol,
        Decimal("1.10"),
        utc_ms() - age_ms,
        change_percent=Decimal(percent),
        volume=Decimal("1E+3"),
    )


@pytest.fixture
def known(dynamodb: Any) -> None:
    instruments = DynamoInstruments(dynamodb, "InstrumentsTable", utc_ms)
    for venue, symbols in LISTED.items():
        instruments.publish(venue, [an_instrument(symbol) for symbol in symbols], utc_ms())
    some = [quote("BTC/USDT", "2.5"), quote("ETH/USDT", "-1", 60_000)]
    some += [quote("KAS/USDT", "7", venue="gate")]
    DynamoQuotes(dynamodb, "ChannelLogTable").save(some, utc_ms())


def demanded(dynamodb: Any) -> list[str]:
    rows = dynamodb.query(
        TableName="ConnectionsTable",
        KeyConditionExpression="pk = :demand",
        ExpressionAttributeValues={":demand": {"S": "demand"}},
    )
    return [row["sk"]["S"] for row in rows["Items"]]


def test_prices_have_their_age(call: Call, known: None, dynamodb: Any) -> None:
    query = {"markets": "btcusdt,ETH/USDT@okx,NO/SUCH"}
    answer = call("GET", "/market/prices", query=query)
    assert answer.status == 200
    fresh, old = answer.body["prices"]
    assert (fresh["market"], fresh["venue"], fresh["symbol"]) == ("btcusdt", "okx", "BTC/USDT")
    assert (fresh["last"], fresh["change_percent"], fresh["volume"]) == ("1.10", "2.5", "1000")
    assert (fresh["mark"], fresh["pending"]) == (None, False)
    assert 60_000 <= old["age_ms"] < 90_000
    assert old["pending"]
    assert answer.body["unknown"] == ["NO/SUCH"]
    assert demanded(dynamodb) == ["price_updates:ETH/USDT@okx"]


def test_a_price_that_nobody_knows_is_pending(call: Call, known: None, dynamodb: Any) -> None:
    dynamodb.delete_item(
        TableName="ChannelLogTable", Key={"pk": {"S": "quotes|gate"}, "sk": {"N": "0"}}
    )
    [price] = call("GET", "/market/prices", query={"markets": "KAS/USDT"}).body["prices"]
    assert (price["last"], price["at_ms"], price["pending"]) == (None, None, True)


@pytest.mark.parametrize("query", [{}, {"markets": ""}, {"markets": ",".join("x" * 51)}])
def test_some_markets_and_not_too_many(call: Call, query: dict[str, str]) -> None:
    assert call("GET", "/market/prices", query=query).status == 422


def test_the_ticker_goes_on_where_it_stopped(call: Call, known: None) -> None:
    seen, cursor = [], ""
    for _ in range(3):
        page = call("GET", "/market/tickers", query={"limit": "1", "cursor": cursor}).body
        seen += [one["symbol"] for one in page["tickers"]]
        cursor = page["next"]
    assert (seen, cursor) == (["BTC/USDT", "ETH/USDT", "KAS/USDT"], None)
    okx = call("GET", "/market/tickers", query={"venue": "okx"}).body
    assert [one["symbol"] for one in okx["tickers"]] == ["BTC/USDT", "ETH/USDT"]
    first = call("GET", "/market/tickers", query={"limit": "1"}).body["next"]
    for query in ({"venue": "okx", "cursor": first}, {"cursor": "nonsense"}):
        assert call("GET", "/market/tickers", query=query).status == 400


def test_gainers_and_losers(call: Call, known: None) -> None:
    found = call("GET", "/market/movers", query={"limit": "1"}).body
    assert [one["symbol"] for one in found["gainers"]] == ["KAS/USDT"]
    assert [one["symbol"] for one in found["losers"]] == ["ETH/USDT"]
    assert found["losers"][0]["age_ms"] >= 60_000
    assert found["ranked"] == 3


def test_prices_of_a_watchlist(call: Call, known: None) -> None:
    made = call("POST", "/watchlists", {"name": "Mine", "markets": ["KAS/USDT", "NO/SUCH"]})
    found = call("GET", f"/watchlists/{made.body['watchlist_id']}/prices").body
    assert [one["symbol"] for one in found["prices"]] == ["KAS/USDT"]
    assert found["unknown"] == ["NO/SUCH"]
