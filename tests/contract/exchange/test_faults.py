"""Each fault as ccxt meets it, and what it leaves in the book."""

import asyncio
import time

import ccxt
import pytest

BTC = "BTC/USDT:USDT"


async def bought(client):
    return await client.create_order(BTC, "market", "buy", 0.01, None, {"newClientOrderId": "c"})


@pytest.fixture
async def ann(connect):
    client = await connect("binanceusdm", "ann")
    await client.load_markets()
    client.timeout = 300
    return client


async def test_a_timeout_before_accepting_leaves_nothing(ann, control):
    await control.fault("timeout_before", endpoint="order_create", ms=600, times=1)
    with pytest.raises(ccxt.RequestTimeout):
        await bought(ann)
    assert await control.orders() == []
    assert (await bought(ann))["status"] == "closed"


async def test_a_timeout_after_accepting_leaves_an_order(ann, control):
    await control.fault("timeout_after", endpoint="order_create", ms=600, times=1)
    with pytest.raises(ccxt.RequestTimeout):
        await bought(ann)
    (order,) = await control.orders()
    found = await ann.fetch_order("", BTC, {"origClientOrderId": "c"})
    assert (found["id"], found["status"]) == (order["order_id"], "closed")


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
async def test_a_reset_connection(ann, control, when, left):
    await control.fault("reset", endpoint="order_create", when=when, times=1)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await bought(ann)
    assert len(await control.orders()) == left


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 500}, ccxt.OperationFailed),
        ({"status": 502, "body": "html"}, ccxt.ExchangeNotAvailable),
        ({"status": 503, "body": "empty"}, ccxt.ExchangeNotAvailable),
        ({"status": 503}, ccxt.OperationFailed),
        ({"status": 504}, ccxt.RequestTimeout),
        ({"status": 429, "retry_after": 3}, ccxt.DDoSProtection),
        ({"status": 418}, ccxt.DDoSProtection),
        ({"status": 400, "code": -2010, "message": "no"}, ccxt.InvalidOrder),
    ],
)
async def test_a_bad_status(ann, control, fault, error):
    await control.fault("status", endpoint="order_create", times=1, **fault)
    with pytest.raises(error):
        await bought(ann)
    assert await control.orders() == []
    if "retry_after" in fault:
        assert dict(ann.last_response_headers)["Retry-After"] == "3"


async def test_a_bad_status_after_accepting(ann, control):
    await control.fault("status", endpoint="order_create", status=503, when="after", times=1)
    with pytest.raises(ccxt.OperationFailed):
        await bought(ann)
    assert len(await control.orders()) == 1


async def test_an_empty_body_after_accepting(ann, control):
    await control.fault("empty_body", endpoint="order_create", times=1)
    order = await bought(ann)
    assert order["id"] is None
    assert len(await control.orders()) == 1


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
async def test_junk(ann, control, when, left):
    await control.fault("junk", endpoint="order_create", when=when, times=1)
    outcome = (await asyncio.gather(bought(ann), return_exceptions=True))[0]
    assert isinstance(outcome, ccxt.BaseError) or outcome["id"] is None
    assert len(await control.orders()) == left


async def test_a_delay(ann, control):
    await control.fault("delay_ms", endpoint="order_create", ms=150, times=1)
    started = time.monotonic()
    await bought(ann)
    assert time.monotonic() - started >= 0.15


async def test_a_fresh_order_is_not_found_for_a_while(ann, control):
    await control.fault("lag_ms", endpoint="order_create", ms=200, times=1)
    made = await bought(ann)
    for query in ({}, {"origClientOrderId": "c"}):
        with pytest.raises(ccxt.OrderNotFound):
            await ann.fetch_order(made["id"], BTC, query)
    assert await ann.fetch_orders(BTC) == []
    await asyncio.sleep(0.25)
    assert (await ann.fetch_order(made["id"], BTC))["id"] == made["id"]


async def test_lags_of_a_venue(ann, control):
    for kind in ("order_lookup", "fills", "positions"):
        await control.post("lag", venue="binanceusdm", kind=kind, ms=200)
    made = await bought(ann)
    with pytest.raises(ccxt.OrderNotFound):
        await ann.fetch_order(made["id"], BTC)
    assert await ann.fetch_my_trades(BTC) == []
    assert await ann.fetch_positions([BTC]) == []
    await asyncio.sleep(0.25)
    assert len(await ann.fetch_my_trades(BTC)) == 1
    assert len(await ann.fetch_positions([BTC])) == 1


