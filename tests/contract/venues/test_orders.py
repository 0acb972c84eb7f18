"""What a market order is on the wire, and what its answer becomes."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.venues import OrderStatus, VenueOrder
from pilotfish_venues import orders
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.table import spec_of

TOO_LATE = "-1021|expired_signature"
VENUES = ["binance", "binanceusdm", "delta"]


@pytest.mark.parametrize("venue", VENUES)
async def test_a_market_order_is_filled_and_told_in_base_units(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)

    answer = await account.create_order(order(venue, "0.012"))

    assert answer.status is OrderStatus.FILLED
    assert answer.filled == Decimal("0.012")
    assert answer.client_order_id == "pfabcdefgh12345678"
    assert Decimal("59000") < answer.average_price < Decimal("61000")
    (placed,) = await exchange.orders("ann")
    assert placed["client_id"] == "pfabcdefgh12345678"
    in_units_of_the_venue = Decimal(12) if venue == "delta" else Decimal("0.012")
    assert Decimal(placed["qty"]) == in_units_of_the_venue
    assert placed["type"] == "MARKET"


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("side", list(Side))
async def test_no_price_leaves_and_the_client_id_does(
    venue: str, side: Side, opened: Any, order: Any
) -> None:
    """With a price, spot markets take a sell for an amount of the quote currency."""
    account = await opened(venue)

    await account.create_order(order(venue, "0.01", side))

    sent = account._exchange.last_request_body
    assert "pfabcdefgh12345678" in sent
    assert "price" not in sent.lower()
    assert "force" not in sent.lower()
    assert "quoteorderqty" not in sent.lower()


async def test_the_coin_that_the_venue_kept_of_a_spot_buy_is_told(opened: Any, order: Any) -> None:
    account = await opened("binance")

    bought = await account.create_order(order("binance", "0.01"))
    sold = await account.create_order(order("binance", "0.005", Side.SELL, "pfsold"))

    assert bought.fee_in_base == Decimal("0.00001")
    assert sold.fee_in_base == 0


@pytest.mark.parametrize("venue", ["binanceusdm", "delta"])
async def test_a_reduce_only_order_opens_nothing(venue: str, opened: Any, order: Any) -> None:
    account = await opened(venue)

    with pytest.raises(Rejected, match=r"ReduceOnly|reduce_only"):
        await account.create_order(order(venue, "0.01", Side.SELL, reduce_only=True))

    assert await account.positions() == []


async def test_a_hedged_account_holds_both_sides(opened: Any, order: Any) -> None:
    account = await opened("binanceusdm", hedge=True)
    long, short = PositionSide.LONG, PositionSide.SHORT

    await account.create_order(order("binanceusdm", "0.03", Side.BUY, "pf1", long))
    await account.create_order(order("binanceusdm", "0.02", Side.SELL, "pf2", short))
    await account.create_order(
        order("binanceusdm", "0.01", Side.SELL, "pf3", long, reduce_only=True)
    )

    held = {position.position_side: position.quantity for position in await account.positions()}
    assert held == {long: Decimal("0.02"), short: Decimal("-0.02")}


async def test_an_exit_never_opens_the_side_that_it_names(opened: Any, order: Any) -> None:
    account = await opened("binanceusdm", hedge=True)

    with pytest.raises(Rejected, match="cannot reduce"):
        await account.create_order(
            order("binanceusdm", "0.01", Side.BUY, "pf1", PositionSide.LONG, reduce_only=True)
        )


async def test_a_one_way_account_refuses_a_side(opened: Any, order: Any) -> None:
    account = await opened("binanceusdm")

    with pytest.raises(Rejected, match="position side"):
        await account.create_order(order("binanceusdm", "0.01", position_side=PositionSide.LONG))


@pytest.mark.parametrize("venue", ["binance", "delta"])
async def test_what_a_venue_does_not_have_never_reaches_it(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)

    for request in (
        order(venue, "0.01", position_side=PositionSide.LONG),
        order(venue, "0.01", client_id="x" * 37),
        order(venue, "0.01", client_id=""),
        order(venue, "0.0100005"),
        order(venue, "0"),
        order(venue, "0.01", symbol="NOPE/USDT"),
    ):
        with pytest.raises(Rejected):
            await account.create_order(request)

    assert await exchange.orders("ann") == []
    assert await exchange.rejected("ann") == []


async def test_a_refusal_keeps_the_words_of_the_venue(opened: Any, order: Any) -> None:
    account = await opened("binance", balances={"USDT": "10"})

    with pytest.raises(Rejected, match=r"-2010.*insufficient balance"):
        await account.create_order(order("binance", "0.01"))


@pytest.mark.parametrize(
    ("venue", "words"),
    [("binance", "-1013"), ("binanceusdm", "-4141|-4140|-1122"), ("delta", "market_disrupted")],
)
async def test_a_market_that_closed_says_so(
    venue: str, words: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    symbol = "BTCUSD" if venue == "delta" else "BTCUSDT"
    await exchange.post("market", venue=venue, symbol=symbol, status="BREAK")

    with pytest.raises(Rejected, match=words):
        await account.create_order(order(venue, "0.01"))


@pytest.mark.parametrize("venue", VENUES)
async def test_a_refused_key_is_terminal_even_after_a_success(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    await account.create_order(order(venue, "0.01"))
    await exchange.call("PATCH", "accounts/ann", {"enabled": False})

    with pytest.raises(Rejected, match=r"-2015|invalid_api_key"):
        await account.create_order(order(venue, "0.01", client_id="pf2"))


@pytest.mark.parametrize("venue", VENUES)
async def test_a_claim_that_was_slept_on_is_refused_by_the_venue(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    """The claim's time is what is signed, so no late worker's order can be taken."""
    account = await opened(venue)
    request = order(venue, "0.01")
    old = order(venue, "0.01", claimed_ms=request.claimed_ms - 6_000)

    with pytest.raises(NotSent, match=TOO_LATE):
        await account.create_order(old)

    assert await exchange.orders("ann") == []


@pytest.mark.parametrize("venue", VENUES)
async def test_orders_side_by_side_are_signed_with_their_own_claims(
    venue: str, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    fresh = order(venue, "0.01", client_id="pffresh")
    old = order(venue, "0.01", client_id="pfold", claimed_ms=fresh.claimed_ms - 7_000)

    answers = await asyncio.gather(
        *(account.create_order(each) for each in (old, fresh, old, fresh)), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [NotSent, VenueOrder, NotSent, VenueOrder]


@pytest.mark.parametrize("venue", VENUES)
async def test_a_venue_that_takes_no_connection_was_sent_nothing(
    venue: str, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    exchange = account._exchange
    nobody = Endpoint("http://127.0.0.1:1", "ws://127.0.0.1:1")
    exchange.urls = {**exchange.urls, "api": nobody.rewrite(exchange.urls["api"])}

    with pytest.raises(NotSent, match=r"127\.0\.0\.1"):
        await account.create_order(order(venue, "0.01"))


@pytest.mark.parametrize("offset_ms", [-90_000, 90_000])
@pytest.mark.parametrize("venue", VENUES)
async def test_a_wrong_clock_is_set_right(
    venue: str, offset_ms: int, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    await exchange.post("clock", venue=venue, offset_ms=offset_ms)

    account._clock.asked_ms = 0  # the clock was set a moment ago, when the pool opened
    with pytest.raises(NotSent, match=TOO_LATE):
        await account.create_order(order(venue, "0.01"))
    answer = await account.create_order(order(venue, "0.01", client_id="pf2"))

    assert answer.status is OrderStatus.FILLED
    assert await account.find_order(order(venue, "0.01", client_id="pf2")) == answer


def test_a_fill_that_the_answer_does_not_show_is_not_assumed() -> None:
    market = {"contractSize": None, "spot": False, "base": "BTC"}
    answer = {"id": "7", "status": "closed", "filled": None, "average": "60000"}

    told = orders.read(answer, market, "pf1", spec_of("binance"))

    assert (told.status, told.filled, told.client_order_id) == (OrderStatus.OPEN, 0, "pf1")


@pytest.mark.parametrize("answer", [{}, {"id": None}, {"id": "7", "status": "dreaming"}, None])
def test_an_answer_without_an_order_or_a_state_leaves_the_outcome_unknown(answer: Any) -> None:
    market = {"contractSize": "1", "spot": True, "linear": False, "base": "BTC"}
    with pytest.raises(OutcomeUnknown):
        orders.read(answer, market, "pf1", spec_of("binance"))


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    ("fault", "expected", "placed"),
    [
        ({"kind": "status", "status": 429, "retry_after": 7}, NotSent, 0),
        ({"kind": "status", "status": 418, "retry_after": 7}, NotSent, 0),
        ({"kind": "status", "status": 503}, OutcomeUnknown, 0),
        ({"kind": "status", "status": 503, "when": "after"}, OutcomeUnknown, 1),
        ({"kind": "status", "status": 502, "body": "html", "when": "after"}, OutcomeUnknown, 1),
        ({"kind": "empty_body", "when": "after"}, OutcomeUnknown, 1),
        ({"kind": "junk", "when": "after"}, OutcomeUnknown, 1),
        ({"kind": "reset", "when": "before"}, OutcomeUnknown, 0),
        ({"kind": "reset", "when": "after"}, OutcomeUnknown, 1),
    ],
)
async def test_each_fault_of_a_send_has_its_outcome(
    venue: str, fault: Any, expected: type, placed: int, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    await exchange.fault(**fault, endpoint="order_create")

    with pytest.raises(expected) as caught:
        await account.create_order(order(venue, "0.01"))

    assert len(await exchange.orders("ann")) == placed
    if expected is NotSent:
        assert caught.value.wait_s == 7


@pytest.mark.parametrize("when", ["before", "after"])
async def test_silence_leaves_the_outcome_unknown(
    when: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened("binanceusdm")
    account._exchange.timeout = 200
    await exchange.fault(f"timeout_{when}", endpoint="order_create", ms=2_000)

    with pytest.raises(OutcomeUnknown):
        await account.create_order(order("binanceusdm", "0.01"))


@pytest.mark.parametrize(
    ("fees", "told"),
    [
        ([("0.1", "USDT"), ("0.2", "USDT")], (Decimal("0.3"), "USDT")),
        ([("-0.1", "USDT")], (Decimal("-0.1"), "USDT")),
        ([("0.1", "USDT"), ("0.2", "BNB")], (None, "")),
        ([("0.1", "USDT"), (None, None)], (None, "")),
        ([("0", "USDT")], (None, "")),
        ([("0.1", None)], (None, "")),
        ([], (None, "")),
    ],
)
def test_a_fee_is_told_whole_or_not_at_all(fees: Any, told: Any) -> None:
    trades = [{"fee": {"cost": cost, "currency": currency}} for cost, currency in fees]
    assert orders.fee_of(trades) == told


@pytest.mark.parametrize(("venue", "told"), [("okx", Decimal("0.18")), ("htx", None)])
def test_an_order_s_own_word_on_its_fee_counts_where_the_row_says_so(
    venue: str, told: Decimal | None
) -> None:
    market = {"contractSize": "1", "spot": False, "linear": True, "base": "BTC"}
    answer = {"id": "7", "status": "closed", "filled": "1", "average": "100"}
    answer |= {"fee": {"cost": "0.18", "currency": "USDT"}}  # type: ignore[dict-item]
    assert orders.read(answer, market, "pf1", spec_of(venue)).fee == told
    unfilled = answer | {"status": "canceled", "filled": "0"}
    assert orders.read(unfilled, market, "pf1", spec_of(venue)).fee is None
