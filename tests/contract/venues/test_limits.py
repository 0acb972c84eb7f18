"""What an order with a limit is on the wire, and how the venue's ending of it is read."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from pilotfish.domain.errors import OutcomeUnknown, Rejected
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.venues import OrderStatus

VENUES = ["binance", "binanceusdm", "delta"]
TICKS = {"binance": "0.01", "binanceusdm": "0.1", "delta": "0.5"}


def sent_by(account: Any) -> dict[str, Any]:
    """The body of the account's last request."""
    body = account._exchange.last_request_body
    if body.startswith("{"):
        return dict(json.loads(body))
    return {name: value for name, [value] in parse_qs(body).items()}


@pytest.mark.parametrize(
    ("venue", "said"),
    [
        ("binance", {"type": "LIMIT", "timeInForce": "IOC", "price": "60100"}),
        ("binanceusdm", {"type": "LIMIT", "timeInForce": "IOC", "price": "60100"}),
        ("delta", {"order_type": "limit_order", "time_in_force": "ioc", "limit_price": "60100"}),
    ],
)
async def test_a_limit_leaves_as_immediate_or_cancel(
    venue: str, said: dict[str, str], opened: Any, order: Any
) -> None:
    account = await opened(venue)

    answer = await account.create_order(order(venue, "0.01", limit="60100"))

    assert sent_by(account).items() >= said.items()
    assert (answer.status, answer.filled) == (OrderStatus.FILLED, Decimal("0.01"))
    assert answer.average_price < 60100


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("side", list(Side))
async def test_a_limit_off_the_grid_is_never_worse_than_asked(
    venue: str, side: Side, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    limit = Decimal(60000) + side.sign * Decimal("7.777")

    await account.create_order(order(venue, "0.01", side, limit=str(limit)))

    (placed,) = await exchange.orders("ann")
    price = Decimal(placed["price"])
    assert price % Decimal(TICKS[venue]) == 0
    assert 0 <= side.sign * (limit - price) < Decimal(TICKS[venue])


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(("side", "limit"), [(Side.BUY, "59000"), (Side.SELL, "61000")])
async def test_one_that_the_market_left_behind_ends_unfilled_and_is_found_so(
    venue: str, side: Side, limit: str, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    request = order(venue, "0.012", side, limit=limit)

    answer = await account.create_order(request)

    assert (answer.status, answer.filled) == (OrderStatus.CANCELED, 0)
    assert await account.find_order(request) == answer
    account._exchange.fetch_order = _unknown
    assert await account.find_order(request) == answer


@pytest.mark.parametrize("venue", VENUES)
async def test_one_that_is_filled_in_part_tells_the_part_and_is_found_so(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    await exchange.fault("partial_fill", endpoint="order_create", fraction="0.5")
    request = order(venue, "0.012", limit="60100")

    answer = await account.create_order(request)

    assert (answer.status, answer.filled) == (OrderStatus.CANCELED, Decimal("0.006"))
    assert answer.average_price > 0
    assert answer.fee_in_base == (Decimal("0.000006") if venue == "binance" else 0)
    assert await account.find_order(request) == answer


@pytest.mark.parametrize("venue", VENUES)
async def test_an_ending_whose_answer_was_lost_is_found(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    account = await opened(venue)
    await exchange.fault("reset", when="after", endpoint="order_create", times=1)
    request = order(venue, "0.012", limit="59000")
    with pytest.raises(OutcomeUnknown):
        await account.create_order(request)

    found = await account.find_order(request)

    assert (found.status, found.filled) == (OrderStatus.CANCELED, 0)


async def test_a_hedged_account_has_limits_too(opened: Any, order: Any) -> None:
    account = await opened("binanceusdm", hedge=True)
    request = order(
        "binanceusdm", "0.01", Side.SELL, position_side=PositionSide.SHORT, limit="59900"
    )

    await account.create_order(request)

    assert sent_by(account)["positionSide"] == "SHORT"
    (position,) = await account.positions()
    assert position.quantity == Decimal("-0.01")


@pytest.mark.parametrize("venue", VENUES)
async def test_a_limit_that_is_no_price_never_reaches_the_venue(
    venue: str, exchange: Any, opened: Any, order: Any
) -> None:
    """A price of nothing must not turn into a market order."""
    account = await opened(venue)

    for limit in ("0", "0.004", "-1"):
        with pytest.raises(Rejected, match="no price"):
            await account.create_order(order(venue, "0.01", limit=limit))

    assert await exchange.orders("ann") == []
    assert await exchange.rejected("ann") == []


async def _unknown(*_: object) -> dict[str, str]:
    return {}
