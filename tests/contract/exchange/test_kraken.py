"""Kraken spot through ccxt.kraken: its names, its nonces, its words, and fifty fills a page."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import ccxt
import pytest

from tests.contract.exchange.conftest import make_client

BTC, ETH = "BTC/USD", "ETH/USD"
SECRET = base64.b64encode(b"a secret of many bytes").decode()


@pytest.fixture
async def kraken(stack, url, control):
    """Open an account at Kraken and return a ccxt client for it."""

    async def opened(name="kat", **more):
        await control.account(name, "kraken", **{"secret": SECRET, **more})
        await control.pin("kraken", "XBTUSD", "60000")
        client = make_client("kraken", url, name)
        client.secret = SECRET
        stack.push_async_callback(client.close)
        await client.load_markets()
        return client

    return opened


async def test_pairs_have_the_names_and_filters_of_kraken(kraken):
    client = await kraken()
    market = client.markets[BTC]
    assert (market["id"], market["info"]["altname"]) == ("XXBTZUSD", "XBTUSD")
    assert market["info"]["wsname"] == "XBT/USD"
    assert client.markets["BTC/USDT"]["id"] == "XBTUSDT"
    assert market["precision"] == {"amount": 1e-8, "price": 0.1}
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == (0.00005, 0.5)
    assert (market["taker"], market["maker"], market["active"]) == (0.004, 0.0025, True)
    assert abs(await client.fetch_time() - client.milliseconds()) < 3000
    assert (await client.fetch_status())["status"] == "ok"
    assert client.currencies["BTC"]["id"] == "XXBT"


async def test_a_market_order_is_answered_with_its_id_alone(kraken):
    client = await kraken(balances={"USD": "10000"})
    made = await client.create_order(BTC, "market", "buy", 0.1, None, {"clientOrderId": "mine"})
    assert (made["status"], made["filled"], made["symbol"]) == (None, None, BTC)
    found = await client.fetch_order(made["id"])
    assert (found["status"], found["filled"], found["average"]) == ("closed", 0.1, 60000.1)
    assert found["clientOrderId"] == "mine"
    (trade,) = await client.fetch_my_trades()
    assert found["trades"][0]["id"] == trade["id"]
    assert (trade["order"], trade["side"], trade["takerOrMaker"]) == (made["id"], "buy", "taker")


async def test_every_fee_is_in_the_quote_currency(kraken):
    client = await kraken(balances={"USD": "10000"})
    await client.create_order(BTC, "market", "buy", 0.1)
    balance = await client.fetch_balance()
    assert balance["BTC"]["total"] == 0.1
    paid = Decimal("6000.01") * Decimal("1.004")
    assert Decimal(str(balance["USD"]["total"])) == 10000 - paid
    (trade,) = await client.fetch_my_trades()
    assert trade["fee"] == {"currency": "USD", "cost": 24.00004}
    await client.create_order(BTC, "market", "sell", 0.1)
    assert (await client.fetch_balance())["BTC"]["total"] == 0


async def test_a_limit_order_holds_and_is_found_by_its_client_id_while_it_is_open(kraken):
    client = await kraken(balances={"USD": "10000"})
    params = {"clientOrderId": "d15708c1-dbb6-465d-b77d-47258319cc90"}
    made = await client.create_order(BTC, "limit", "buy", 0.1, 50000, params)
    balance = await client.fetch_balance()
    assert (balance["USD"]["total"], balance["USD"]["used"]) == (10000, 5000)
    assert [o["id"] for o in await client.fetch_open_orders(BTC, None, None, params)] == [
        made["id"]
    ]
    other = {"clientOrderId": "another"}
    assert await client.fetch_open_orders(BTC, None, None, other) == []
    await client.cancel_order(None, BTC, params)
    assert await client.fetch_open_orders() == []
    (closed,) = await client.fetch_closed_orders(BTC, None, None, params)
    assert (closed["id"], closed["status"]) == (made["id"], "canceled")
    assert (await client.fetch_balance())["USD"]["used"] == 0
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(made["id"])


async def test_a_client_id_is_free_again_when_its_order_is_closed(kraken, control):
    client, same = await kraken(), {"clientOrderId": "same"}
    await client.create_order(BTC, "market", "buy", 0.001, None, same)
    await client.create_order(BTC, "limit", "buy", 0.001, 50000, same)
    with pytest.raises(ccxt.ExchangeError, match="cl_ord_id"):
        await client.create_order(BTC, "market", "buy", 0.001, None, same)
    assert len(await control.orders(client_id="same")) == 2


@pytest.mark.parametrize("client_id", ["x" * 19, "d15708c1-dbb6465d-b77d-47258319cc90"])
async def test_a_client_id_is_a_uuid_or_a_short_text(kraken, client_id):
    client = await kraken()
    with pytest.raises(ccxt.ExchangeError, match="cl_ord_id"):
        await client.create_order(BTC, "market", "buy", 0.001, None, {"clientOrderId": client_id})


async def test_immediate_or_cancel_post_only_and_an_order_for_an_amount(kraken):
    client = await kraken()
    made = await client.create_order(BTC, "limit", "buy", 0.01, 59000, {"timeInForce": "IOC"})
    assert (await client.fetch_order(made["id"]))["status"] == "canceled"
    with pytest.raises(ccxt.ExchangeError, match="Post only"):
        await client.create_order(BTC, "limit", "buy", 0.01, 61000, {"postOnly": True})
    made = await client.create_order(BTC, "market", "buy", 600, None, {"oflags": "viqc"})
    assert (await client.fetch_order(made["id"]))["filled"] == pytest.approx(0.00999998)


@pytest.mark.parametrize(
    ("order", "error", "words"),
    [
        ((BTC, "market", "buy", 5), ccxt.InsufficientFunds, "EOrder:Insufficient funds"),
        ((BTC, "market", "sell", 5), ccxt.InsufficientFunds, "EOrder:Insufficient funds"),
        ((BTC, "market", "buy", 0.00001), ccxt.InvalidOrder, "volume minimum not met"),
    ],
)
async def test_refusals_in_krakens_words(kraken, control, order, error, words):
    client = await kraken()
    with pytest.raises(error, match=words):
        await client.create_order(*order)
    (rejected,) = await control.rejected(account="kat")
    assert words in rejected["message"]
    assert (rejected["symbol"], rejected["side"]) == ("XBTUSD", order[2].upper())
    assert await control.orders(account="kat") == []


async def test_a_purchase_must_leave_enough_for_its_fee(kraken):
    client = await kraken(balances={"USD": "6010"})
    with pytest.raises(ccxt.InsufficientFunds):
        await client.create_order(BTC, "market", "buy", 0.1)
    await client.create_order(BTC, "market", "buy", 0.099)


@pytest.mark.parametrize(
    "params",
    [
        {"stopLossPrice": 50000},
        {"trailingPercent": "5"},
        {"leverage": 3},
        {"close": {"ordertype": "stop-loss", "price": 50000}},
        {"reduceOnly": True},
    ],
)
async def test_what_is_not_modelled_is_refused_not_ignored(kraken, control, params):
    client = await kraken()
    with pytest.raises(ccxt.ExchangeError, match="Invalid arguments"):
        await client.create_order(BTC, "market", "sell", 0.01, None, params)
    assert await control.orders() == []


async def test_a_deadline_that_has_passed(kraken, control):
    client = await kraken()
    now = datetime.now(UTC)

    async def sent(at):
        params = {"deadline": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        return await client.create_order(BTC, "market", "buy", 0.001, None, params)

    with pytest.raises(ccxt.ExchangeError, match="EService:Deadline elapsed"):
        await sent(now - timedelta(seconds=1))
    with pytest.raises(ccxt.ExchangeError, match="Invalid arguments:deadline"):
        await sent(now + timedelta(minutes=5))
    assert await control.orders() == []
    await sent(now + timedelta(seconds=20))


async def test_fills_in_pages_of_fifty_the_newest_first(kraken):
    client = await kraken()
    for _ in range(55):
        await client.create_order(BTC, "market", "buy", 0.0001)
        await client.create_order(ETH, "market", "sell", 0.001)
    first = (await client.privatePostTradesHistory())["result"]
    assert (len(first["trades"]), first["count"]) == (50, 110)
    ids = list(first["trades"])
    for offset in (50, 100):
        page = (await client.privatePostTradesHistory({"ofs": offset}))["result"]["trades"]
        ids += list(page)
    assert len(set(ids)) == 110
    times = [Decimal(str(t["time"])) for t in first["trades"].values()]
    assert times == sorted(times, reverse=True)
    oldest = str(times[-1])
    since = (await client.privatePostTradesHistory({"start": oldest}))["result"]["trades"]
    assert ids[49] not in since
    until = (await client.privatePostTradesHistory({"end": oldest}))["result"]["trades"]
    assert next(iter(until)) == ids[49]


async def test_several_orders_are_asked_for_at_once_and_an_unknown_one_fails_them(kraken):
    client = await kraken()
    made = [await client.create_order(BTC, "market", "buy", 0.001) for _ in range(2)]
    txids = ",".join(order["id"] for order in made)
    answer = await client.privatePostQueryOrders({"txid": txids})
    assert set(answer["result"]) == {order["id"] for order in made}
    for unknown in ("OAAAAA-AAAAA-AAAAAA", "nonsense"):
        with pytest.raises(ccxt.InvalidOrder, match="Unknown order"):
            await client.privatePostQueryOrders({"txid": f"{txids},{unknown}"})


async def test_a_nonce_only_ever_grows_for_its_key(kraken, stack, url):
    client = await kraken()
    again = make_client("kraken", url, "kat")
    again.secret = SECRET
    stack.push_async_callback(again.close)
    client.nonce = lambda: 2_000_000_000_000
    await client.fetch_balance()
    await client.fetch_balance()
    again.nonce = lambda: 1_999_999_999_999
    with pytest.raises(ccxt.InvalidNonce, match="EAPI:Invalid nonce"):
        await again.privatePostBalance()
    again.nonce = lambda: 2_000_000_000_002
    assert await again.privatePostBalance()


async def test_the_nonces_of_two_keys_have_nothing_to_do_with_each_other(kraken):
    ann, bob = await kraken("ann"), await kraken("bob")
    ann.nonce = lambda: 2_000_000_000_000
    await ann.fetch_balance()
    assert await bob.fetch_balance()


async def test_wrong_keys_and_permissions(kraken, control, stack, url):
    client = await kraken()
    stranger = make_client("kraken", url, "nobody")
    stranger.secret = SECRET
    stack.push_async_callback(stranger.close)
    with pytest.raises(ccxt.AuthenticationError, match="EAPI:Invalid key"):
        await stranger.fetch_balance()
    client.secret = base64.b64encode(b"another").decode()
    with pytest.raises(ccxt.ExchangeError, match="EAPI:Invalid signature"):
        await client.fetch_balance()
    client.secret = SECRET
    await control.call("PATCH", "accounts/kat", {"can_trade": False})
    with pytest.raises(ccxt.PermissionDenied, match="EGeneral:Permission denied"):
        await client.create_order(BTC, "market", "buy", 0.001)
    assert await client.fetch_balance()
    await control.call("PATCH", "accounts/kat", {"allowed_ips": ["10.0.0.1"]})
    with pytest.raises(ccxt.PermissionDenied):
        await client.fetch_balance()


async def test_too_many_calls(kraken, control):
    client = await kraken()
    await control.post("limits", venue="kraken", weight_per_minute=3)
    await control.post("forgive")
    await client.fetch_my_trades()
    with pytest.raises(ccxt.DDoSProtection, match="EAPI:Rate limit exceeded"):
        await client.fetch_my_trades()
    assert await client.create_order(BTC, "market", "buy", 0.001)
    await control.post("limits", venue="kraken", orders_per_10s=1)
    await control.post("forgive")
    outcomes = await asyncio.gather(
        *(client.create_order(BTC, "market", "buy", 0.001) for _ in range(3)),
        return_exceptions=True,
    )
    assert any("EOrder:Rate limit exceeded" in str(error) for error in outcomes)


async def test_a_pair_in_cancel_only_mode_and_a_delisted_one(kraken, control):
    client = await kraken()
    await control.post("market", venue="kraken", symbol="XBTUSD", status="BREAK")
    with pytest.raises(ccxt.OnMaintenance, match="EService:Market in cancel_only mode"):
        await client.create_order(BTC, "market", "buy", 0.001)
    assert (await client.load_markets(True))[BTC]["active"] is False
    await control.post("market", venue="kraken", symbol="XBTUSD", status="DELISTED")
    with pytest.raises(ccxt.ExchangeError, match="EQuery:Unknown asset pair"):
        await client.create_order(BTC, "market", "buy", 0.001)
    assert BTC not in await client.load_markets(True)


async def test_tickers_and_depth(kraken):
    client = await kraken()
    ticker = await client.fetch_ticker(BTC)
    assert (ticker["bid"], ticker["ask"], ticker["last"]) == (60000, 60000.1, 60000)
    assert {BTC, ETH} <= set(await client.fetch_tickers())
    book = await client.fetch_order_book(BTC, 5)
    assert (book["bids"][0][0], book["asks"][0][0], len(book["asks"])) == (60000, 60000.1, 5)


@pytest.mark.parametrize(
    ("fault", "error", "left"),
    [
        ({"kind": "status", "status": 503}, ccxt.ExchangeNotAvailable, 0),
        ({"kind": "status", "status": 502, "body": "html"}, ccxt.ExchangeNotAvailable, 0),
        ({"kind": "status", "status": 520, "when": "after"}, ccxt.ExchangeNotAvailable, 1),
        ({"kind": "reset"}, ccxt.ExchangeNotAvailable, 0),
        ({"kind": "reset", "when": "after"}, ccxt.ExchangeNotAvailable, 1),
        ({"kind": "timeout_before", "ms": 600}, ccxt.RequestTimeout, 0),
        ({"kind": "timeout_after", "ms": 600}, ccxt.RequestTimeout, 1),
        ({"kind": "status", "status": 200, "code": "EService:Busy"}, ccxt.ExchangeNotAvailable, 0),
    ],
)
async def test_faults_speak_kraken_too(kraken, control, fault, error, left):
    client = await kraken()
    client.timeout = 300
    await control.fault(venue="kraken", endpoint="order_create", times=1, **fault)
    with pytest.raises(error):
        await client.create_order(BTC, "market", "buy", 0.001)
    assert len(await control.orders()) == left


async def test_an_empty_answer_hides_an_order_and_a_lag_hides_it_too(kraken, control):
    client = await kraken()
    await control.fault("empty_body", venue="kraken", endpoint="order_create", times=1)
    assert (await client.create_order(BTC, "market", "buy", 0.001))["id"] is None
    assert len(await control.orders()) == 1
    await control.fault("lag_ms", venue="kraken", endpoint="order_create", ms=200, times=1)
    made = await client.create_order(BTC, "limit", "buy", 0.001, 50000)
    with pytest.raises(ccxt.InvalidOrder, match="Unknown order"):
        await client.fetch_order(made["id"])
    assert await client.fetch_open_orders() == []
    await asyncio.sleep(0.25)
    assert (await client.fetch_order(made["id"]))["id"] == made["id"]


async def test_the_book_knows_an_order_by_krakens_id(kraken, control):
    client = await kraken()
    await control.fault("partial_fill", endpoint="order_create", pieces=3)
    made = await client.create_order(BTC, "market", "buy", 0.003)
    trades = await client.fetch_my_trades()
    (seen,) = await control.orders()
    assert seen["order_id"] == made["id"]
    assert {fill["trade_id"] for fill in seen["fills"]} == {trade["id"] for trade in trades}


@pytest.mark.parametrize(
    ("may", "there", "missing"),
    [
        ({}, "modify-trades", "withdraw-funds"),
        ({"can_trade": False}, "query-funds", "modify-trades"),
        ({"can_withdraw": True}, "withdraw-funds", "none"),
    ],
)
async def test_a_key_tells_what_it_may_do(kraken, may, there, missing):
    client = await kraken(**may)
    key = (await client.privatePostGetApiKeyInfo())["result"]
    assert there in key["permissions"]
    assert missing not in key["permissions"]
    assert (key["ip_allowlist"], key["valid_until"]) == ([], "0")


async def test_a_key_tells_from_where_it_may_be_used(kraken):
    client = await kraken(allowed_ips=["127.0.0.1"])
    key = (await client.privatePostGetApiKeyInfo())["result"]
    assert key["ip_allowlist"] == ["127.0.0.1"]
