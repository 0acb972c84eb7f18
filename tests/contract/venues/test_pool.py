"""What accounts share, and what they must not."""

import asyncio
import contextlib
import logging
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import NotSent, Rejected, VenueError
from pilotfish.domain.instruments import Kind
from pilotfish_venues import key_memory
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.exchanges import clone
from pilotfish_venues.key_memory import ERASED_S, HANDED_OUT_S
from pilotfish_venues.pool import CcxtVenues
from pilotfish_venues.sessions import IDLE_S, Sessions
from pilotfish_venues.table import UnknownVenue
from pilotfish_venues.throttle import Bucket

VENUES = ["binance", "binanceusdm", "delta"]
CANARIES = ("CaNaRyKeY01", "CaNaRySeCrEt", "CaNaRyPw01")


class Wall:
    """A clock that a test moves on."""

    def __init__(self, now_s: float = 1_700_000_000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize("venue", VENUES)
async def test_accounts_that_trade_at_once_sign_with_their_own_keys(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    names = [f"user{n}" for n in range(8)]
    accounts = [await opened(venue, name) for name in names]

    await asyncio.gather(
        *(
            account.create_order(order(venue, f"0.01{n}", client_id=f"pf{n}"))
            for n, account in enumerate(accounts)
        )
    )

    for n, name in enumerate(names):
        (placed,) = await exchange.orders(name)
        assert placed["client_id"] == f"pf{n}"


async def test_an_account_leaves_nothing_of_itself_with_another(opened: Any, order: Any) -> None:
    ann, bob = await opened("binance", "ann"), await opened("binance", "bob")
    await ann.create_order(order("binance", "0.01"))
    await ann.find_order(order("binance", "0.01"))

    assert bob._exchange.options["hasAlreadyAuthenticatedSuccessfully"] is False
    kept = {name: str(value) for name, value in vars(bob._exchange).items() if name != "markets"}
    assert [name for name, text in kept.items() if "ann" in text and "bob" not in text] == []


async def test_a_clone_shares_the_markets_and_nothing_that_a_call_changes(opened: Any) -> None:
    first = (await opened("binance"))._exchange
    second = clone(first, Credentials("k", "s"))

    assert second.markets is first.markets
    for name in ("options", "headers", "balance", "clients", "bucket"):
        assert getattr(second, name) is not getattr(first, name)


async def test_an_open_account_is_kept_until_its_key_changes_or_is_too_old(
    exchange: Any, stack: Any
) -> None:
    wall, asked = Wall(), []

    async def open_key(account: Account) -> Credentials:
        asked.append(account.sealed_key)
        return Credentials("key", "secret")

    pool = CcxtVenues(urls(exchange), open_key, wall_s=wall)
    stack.push_async_callback(pool.close)
    old, new = (Account("ann", "o", "binance", sealed) for sealed in (b"old", b"new"))

    assert await pool.account(old) is await pool.account(old)
    await pool.account(new)
    wall.now_s += HANDED_OUT_S
    await pool.account(new)

    assert asked == [b"old", b"new", b"new"]


def secrets_in(exchange: Any) -> set[str]:
    """Which texts of a key an exchange of ccxt's holds, whatever it calls them."""
    kept = str({name: value for name, value in vars(exchange).items() if name != "markets"})
    return {word for word in CANARIES if word in kept}


async def test_no_key_stays_for_more_than_five_minutes(exchange: Any, stack: Any) -> None:
    """Whoever still holds the account then has to open it again; nothing is sent unsigned."""
    assert ERASED_S <= 300
    wall = Wall()

    async def open_key(account: Account) -> Credentials:
        return Credentials(*CANARIES)

    pool = CcxtVenues(urls(exchange), open_key, wall_s=wall)
    stack.push_async_callback(pool.close)
    quiet = await pool.account(Account("quiet", "o", "binanceusdm", b"1"))
    rotated = await pool.account(Account("quiet", "o", "binanceusdm", b"2"))
    with contextlib.suppress(VenueError):
        await quiet.positions()
    assert secrets_in(quiet._exchange) == {*CANARIES}
    wall.now_s += ERASED_S - 1
    busy = Account("busy", "o", "delta", b"3")
    await pool.account(busy)
    assert secrets_in(rotated._exchange) == {*CANARIES}

    wall.now_s += 1
    await pool.account(busy)
    for account in (quiet, rotated):
        assert secrets_in(account._exchange) == set()
        assert (account._credentials, account._secrets) == (Credentials("", ""), ())
    assert set(pool._keys._latest) == {"busy"}
    with pytest.raises(NotSent, match="opened again"):
        await quiet.positions()


async def test_a_worker_that_nobody_asks_erases_its_keys_too(
    exchange: Any, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = Wall()
    monkeypatch.setattr(key_memory, "ERASED_S", 0.05)

    async def open_key(account: Account) -> Credentials:
        return Credentials(*CANARIES)

    pool = CcxtVenues(urls(exchange), open_key, wall_s=wall)
    stack.push_async_callback(pool.close)
    quiet = await pool.account(Account("quiet", "o", "binanceusdm", b"1"))
    wall.now_s += 1
    await asyncio.sleep(0.1)
    assert (quiet._exchange.apiKey, quiet._exchange.secret) == ("", "")


async def test_no_key_is_left_with_the_venue_s_own_template(opened: Any, venues: Any) -> None:
    for venue in VENUES:
        await opened(venue, f"user-{venue}")
    assert {desk.exchange.apiKey or "" for desk in venues._desks.values()} == {""}


@pytest.mark.parametrize("venue", VENUES)
async def test_two_requests_open_a_venue_for_all_its_accounts(
    venue: str, exchange: Any, stack: Any
) -> None:
    """Its markets and its time; a third would fail here."""
    await exchange.fault("status", status=500, endpoint="market", skip=2)

    async def open_key(account: Account) -> Credentials:
        return Credentials("key", "secret")

    pool = CcxtVenues(urls(exchange), open_key)
    stack.push_async_callback(pool.close)
    accounts = [Account(f"user{n}", "o", venue, b"") for n in range(20)]

    await asyncio.gather(*(pool.account(account) for account in accounts))


async def test_a_venue_whose_markets_cannot_be_read_has_sent_nothing(
    exchange: Any, venues: CcxtVenues
) -> None:
    await exchange.fault("status", status=503, endpoint="market", times=2)

    with pytest.raises(NotSent, match="markets of binance"):
        await venues.account(Account("ann", "o", "binance", b"ann"))
    assert await venues.account(Account("ann", "o", "binance", b"ann"))


async def test_a_venue_that_is_not_there_has_sent_nothing(venues: CcxtVenues) -> None:
    gone = CcxtVenues({"binance": Endpoint("http://127.0.0.1:1")}, venues._open_key)

    with pytest.raises(NotSent, match=r"127\.0\.0\.1"):
        await gone.instruments("binance")
    await gone.close()


async def test_a_key_that_does_not_open_is_terminal(exchange: Any, stack: Any) -> None:
    async def open_key(account: Account) -> Credentials:
        raise ValueError("tampered with")

    pool = CcxtVenues(urls(exchange), open_key)
    stack.push_async_callback(pool.close)

    with pytest.raises(Rejected, match="key of account ann does not open"):
        await pool.account(Account("ann", "o", "binance", b""))


async def test_an_order_whose_account_spent_its_budget_is_not_sent(
    exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened("binanceusdm")
    account._exchange.bucket.take(10_000)

    waits = []
    for _ in range(2):
        with pytest.raises(NotSent) as caught:
            await account.create_order(order("binanceusdm", "0.01"))
        waits.append(caught.value.wait_s)

    assert waits[0] > waits[1] > 1, "what was not sent costs nothing"
    assert await exchange.orders("ann") == []


def test_socket_classes_are_not_loaded_before_something_is_watched() -> None:
    program = """
import sys
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.exchanges import Shared, VenueClock, template
from pilotfish_venues.pool import CcxtVenues
from pilotfish_venues.sessions import Sessions
from pilotfish_venues.table import spec_of
template(Shared(spec_of("binance"), Sessions(), VenueClock()))
sys.exit("ccxt.pro" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_an_unknown_venue_is_named(venues: CcxtVenues) -> None:
    with pytest.raises(UnknownVenue, match="unknown venue 'nowhere'; known are binance"):
        await venues.instruments("nowhere")


async def test_instruments_carry_the_filters_of_the_venue(
    exchange: Any, venues: CcxtVenues
) -> None:
    spot = {each.symbol: each for each in await venues.instruments("binance")}
    swaps = {each.symbol: each for each in await venues.instruments("binanceusdm")}

    btc, perpetual = spot["BTC/USDT"], swaps["BTC/USDT:USDT"]
    assert (btc.kind, btc.lot, btc.tick) == (Kind.SPOT, Decimal("0.00001"), Decimal("0.01"))
    assert (btc.min_quantity, btc.min_notional) == (Decimal("0.00001"), Decimal(5))
    assert (perpetual.kind, perpetual.lot) == (Kind.LINEAR, Decimal("0.001"))
    assert (perpetual.tick, perpetual.min_notional) == (Decimal("0.1"), Decimal(50))
    assert btc.open
    assert perpetual.open


async def test_a_contract_is_told_in_base_units(exchange: Any, venues: CcxtVenues) -> None:
    (btc,) = [each for each in await venues.instruments("delta") if "BTC" in each.symbol]

    assert (btc.symbol, btc.kind) == ("BTC/USD:USD", Kind.LINEAR)
    assert (btc.lot, btc.min_quantity, btc.tick) == (
        Decimal("0.001"),
        Decimal("0.001"),
        Decimal("0.5"),
    )
    assert btc.min_notional == 0
    assert btc.open


async def test_what_ccxt_calls_deltas_minimum_cost_is_none(venues: CcxtVenues) -> None:
    """It is a number of contracts."""
    await venues.instruments("delta")
    desk = venues._desks["delta"]
    desk.exchange.markets["BTC/USD:USD"]["limits"]["cost"]["min"] = "1"

    found = {each.symbol: each.min_notional for each in await venues.instruments("delta")}

    assert found["BTC/USD:USD"] == 0


async def test_a_halted_symbol_is_not_open(exchange: Any, venues: CcxtVenues) -> None:
    await exchange.post("market", venue="binance", symbol="BTCUSDT", status="BREAK")

    found = {each.symbol: each.open for each in await venues.instruments("binance")}

    assert (found["BTC/USDT"], found["ETH/USDT"]) == (False, True)


async def test_instruments_are_read_again_after_a_while(exchange: Any, stack: Any) -> None:
    wall = Wall()
    pool = CcxtVenues(urls(exchange), lambda account: None, wall_s=wall)  # type: ignore[arg-type]
    stack.push_async_callback(pool.close)
    await pool.instruments("binance")
    await exchange.post("market", venue="binance", symbol="BTCUSDT", status="BREAK")
    wall.now_s += 31

    found = {each.symbol: each.open for each in await pool.instruments("binance")}

    assert found["BTC/USDT"] is False


async def test_no_key_is_logged_even_when_everything_is(
    opened: Any, order: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = await opened("binanceusdm")
    await account.create_order(order("binanceusdm", "0.01"))

    assert "key-ann" not in caplog.text
    assert "signature" not in caplog.text


async def test_connections_that_slept_through_are_not_used_again() -> None:
    wall = Wall()
    sessions = Sessions(secure=False, wall_s=wall)
    first = sessions.rest()
    wall.now_s += IDLE_S - 1
    assert sessions.rest() is first

    wall.now_s += IDLE_S + 1
    second = sessions.rest()

    assert second is not first
    await sessions.close()
    assert first is not None
    assert first.closed


def test_an_account_that_was_quiet_waits_for_nothing() -> None:
    wall = Wall()
    bucket = Bucket(per_second=10, capacity=20, clock=wall)

    assert bucket.take(20) == 0
    assert bucket.take(5) == pytest.approx(0.5)
    wall.now_s += 60
    assert bucket.take(20) == 0
    assert bucket.take(10) == pytest.approx(1.0)


def urls(exchange: Any) -> dict[str, Endpoint]:
    socket = exchange.base.replace("http", "ws")
    return {
        venue: Endpoint(f"{exchange.base}/{venue}", f"{socket}/{venue}")
        for venue in ("binance", "binanceusdm", "delta")
    }
