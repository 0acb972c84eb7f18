"""Finding an order that may have been sent."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from ccxt.base.errors import OrderNotFound

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.fills import Side
from pilotfish.domain.venues import OrderStatus

VENUES = ["binance", "binanceusdm", "delta"]


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_is_found_by_its_client_id(venue: str, opened: Any, order: Any) -> None:
    account = await opened(venue)
    request = order(venue, "0.012")
    sent = await account.create_order(request)

    assert await account.find_order(request) == sent


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_whose_answer_was_lost_is_found(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    request = order(venue, "0.012")
    await exchange.fault("reset", when="after", endpoint="order_create", times=1)
    with pytest.raises(OutcomeUnknown):
        await account.create_order(request)

    found = await account.find_order(request)

    assert found is not None
    assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.012"))


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_that_never_arrived_is_not_found(
    venue: str, opened: Any, order: Any
) -> None:
    account = await opened(venue)

    assert await account.find_order(order(venue, "0.012")) is None


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_that_is_not_visible_yet_is_not_found(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    request = order(venue, "0.012")
    await exchange.post("lag", venue=venue, kind="order_lookup", ms=60_000)
    await account.create_order(request)

    assert await account.find_order(request) is None
    await exchange.post("lag", venue=venue, kind="order_lookup", ms=0)
    assert await account.find_order(request) is not None


@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_that_its_id_does_not_find_is_looked_for_among_the_recent_ones(
    venue: str, opened: Any, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await opened(venue)
    request = order(venue, "0.012", Side.SELL)
    sent = await account.create_order(request)

    async def unknown(*args: object) -> None:
        raise OrderNotFound("no such order")

    monkeypatch.setattr(account._exchange, "fetch_order", unknown)

    found = await account.find_order(request)
    assert found == replace(sent, fee=found.fee, fee_currency=found.fee_currency)


@pytest.mark.parametrize("venue", VENUES)
async def test_an_older_order_with_the_same_id_is_another_one(
    venue: str, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    first = order(venue, "0.012")
    await account.create_order(first)
    later = order(venue, "0.012", claimed_ms=first.claimed_ms + 10_000)

    assert await account.find_order(later) is None


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 403, "body": "html"},
        {"kind": "reset"},
    ],
)
async def test_a_look_up_that_failed_says_nothing_about_the_order(
    fault: Any, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened("binanceusdm")
    await exchange.fault(**fault, endpoint="order_lookup")

    with pytest.raises(OutcomeUnknown):
        await account.find_order(order("binanceusdm", "0.01"))


async def test_a_refused_key_says_nothing_about_the_order(
    exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened("binance")
    await exchange.call("PATCH", "accounts/ann", {"enabled": False})

    with pytest.raises(OutcomeUnknown, match="-2015"):
        await account.find_order(order("binance", "0.01"))


async def test_the_fee_of_a_found_buy_is_read_from_its_fills(
    exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened("binance")
    bought, sold = order("binance", "0.01"), order("binance", "0.01", Side.SELL, "pfsold")
    await account.create_order(bought)
    await account.create_order(sold)

    found_buy, found_sale = await account.find_order(bought), await account.find_order(sold)

    assert found_buy.fee_in_base == Decimal("0.00001")
    assert found_sale.fee_in_base == 0


async def test_a_found_buy_is_not_settled_while_its_fills_are_not_visible(
    exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened("binance")
    request = order("binance", "0.01")
    await account.create_order(request)
    await exchange.post("lag", venue="binance", kind="fills", ms=60_000)

    with pytest.raises(OutcomeUnknown, match="not all visible"):
        await account.find_order(request)
