"""Kana Labs as a leader's venue: its socket rings, REST tells each fill once, nothing is sent."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from pilotfish.domain.asides import Flaw
from pilotfish.domain.errors import OutcomeUnknown, Rejected, VenueError
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.orders import State
from pilotfish.domain.venues import Position
from pilotfish.usecases import listen as listening
from pilotfish.usecases.execute import Execute
from pilotfish_local.exchange.kana import views
from pilotfish_venues import kana_stream
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.pool import CcxtVenues
from tests.contract.venues.conftest import SYMBOLS
from tests.contract.venues.heard import Leader, streams
from tests.fakes.clock import ManualClock
from tests.fakes.samples import a_follow, an_account, an_order
from tests.fakes.scene import Scene

BTC, ETH = "BTC/USD:USD", "ETH/USD:USD"


@pytest.fixture(autouse=True)
async def price(exchange: Any) -> None:
    await exchange.post("price", venue="kana", symbol="BTC-USD", price="60000")


@pytest.fixture
async def ann(opened: Any) -> Any:
    return await opened("kana")


Trade = Callable[..., Any]


@pytest.fixture
def trade(exchange: Any) -> Trade:
    """Let the wallet trade on chain; a negative quantity sells."""

    async def made(quantity: str, symbol: str = "BTC-USD", name: str = "ann", **more: Any) -> None:
        side = "SELL" if quantity.startswith("-") else "BUY"
        body = {"account": name, "symbol": symbol, "side": side, "qty": quantity.lstrip("-")}
        await exchange.post("trade", **body, **more)

    return made


async def test_markets_and_prices(venues: CcxtVenues, ann: Any) -> None:
    found = {instrument.symbol: instrument for instrument in await venues.instruments("kana")}
    assert sorted(found) == ["APT/USD:USD", BTC, ETH, "SOL/USD:USD"]
    apt = found["APT/USD:USD"]
    assert (apt.lot, apt.min_quantity, apt.tick) == (
        Decimal("0.001"),
        Decimal("0.5"),
        Decimal("0.001"),
    )
    (ticker,) = await venues.tickers("kana", [BTC])
    assert (ticker.symbol, ticker.last) == (BTC, Decimal(60000))
    assert ticker.bid is not None
    assert ticker.ask is not None
    assert ticker.bid <= ticker.ask


async def test_markets_wait_for_a_key(venues: CcxtVenues, opened: Any) -> None:
    with pytest.raises(Rejected, match="Invalid API key"):
        await venues.instruments("kana")
    await opened("kana")
    assert await venues.instruments("kana")


async def test_an_order_is_refused_with_the_reason(ann: Any, exchange: Any, order: Any) -> None:
    with pytest.raises(Rejected, match=r"settles on chain .* can be followed, but not traded on"):
        await ann.create_order(order("delta", "0.01"))
    assert await exchange.orders("ann") == []


async def test_what_a_wallet_holds_is_the_difference_of_long_and_short(
    opened: Any, trade: Trade
) -> None:
    account = await opened("kana", hedge=True)
    await trade("0.03", position_side="LONG")
    assert await account.positions() == [
        Position(BTC, PositionSide.NET, Decimal("0.03"), Decimal("60000.1"), Decimal(20))
    ]
    await trade("-0.01", position_side="SHORT")
    await trade("-2", symbol="ETH-USD", position_side="SHORT")
    held = {position.symbol: position for position in await account.positions()}
    assert {symbol: found.quantity for symbol, found in held.items()} == {
        BTC: Decimal("0.02"),
        ETH: Decimal(-2),
    }
    assert {found.position_side for found in held.values()} == {PositionSide.NET}


async def test_fills_of_all_markets_oldest_first_each_once(ann: Any, trade: Trade) -> None:
    for quantity in ("0.02", "-0.03", "0.01", "0.01"):
        await trade(quantity)
    await trade("1", symbol="ETH-USD")

    fills = await ann.fills_since(0, ())

    btc = [(fill.side, fill.quantity) for fill in fills if fill.symbol == BTC]
    assert sum(q if side is Side.BUY else -q for side, q in btc) == Decimal("0.01")
    assert len(btc) == 5, "the sale closed one position and opened another"
    assert len({fill.trade_id for fill in fills}) == len(fills) == 6
    assert all(fill.fee > 0 and fill.fee_currency == "USD" for fill in fills)
    assert {fill.order_id for fill in fills} == {""}


async def test_a_wrong_key_is_rejected(ann: Any, hear: Any) -> None:
    ann._exchange.apiKey = "another-key"
    heard = await hear(ann, live=False)
    with pytest.raises(Rejected, match="Invalid API key") as caught:
        await heard.end()
    assert "another-key" not in str(caught.value)
    with pytest.raises(Rejected):
        await ann.positions()


async def test_fills_are_told_as_they_happen_and_as_rest_has_them(
    ann: Any, hear: Any, trade: Trade
) -> None:
    await trade("0.01")
    heard = await hear(ann)

    await trade("0.02")

    (fill,) = await heard.until(1)
    listed = await ann.fills_since(fill.traded_ms, ())
    assert fill.fill_id in {other.fill_id for other in listed}
    assert (fill.symbol, fill.side, fill.quantity) == (BTC, Side.BUY, Decimal("0.02"))
    assert fill.traded_ms % 1000 == 0


async def test_two_fills_that_look_the_same_are_two(
    ann: Any, hear: Any, trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = int(time.time())
    exact = views.fill_views

    def of_one_second(*args: Any) -> Any:
        return [{**row, "timestamp": str(second)} for row in exact(*args)]

    for module in ("face", "sockets"):
        monkeypatch.setattr(f"pilotfish_local.exchange.kana.{module}.fill_views", of_one_second)
    heard = await hear(ann)

    for _ in range(3):
        await trade("0.01")

    fills = await heard.until(3)
    assert len({fill.fill_id for fill in fills}) == 3
    assert {fill.quantity for fill in fills} == {Decimal("0.01")}


async def test_a_message_that_comes_twice_is_one_fill(
    exchange: Any, ann: Any, hear: Any, trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kana_stream, "PATIENCE_S", (0.0, 0.01))
    await exchange.fault("duplicate_socket")
    heard = await hear(ann)

    await trade("0.01")
    await trade("0.02")

    await heard.until(2)
    await asyncio.sleep(0.2)
    assert [fill.quantity for fill in heard.fills] == [Decimal("0.01"), Decimal("0.02")]
    assert not heard.task.done()


async def test_a_list_that_lags_is_asked_again(
    exchange: Any, ann: Any, hear: Any, trade: Trade
) -> None:
    await exchange.post("lag", venue="kana", kind="fills", ms=250)
    heard = await hear(ann)

    await trade("0.01")

    assert len(await heard.until(1)) == 1
    assert not heard.task.done()


async def test_a_fill_that_is_never_listed_ends_the_stream(
    exchange: Any, ann: Any, hear: Any, trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kana_stream, "PATIENCE_S", (0.0, 0.01))
    await exchange.post("lag", venue="kana", kind="fills", ms=60_000)
    heard = await hear(ann)

    await trade("0.01")

    with pytest.raises(OutcomeUnknown, match="1 fills were told but are not listed"):
        await heard.end()


async def test_a_fill_in_a_market_that_we_do_not_know_is_set_aside(
    ann: Any, hear: Any, trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = await hear(ann)
    exact = views.fill_views

    def elsewhere(*args: Any) -> Any:
        return [
            {**row, "market_id": "66"} if row["size"] == "0.02" else row for row in exact(*args)
        ]

    for told in ("sockets", "face"):
        monkeypatch.setattr(f"pilotfish_local.exchange.kana.{told}.fill_views", elsewhere)

    await trade("0.02")
    await trade("0.01")

    assert [fill.quantity for fill in await heard.until(1)] == [Decimal("0.01")]
    aside, fill = await ann.fills_since(0, ())
    assert fill.quantity == Decimal("0.01")
    assert aside.flaw is Flaw.UNKNOWN_MARKET
    assert aside.fill is not None
    assert (aside.fill.symbol, aside.fill.quantity) == ("66", Decimal("0.02"))
    assert not heard.task.done()


@pytest.mark.parametrize(
    "change", [{"order_type": 99}, {"price": "a lot"}, {"timestamp": None}, {"size": "-1"}]
)
async def test_a_fill_that_makes_no_sense_is_set_aside_and_holds_up_no_other(
    ann: Any, hear: Any, trade: Trade, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    heard = await hear(ann)
    exact = views.fill_views

    def strange(*args: Any) -> Any:
        return [{**row, **change} if row["size"] == "0.02" else row for row in exact(*args)]

    for module in ("face", "sockets"):
        monkeypatch.setattr(f"pilotfish_local.exchange.kana.{module}.fill_views", strange)

    await trade("0.02")
    await trade("0.01")

    assert [fill.quantity for fill in await heard.until(1)] == [Decimal("0.01")]
    assert heard.asides
    assert not heard.task.done()


async def test_a_quiet_stream_lives_on_pings(ann: Any, hear: Any, trade: Trade) -> None:
    heard = await hear(ann)
    await asyncio.sleep(1.0)
    await trade("0.01")
    assert len(await heard.until(1)) == 1


@pytest.mark.parametrize(
    ("closes", "words"), [(False, "mute: 2 pings went unanswered"), (True, "closed the socket")]
)
async def test_a_socket_that_goes_mute_or_closes_ends_the_stream(
    stack: AsyncExitStack, exchange: Any, venues: Any, opened: Any, hear: Any,
    closes: bool, words: str,
) -> None:  # fmt: skip
    async def listen(request: web.BaseRequest) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        async for frame in socket:
            if closes and frame.type is web.WSMsgType.PING:
                break
        return socket

    runner = web.ServerRunner(web.Server(listen), shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    socket_url = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    venues._endpoints = {"kana": Endpoint(f"{exchange.base}/kana", socket_url)}

    heard = await hear(await opened("kana"))

    with pytest.raises(VenueError, match=re.escape(words)):
        await heard.end()


async def test_the_key_that_its_markets_are_read_with_is_erased_with_its_account(
    opened: Any, venues: Any
) -> None:
    account = await opened("kana")
    desk = venues._desks["kana"].exchange
    assert desk.apiKey == account._exchange.apiKey != ""
    venues._keys.clear()
    assert (desk.apiKey, account._exchange.apiKey) == ("", "")


@pytest.fixture
async def leader(venues: Any, ann: Any, monkeypatch: pytest.MonkeyPatch) -> Leader:
    account = an_account("ann", venue="kana", sealed_key=b"ann", listen_shard="0")
    return Leader(venues, account)


@pytest.mark.parametrize("fault", ["drop_socket", "skip_socket", "duplicate_socket"])
async def test_a_listener_writes_each_fill_once_whatever_the_socket_does(
    exchange: Any, leader: Leader, trade: Trade, fault: str
) -> None:
    async with leader.listened_to():
        await streams(exchange, 1)
        await trade("0.01")
        await leader.wrote("0.01")
        await exchange.fault(fault, times=1)
        await trade("0.02")
        await trade("0.03")
        await leader.wrote("0.01", "0.02", "0.03")
        await streams(exchange, 1)
        await trade("0.04")
        await leader.wrote("0.01", "0.02", "0.03", "0.04")


async def test_what_a_mute_socket_does_not_tell_is_found_by_the_next_look(
    exchange: Any, leader: Leader, trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "RECONCILE_S", 0.3)
    async with leader.listened_to():
        await streams(exchange, 1)
        await exchange.fault("mute_socket")
        await trade("0.01")
        await leader.wrote("0.01")


async def test_what_happened_while_nobody_listened_is_caught_up(
    exchange: Any, leader: Leader, trade: Trade
) -> None:
    async with leader.listened_to():
        await streams(exchange, 1)
        await trade("0.01")
        await leader.wrote("0.01")
    await trade("0.02")
    async with leader.listened_to():
        await streams(exchange, 1)
        await trade("0.03")
        await leader.wrote("0.01", "0.02", "0.03")


def executing(scene: Scene, venues: Any, clock: ManualClock) -> Execute:
    """Sends the scene's orders to real venues."""
    return Execute(
        orders=scene.orders,
        accounts=scene.accounts,
        venues=venues,
        halts=scene.halts,
        margins=scene.set_margin,
        retries=scene.retries,
        clock=clock,
    )


