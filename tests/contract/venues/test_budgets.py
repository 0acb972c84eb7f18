"""What the accounts behind one IP address may ask of a venue together."""

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NotSent, VenueError
from pilotfish_venues.addresses import Budgets, Limit
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.exchanges import signed_at
from pilotfish_venues.pool import CcxtVenues
from pilotfish_venues.sessions import Sessions, Sockets
from pilotfish_venues.table import VENUES
from pilotfish_venues.throttle import Bucket, SharedBudget
from tests.contract.venues.conftest import base_urls, keys_by_name
from tests.fakes import simulate
from tests.fakes.clock import ManualClock

SPENT = 1e6


def shared(clock: ManualClock, per_second: float = 10, capacity: float = 10) -> SharedBudget:
    return SharedBudget(Bucket(per_second, capacity, lambda: clock() / 1000))


def test_whoever_asks_much_lets_the_others_go_first() -> None:
    clock = ManualClock()
    budget, gone = shared(clock), []

    async def ask(who: int, times: int) -> None:
        async def once() -> None:
            await budget.take(who, 1)
            gone.append(who)

        await asyncio.gather(*(once() for _ in range(times)))

    async def main() -> None:
        many = asyncio.create_task(ask(1, 110))
        await asyncio.sleep(1)
        few = [asyncio.create_task(ask(who, 3)) for who in range(2, 12)]
        await asyncio.sleep(6.1)
        assert Counter(gone[20:])[1] <= 31
        assert all(task.done() for task in few), "nobody starves"
        await many

    simulate(clock, main())


def test_who_waits_goes_as_soon_as_there_is_enough_and_in_order() -> None:
    clock = ManualClock()
    budget, at = shared(clock), []

    async def ask(cost: float) -> None:
        await budget.take(1, cost)
        at.append(clock.now_ms)

    async def main() -> None:
        start = clock.now_ms
        await asyncio.gather(*(ask(cost) for cost in (10, 5, 20, 1)))
        assert [(each - start) / 1000 for each in at] == [0, 0.5, 1.5, 2.6]

    simulate(clock, main())


def test_who_is_cancelled_has_spent_nothing() -> None:
    clock = ManualClock()
    budget = shared(clock)

    async def main() -> None:
        await budget.take(1, 10)
        waiting = [asyncio.create_task(budget.take(1, 10)) for _ in range(20)]
        await asyncio.sleep(0.5)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.wait_for(budget.take(2, 10), 0.6)

    simulate(clock, main())


def test_who_waited_in_a_loop_that_is_gone_holds_up_nobody() -> None:
    clock = ManualClock()
    budget = shared(clock)

    async def abandoned() -> None:
        await budget.take(1, 10)
        asyncio.get_running_loop().create_task(budget.take(1, 10))
        await asyncio.sleep(0.1)

    simulate(clock, abandoned())
    clock.advance(1)
    simulate(clock, budget.take(1, 10))


@pytest.mark.parametrize(
    "limit",
    sorted(
        {
            (name, limit)
            for spec in VENUES.values()
            for name, limit in (("requests", spec.by_address), ("sockets", spec.sockets))
            if limit
        },
        key=lambda found: (found[0], found[1].host),
    ),
    ids=lambda found: f"{found[0]} {found[1].host}",
)
def test_in_no_period_is_more_asked_than_a_venue_allows(limit: tuple[str, Limit]) -> None:
    """Not even when everybody wants more, from a full budget on."""
    clock, rule, asked = ManualClock(), limit[1], limit[1].most / 50
    per_second = rule.most / (rule.period_s + rule.burst_s)
    budget = shared(clock, per_second, per_second * rule.burst_s)
    gone: list[float] = []

    async def ask() -> None:
        while True:
            await budget.take(1, asked)
            gone.append(clock.now_ms / 1000)

    async def main() -> None:
        task = asyncio.create_task(ask())
        await asyncio.sleep(rule.period_s * 3)
        task.cancel()

    simulate(clock, main())
    worst = max(sum(start <= each < start + rule.period_s for each in gone) for start in gone[:99])
    assert rule.most * 0.9 <= worst * asked <= rule.most