async def test_a_market_order_in_pieces(ann, control):
    await control.fault("partial_fill", endpoint="order_create", pieces=3)
    order = await bought(ann)
    assert (order["status"], order["filled"]) == ("closed", 0.01)
    (seen,) = await control.orders()
    assert [fill["qty"] for fill in seen["fills"]] == ["0.004", "0.004", "0.002"]
    assert len(await ann.fetch_my_trades(BTC)) == 3


async def test_pieces_apart_in_time(ann, control):
    await control.fault("partial_fill", endpoint="order_create", pieces=2, interval_ms=100)
    order = await bought(ann)
    assert (order["status"], order["filled"]) == ("open", 0.005)
    assert [o["id"] for o in await ann.fetch_open_orders(BTC)] == [order["id"]]
    await asyncio.sleep(0.2)
    assert (await ann.fetch_order(order["id"], BTC))["status"] == "closed"


async def test_only_a_part_fills_and_the_rest_expires(ann, control):
    await control.fault("partial_fill", endpoint="order_create", fraction="0.4")
    order = await bought(ann)
    assert (order["status"], order["filled"]) == ("expired", 0.004)


async def test_a_resting_order_fills_in_pieces(ann, control):
    await control.fault("partial_fill", endpoint="order_create", pieces=2)
    made = await ann.create_order(BTC, "limit", "buy", 0.01, 59000)
    await control.pin("binanceusdm", "BTCUSDT", "58000")
    assert (await ann.fetch_order(made["id"], BTC))["filled"] == 0.005
    await control.pin("binanceusdm", "BTCUSDT", "58000")
    assert (await ann.fetch_order(made["id"], BTC))["status"] == "closed"


async def test_a_rule_hits_whom_it_names_as_often_as_it_says(connect, control, ann):
    bob = await connect("binanceusdm", "bob")
    await bob.load_markets()
    rule = await control.fault(
        "reset", venue="binanceusdm", account="bob", endpoint="order_create", times=1, skip=1
    )
    await bought(ann)
    await bought(bob)
    await bought(ann)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await bought(bob)
    await bought(bob)
    await bob.fetch_balance()
    (listed,) = (await control.call("GET", "faults"))["faults"]
    assert (listed["id"], listed["fired"]) == (rule["id"], 1)
    assert [r["account"] for r in await control.orders()] == ["ann", "bob", "ann", "bob"]


async def test_chance_is_seeded(ann, control):
    async def run(**more):
        await control.call("DELETE", "faults")
        await control.fault("status", status=503, endpoint="positions", probability=0.5, **more)
        hits = []
        for _ in range(12):
            try:
                await ann.fapiPrivateV3GetPositionRisk()
                hits.append(0)
            except ccxt.BaseError:
                hits.append(1)
        return hits

    first, second = await run(), await run()
    assert first == second
    assert 0 < sum(first) < 12
    assert await run(seed=1) == await run(seed=1) != first


async def test_a_rule_is_taken_back(ann, control):
    rule = await control.fault("reset", endpoint="any")
    await control.call("DELETE", f"faults/{rule['id']}")
    assert await ann.fetch_balance()


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "nonsense"},
        {"kind": "reset", "endpoint": "nowhere"},
        {"kind": "reset", "whom": "bob"},
        {"kind": "reset", "when": "later"},
    ],
)
async def test_a_rule_that_says_nothing_is_refused(control, spec):
    async with control.session.post(f"{control.base}/_control/faults", json=spec) as response:
        assert response.status == 400


async def test_faults_speak_delta_too(connect, control):
    client = await connect("delta", "dee")
    await client.load_markets()
    await control.fault("status", venue="delta", endpoint="order_create", status=503, times=1)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await client.create_order("BTC/USD:USD", "market", "buy", 1)
    await control.fault("empty_body", venue="delta", endpoint="order_create", times=1)
    assert (await client.create_order("BTC/USD:USD", "market", "buy", 1))["id"] is None
    assert len(await control.orders(venue="delta")) == 1