@pytest.mark.parametrize("venue", ["delta", "binanceusdm"])
async def test_a_leader_on_kana_is_followed_on_another_venue(
    exchange: Any, venues: Any, opened: Any, trade: Trade, venue: str
) -> None:
    await opened("kana", "lee")
    await opened(venue, "fay")
    clock = ManualClock(int(time.time() * 1000))
    scene = Scene(clock)
    lee = an_account("lee", venue="kana", sealed_key=b"lee", listen_shard="0")
    scene.accounts.save(lee)
    scene.accounts.save(an_account("fay", venue=venue, sealed_key=b"fay"))
    own = SYMBOLS[venue]
    scene.instruments.publish(venue, await venues.instruments(venue), clock())
    follow = a_follow(venue=venue, symbols={BTC: own} if own != BTC else {}, multiplier=Decimal(2))
    scene.follows.save(replace(follow, leader_id="lee", account_id="fay"))
    execute = executing(scene, venues, clock)
    leader = Leader(venues, lee, scene.tables, clock)
    decided: set[str] = set()

    async def copied() -> None:
        for fill in sorted(scene.tables.fills.values(), key=lambda fill: fill.number):
            if fill.fill_id not in decided:
                decided.add(fill.fill_id)
                scene.map_fill(fill)
        for order in scene.stored_orders():
            await execute(order)

    async with leader.listened_to():
        await streams(exchange, 1, "lee")
        await trade("0.03", name="lee")
        await leader.wrote("0.03")
        await copied()
        await trade("-0.01", name="lee")
        await leader.wrote("0.03", "0.01")
        await copied()

    sent = [(order["side"], Decimal(order["filled"])) for order in await exchange.orders("fay")]
    per = Decimal("0.001") if venue == "delta" else Decimal(1)
    assert sent == [("BUY", Decimal("0.06") / per), ("SELL", Decimal("0.02") / per)]
    assert await exchange.rejected("fay") == []


async def test_a_copy_to_kana_ends_with_the_reason(exchange: Any, venues: Any, opened: Any) -> None:
    await opened("kana", "fay")
    clock = ManualClock(int(time.time() * 1000))
    scene = Scene(clock)
    scene.accounts.save(an_account("fay", venue="kana", sealed_key=b"fay"))
    scene.follows.save(a_follow(venue="kana", account_id="fay"))
    times = dict.fromkeys(("traded_ms", "seen_ms", "decided_ms"), clock())
    copy = an_order(
        "0.01", account_id="fay", venue="kana", symbol=BTC, expires_ms=clock() + 120_000, **times
    )
    scene.tables.orders[copy.follow_id, copy.order_key] = copy

    after = await executing(scene, venues, clock)(copy)

    assert after.state is State.REJECTED
    assert "can be followed, but not traded on" in after.reason
    assert await exchange.orders("fay") == []