def test_venues_at_one_host_share_and_others_do_not() -> None:
    budgets = Budgets()

    def of(venue: str, base: str = "") -> SharedBudget | None:
        return budgets.of(VENUES[venue].by_address, base, 1)

    assert of("bitget") is of("bitgetuta") is not None
    assert of("binance") is not of("binanceusdm")
    assert of("bitget") is not of("bitget", "http://127.0.0.1:9")
    assert of("okx") is None, "its requests are counted by account"


@pytest.fixture
async def address(stack: Any, exchange: Any) -> CcxtVenues:
    """Venues as they are reached from one address."""
    at = {venue: Endpoint(url.rest, url.ws) for venue, url in base_urls(exchange.base).items()}
    pool = CcxtVenues(at, keys_by_name, ping_s=0.2)
    stack.push_async_callback(pool.close)
    return pool


@pytest.fixture
def connected(exchange: Any, address: CcxtVenues) -> Any:
    async def opened(venue: str, name: str) -> Any:
        account = {"name": name, "venue": venue, "key": f"key-{name}", "secret": f"secret-{name}"}
        await exchange.post("accounts", accounts=[account])
        return await address.account(Account(name, "owner", venue, name.encode()))

    return opened


def requests(account: Any) -> Bucket:
    bucket: Bucket = account._exchange.shared.requests.bucket
    return bucket


async def waits(call: Any) -> bool:
    """Whether it is still not through after a moment."""
    task = asyncio.ensure_future(call)
    await asyncio.wait([task], timeout=0.3)
    try:
        return not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("venue", ["binance", "binanceusdm", "bybit"])
async def test_one_account_that_spent_it_all_makes_the_reads_of_another_wait(
    connected: Any, venue: str
) -> None:
    ann, bob = await connected(venue, "ann"), await connected(venue, "bob")
    assert await bob.positions() == await bob.positions()

    requests(ann).take(SPENT)

    assert await waits(bob.positions())
    assert bob.vitals().headroom == 0
    assert bob._exchange.bucket.headroom() > 0


async def test_an_order_waits_for_no_other_account_where_it_is_not_counted(
    connected: Any, order: Any, exchange: Any
) -> None:
    ann, bob = await connected("binanceusdm", "ann"), await connected("binanceusdm", "bob")
    requests(ann).take(SPENT)

    async with asyncio.timeout(5):
        await bob.create_order(order("binanceusdm", "0.01"))
    assert len(await exchange.orders("bob")) == 1


async def test_where_it_is_counted_reads_leave_some_to_it(
    connected: Any, order: Any, exchange: Any
) -> None:
    ann, bob = await connected("binance", "ann"), await connected("binance", "bob")
    ann._exchange.shared.requests.bucket = bucket = Bucket(1e-9, 600)
    bucket.take(460)
    assert await waits(ann.positions())

    async with asyncio.timeout(5):
        await bob.create_order(order("binance", "0.01"))
    assert len(await exchange.orders("bob")) == 1


async def test_where_it_is_counted_and_nothing_is_left_it_is_not_sent(
    connected: Any, order: Any, exchange: Any
) -> None:
    """Or the venue would ban the address, and with it everybody's exits."""
    bob = await connected("binance", "bob")
    before = bob._exchange.bucket.headroom()
    requests(bob).take(SPENT)

    with pytest.raises(NotSent, match="the address's request budget is spent") as caught:
        await bob.create_order(order("binance", "0.01"))

    assert caught.value.wait_s > 60
    assert bob._exchange.bucket.headroom() >= before, "what was not sent costs nothing"
    assert await exchange.orders("bob") == []


