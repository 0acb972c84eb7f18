"""What Bybit and OKX have in common: what faults leave of an order, and sockets that fail."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import aiohttp
import ccxt
import pytest

from tests.contract.exchange.sockets import heard, listening

SWAP = "BTC/USDT:USDT"


@dataclass(frozen=True)
class Venue:
    """How a venue is asked for a hundredth of a BTC, and what it calls what it answers."""

    name: str
    link: str
    size: str
    filled: str
    partly: str
    ended: str


VENUES = [
    Venue("bybit", "orderLinkId", "0.01", "Filled", "PartiallyFilled", "Cancelled"),
    Venue("okx", "clOrdId", "1", "filled", "partially_filled", "canceled"),
]


class Trader:
    """An account that buys on one of the venues, and looks its order up by the client's id."""

    def __init__(self, venue, client):
        self.venue = venue
        self.client = client

    async def buys(self, link="c"):
        params = {self.venue.link: link}
        size = float(self.venue.size)
        return await self.client.create_order(SWAP, "market", "buy", size, None, params)

    async def order(self, link="c"):
        """The state and what has filled, None when there is no such order."""
        if self.venue.name == "bybit":
            query = {"category": "linear", "orderLinkId": link}
            rows = (await self.client.privateGetV5OrderRealtime(query))["result"]["list"]
            return (rows[0]["orderStatus"], Decimal(rows[0]["cumExecQty"])) if rows else None
        try:
            row = (await self.client.fetch_order("", SWAP, {"clOrdId": link}))["info"]
        except ccxt.OrderNotFound:
            return None
        return row["state"], Decimal(row["accFillSz"])

    def part(self, share):
        return Decimal(self.venue.size) * Decimal(share)


@pytest.fixture(params=VENUES, ids=[venue.name for venue in VENUES])
async def ann(request, connect):
    client = await connect(request.param.name, "ann", pro=True)
    await client.load_markets()
    if request.param.name == "bybit":
        await client.is_unified_enabled()
    return Trader(request.param, client)


@pytest.fixture
def watch(ann, control):
    """Watch the account's trades, and wait until the exchange knows of it."""

    async def started():
        task = asyncio.ensure_future(ann.client.watch_my_trades())
        await listening(control, "ann")
        return task

    return started


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_connection_that_hangs_up(ann, control, when):
    await control.fault("reset", endpoint="order_create", when=when, times=1)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await ann.buys()
    found = await ann.order()
    assert found == (None if when == "before" else (ann.venue.filled, ann.part(1)))


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
async def test_an_answer_that_never_comes(ann, control, kind):
    ann.client.timeout = 200
    await control.fault(kind, endpoint="order_create", ms=500, times=1)
    with pytest.raises(ccxt.RequestTimeout):
        await ann.buys()
    ann.client.timeout = 5000
    assert (await ann.order() is None) == (kind == "timeout_before")


@pytest.mark.parametrize("fault", [{"kind": "empty_body"}, {"kind": "junk", "when": "after"}])
async def test_an_answer_that_says_nothing_after_accepting(ann, control, fault):
    await control.fault(**fault, endpoint="order_create", times=1)
    outcome = (await asyncio.gather(ann.buys(), return_exceptions=True))[0]
    assert isinstance(outcome, ccxt.BaseError) or outcome["id"] is None
    assert await ann.order() == (ann.venue.filled, ann.part(1))


async def test_look_ups_that_lag(ann, control):
    for kind in ("order_lookup", "fills", "positions"):
        await control.post("lag", venue=ann.venue.name, kind=kind, ms=300)
    await ann.buys()
    assert await ann.order() is None
    assert await ann.client.fetch_my_trades(SWAP) == []
    assert await ann.client.fetch_positions() == []
    await asyncio.sleep(0.35)
    assert await ann.order() is not None
    assert len(await ann.client.fetch_my_trades(SWAP)) == 1
    assert len(await ann.client.fetch_positions()) == 1


async def test_an_order_in_pieces(ann, control):
    await control.fault("partial_fill", endpoint="order_create", pieces=2, interval_ms=100)
    made = await ann.buys()
    assert await ann.order() == (ann.venue.partly, ann.part("0.5"))
    await asyncio.sleep(0.2)
    assert await ann.order() == (ann.venue.filled, ann.part(1))
    trades = await ann.client.fetch_my_trades(SWAP)
    assert [Decimal(str(trade["amount"])) for trade in trades] == [ann.part("0.5")] * 2
    assert {trade["order"] for trade in trades} == {made["id"]}


async def test_only_a_part_fills(ann, control):
    await control.fault("partial_fill", endpoint="order_create", fraction="0.4")
    await ann.buys()
    assert await ann.order() == (ann.venue.ended, ann.part("0.4"))


async def test_a_key_that_reads_only(ann, control):
    await control.call("PATCH", "accounts/ann", {"can_trade": False})
    assert await ann.client.fetch_balance()
    with pytest.raises(ccxt.ExchangeError):
        await ann.client.set_leverage(5, SWAP)
    with pytest.raises(ccxt.ExchangeError):
        await ann.buys()
    assert await control.orders() == []


async def test_a_dropped_socket_raises_and_can_be_opened_again(ann, watch, control):
    watching = await watch()
    assert (await control.post("streams/drop", accounts=["ann"]))["dropped"] == 1
    with pytest.raises(ccxt.NetworkError):
        await heard(watching)
    again = await watch()
    await ann.buys()
    assert len(await heard(again)) == 1


async def test_a_socket_that_drops_at_a_fill(ann, watch, control):
    watching = await watch()
    # OKX tells an order live before it tells the fill.
    skip = 1 if ann.venue.name == "okx" else 0
    await control.fault("drop_socket", account="ann", skip=skip, times=1)
    await ann.buys()
    with pytest.raises(ccxt.NetworkError):
        await heard(watching)
    assert len(await ann.client.fetch_my_trades(SWAP)) == 1


async def test_a_stream_that_the_venue_ends_tells_no_fill(ann, watch, control):
    watching = await watch()
    assert (await control.post("streams/end"))["ended"] == 1
    await ann.buys()
    if ann.venue.name == "okx":
        with pytest.raises(ccxt.NetworkError, match="64008"):
            await heard(watching)
    else:
        await asyncio.sleep(0.05)
        assert not watching.done()
        watching.cancel()


async def test_a_handshake_that_fails(ann, control, url):
    path = {"bybit": "bybit/v5/private", "okx": "okx/ws/v5/private"}[ann.venue.name]
    await control.fault("status", venue=ann.venue.name, endpoint="stream", status=503)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{url}/{path}")
        await control.call("DELETE", "faults")
        await (await session.ws_connect(f"{url}/{path}")).close()


async def test_a_key_of_one_venue_is_no_key_of_the_other(ann, client_of):
    other = "okx" if ann.venue.name == "bybit" else "bybit"
    client = await client_of(other, "ann")
    with pytest.raises(ccxt.ExchangeError, match=r"50119|10003"):
        await client.fetch_balance()
