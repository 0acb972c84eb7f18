"""What no recording shows by itself: streams that go wrong, and requests that have an order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import VenueError
from pilotfish_venues import streams
from pilotfish_venues.account import CcxtAccount
from pilotfish_venues.pool import CcxtVenues
from pilotfish_venues.table import VENUES, UnknownVenue, id_of
from tests.contract.venues.loopback import HostInPath, Loopback, listening
from tests.contract.venues.recordings import Json, Recording, order_of, recorded

SOON_S = 5.0
CONFIRMED = [
    venue
    for venue in recorded()
    if venue in VENUES and any(each.ack for each in VENUES[venue].subscriptions)
]

Open = Callable[..., Awaitable[CcxtAccount]]


@pytest.fixture
async def host() -> AsyncIterator[Loopback]:
    async with listening(Loopback()) as loopback:
        yield loopback


@pytest.fixture
async def opened(host: Loopback) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_account(venue: str, sockets: list[Json], ping_s: float = 5.0) -> CcxtAccount:
            recording = Recording(venue)

            async def open_key(account: Account) -> Credentials:
                return Credentials(**recording["key"])

            host.answers = recording.answers(recording.get("stream", {}))
            host.sockets = sockets
            pool = CcxtVenues(
                {venue: HostInPath(base=host.base)},
                open_key,
                ping_s=ping_s,
                wall_s=lambda: recording.now_s,
            )
            stack.push_async_callback(pool.close)
            return await pool.account(Account("ann", "o", venue, b""))

        yield open_account


async def heard(account: CcxtAccount, connected: asyncio.Event) -> list[Any]:
    fills: list[Any] = []
    async with asyncio.timeout(SOON_S):
        async for batch in account.watch_fills(connected):
            fills += batch
    return fills


@pytest.mark.parametrize("venue", CONFIRMED)
async def test_a_socket_that_dies_after_its_trades_ends_the_stream(
    venue: str, opened: Open
) -> None:
    """By then ccxt's own call has its answer, and nobody waits for the socket any more."""
    sockets = Recording(venue)["stream"]["sockets"]
    for socket in sockets:
        socket["steps"][-1]["close"] = True
    connected = asyncio.Event()

    with pytest.raises(VenueError):
        await heard(await opened(venue, sockets), connected)

    assert connected.is_set()


@pytest.mark.parametrize("venue", CONFIRMED)
async def test_a_subscription_that_is_not_confirmed_does_not_stand(
    venue: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "ACK_S", 0.5)
    sockets = Recording(venue)["stream"]["sockets"]
    for socket in sockets:
        del socket["steps"][-1]
    connected = asyncio.Event()

    with pytest.raises(VenueError):
        await heard(await opened(venue, sockets), connected)

    assert not connected.is_set()


@pytest.mark.parametrize("venue", ["bybit", "okx", "kraken", "krakenfutures"])
async def test_a_socket_that_answers_no_ping_is_dead(venue: str, opened: Open, host: Any) -> None:
    """After the recorded messages the host says nothing, not even a pong."""
    host.mute = True
    connected = asyncio.Event()

    with pytest.raises(VenueError, match="ping-pong"):
        await heard(
            await opened(venue, Recording(venue)["stream"]["sockets"], ping_s=0.2), connected
        )


async def test_a_socket_that_answers_lives_however_far_apart_the_clocks_are(
    opened: Open, host: Any
) -> None:
    """The recording is a year old: that is the venue's clock here. ccxt pings by ours."""
    sockets = Recording("bybit")["stream"]["sockets"]
    pong = {"success": True, "ret_msg": "pong", "conn_id": "0", "op": "ping", "req_id": "$req_id"}
    sockets[0]["steps"].append({"hear": {"op": "ping"}, "say": [pong], "again": True})
    account = await opened("bybit", sockets, ping_s=0.1)
    listening_to = asyncio.create_task(heard(account, asyncio.Event()))

    async with asyncio.timeout(SOON_S):
        while sum(said.get("op") == "ping" for said in host.heard) < 6:
            assert not listening_to.done(), listening_to.exception()
            await asyncio.sleep(0.02)

    listening_to.cancel()
    await asyncio.gather(listening_to, return_exceptions=True)


async def test_a_message_that_kraken_skips_ends_the_stream(opened: Open) -> None:
    sockets = Recording("kraken")["stream"]["sockets"]
    said = sockets[0]["steps"][-1]["say"]
    del said[next(n for n, each in enumerate(said) if each.get("sequence") == 4)]

    with pytest.raises(VenueError, match="messages 4 to 4 did not come"):
        await heard(await opened("kraken", sockets), asyncio.Event())


async def test_signed_requests_of_a_key_reach_kraken_one_by_one_in_the_order_of_their_nonces(
    opened: Open, host: Any
) -> None:
    account = await opened("kraken", [])
    host.answers += Recording("kraken")["holdings"]["answers"]
    host.sent.clear()
    host.most_under_way, host.delay_s = 0, 0.02

    await asyncio.gather(*(account.positions() for _ in range(6)))

    nonces = [int(sent.fields["nonce"]) for sent in host.sent]
    assert nonces == sorted(set(nonces))
    assert (len(nonces), host.most_under_way) == (6, 1)


def until_of(sent: Any) -> int:
    """Until when (ms) a sent order may be taken, in whichever way the venue is told."""
    if "expTime" in sent.headers:
        return int(sent.headers["expTime"])
    text = sent.fields.get("processBefore") or sent.fields["deadline"]
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize("venue", ["okx", "krakenfutures", "kraken"])
async def test_until_when_an_order_holds_is_said_in_the_venues_time(
    venue: str, opened: Open, host: Any
) -> None:
    """A clock of ours that is behind would send orders that are too late from the start."""
    order = next(iter(Recording(venue)["orders"].values()))
    account = await opened(venue, [])
    host.answers += order["answers"]

    async def sent_with(offset_ms: int) -> int:
        account._clock.offset_ms = offset_ms
        host.sent.clear()
        await account.create_order(order_of(order["request"]))
        return until_of(host.sent[-1])

    assert await sent_with(60_000) - await sent_with(0) == 60_000


async def test_two_accounts_of_one_key_count_its_nonces_together(opened: Open, host: Any) -> None:
    account = await opened("kraken", [])
    other = account._open_stream(account._credentials)
    exchange = account._exchange

    found = [
        exchange.incrementing_nonce(),
        other.incrementing_nonce(),
        exchange.incrementing_nonce(),
    ]

    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Coinbase Pro", "coinbase"),
        ("kraken_futures", "krakenfutures"),
        ("OKEx", "okx"),
        ("Binance USD-M", "binanceusdm"),
        (" Bybit ", "bybit"),
    ],
)
def test_a_venue_is_known_by_what_people_call_it(said: str, meant: str) -> None:
    assert id_of(said) == meant


def test_a_name_that_nobody_has_is_refused() -> None:
    with pytest.raises(UnknownVenue, match="unknown venue"):
        id_of("Mt. Gox")


def test_no_alias_means_two_venues_or_is_an_id_of_another() -> None:
    aliases = [alias for spec in VENUES.values() for alias in spec.aliases]

    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & set(VENUES)