def test_orders_go_before_all_reads() -> None:
    clock = ManualClock()
    budget, gone = shared(clock), []

    async def ask(what: str, *, first: bool = False) -> None:
        await budget.take(1, 5, first=first)
        gone.append(what)

    async def main() -> None:
        await budget.take(1, 10)
        reads = [asyncio.create_task(ask("read")) for _ in range(3)]
        await asyncio.sleep(0.1)
        await ask("order", first=True)
        assert gone == ["order"]
        await asyncio.gather(*reads)

    simulate(clock, main())


async def test_an_order_is_counted_where_the_venue_counts_it(connected: Any, order: Any) -> None:
    """Binance: an order on spot has a weight of 1, on USD-M of 0."""
    spent = {}
    for venue in ("binance", "binanceusdm"):
        ann = await connected(venue, f"ann-{venue}")
        bucket = Bucket(1e-9, 100)
        ann._exchange.shared.requests.bucket = bucket
        await ann.create_order(order(venue, "0.01"))
        spent[venue] = round(100 * (1 - bucket.headroom()), 3)
    assert spent == {"binance": 0.2, "binanceusdm": 0.0}


async def test_what_an_order_has_to_read_first_waits_only_as_long_as_its_claim_allows(
    connected: Any,
) -> None:
    ann = await connected("binance", "ann")
    requests(ann).take(SPENT)
    token = signed_at.set(1)
    try:
        with pytest.raises(VenueError, match="the address's request budget is spent"):
            await ann.positions()
    finally:
        signed_at.reset(token)


async def test_what_the_venue_says_of_the_address_is_kept_to(connected: Any) -> None:
    """Somebody else behind the address has used most of this minute."""
    ann = await connected("binance", "ann")
    headers = {"X-MBX-USED-WEIGHT-1M": "5990", "Content-Type": "application/json"}
    ann._exchange.handle_errors(
        200, "OK", "https://x/api/v3/account", "GET", headers, "{}", {}, {}, ""
    )

    left = requests(ann).wait_s(100)
    assert left == pytest.approx((100 - 2) / (1200 / 120), abs=0.1)


async def test_after_too_much_all_accounts_of_the_address_rest(
    connected: Any, exchange: Any
) -> None:
    ann, bob = await connected("binanceusdm", "ann"), await connected("binanceusdm", "bob")
    await exchange.fault("status", status=429, retry_after=30, endpoint="positions", times=1)
    with pytest.raises(VenueError):
        await ann.positions()

    assert await waits(bob.positions())
    assert requests(bob).wait_s(1) > 0.9


async def test_a_proxy_with_more_addresses_may_ask_for_more() -> None:
    limit = VENUES["binance"].by_address
    assert limit is not None
    one, ten = limit.budget(1).bucket, limit.budget(10).bucket
    assert one.wait_s(600) == ten.wait_s(6000) == 0
    one.take(3000), ten.take(3000)
    assert one.headroom() == 0
    assert ten.headroom() > 0.3


async def test_no_more_sockets_are_opened_than_the_venue_allows(
    exchange: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pilotfish_venues.sessions.SOCKET_PATIENCE_S", 0.2)
    sessions = Sessions(secure=False)
    sockets = Sockets(sessions, SharedBudget(Bucket(0.001, 2)))
    url = exchange.base.replace("http", "ws") + "/binance/ws"
    try:
        for _ in range(2):
            await (await sockets.ws_connect(url)).close()
        with pytest.raises(Exception, match="as many sockets were opened"):
            await sockets.ws_connect(url)
    finally:
        await sessions.close()


async def test_headroom_is_of_the_account_or_of_the_address_whichever_is_less(
    connected: Any,
) -> None:
    ann = await connected("binance", "ann")
    assert ann.vitals().headroom > Decimal("0.5")
    ann._exchange.bucket.take(SPENT)
    assert ann.vitals().headroom == 0
