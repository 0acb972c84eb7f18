"""What is told, to whom, and what never is."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.news import Viewer, of_copy, of_fill
from pilotfish.domain.orders import Event, State, advanced
from tests.unit.live.orders import FILL, T0, order


def test_a_fill_is_told_with_exact_money_and_the_venues_time() -> None:
    assert of_fill(FILL, "lena").message == {
        "type": "TRADE_UPDATE",
        "channel": "trades",
        "timestamp": T0,
        "fill": f"{T0}-BTC/USDT:USDT-991",
        "leader": "acc-lead",
        "venue": "binanceusdm",
        "symbol": "BTC/USDT:USDT",
        "side": "buy",
        "position_side": "net",
        "price": "43250.50",
        "quantity": "0.00000001",
        "fee": "0.01730020",
        "fee_currency": "USDT",
        "seen_ms": T0 + 41,
    }


def test_a_copy_is_told_with_its_state_and_latency() -> None:
    copied = order(
        state=State.COPIED,
        revision=2,
        attempts=1,
        sent_ms=T0 + 60,
        answered_ms=T0 + 85,
        venue_order_id="88",
        filled_quantity=Decimal("0.0050"),
        average_price=Decimal("43251.1"),
        history=(
            Event(T0 + 50, State.PLANNED, ""),
            Event(T0 + 60, State.SENT, ""),
            Event(T0 + 85, State.COPIED, ""),
        ),
    )
    assert of_copy(copied).message == {
        "type": "COPY_UPDATE",
        "channel": "copies",
        "timestamp": T0 + 85,
        "order": copied.order_id,
        "revision": 2,
        "follow": "fol-1",
        "leader": "acc-lead",
        "fill": FILL.fill_id,
        "leg": "entry",
        "account": "acc-ada",
        "venue": "binanceusdm",
        "symbol": "BTC/USDT:USDT",
        "side": "buy",
        "position_side": "net",
        "state": "COPIED",
        "reason": "",
        "quantity": "0.0050",
        "filled": "0.0050",
        "average_price": "43251.1",
        "leader_price": "43250.50",
        "client_order_id": copied.client_order_id,
        "venue_order_id": "88",
        "attempts": 1,
        "latency_ms": 85,
    }


def test_the_timestamp_is_when_the_order_came_into_its_state() -> None:
    planned = order(history=(Event(T0 + 50, State.PLANNED, ""),))
    sent = advanced(planned, replace(planned, state=State.SENT), T0 + 60)
    again = advanced(sent, replace(sent, state=State.UNSENT), T0 + 900)
    told = [of_copy(one).message for one in (planned, sent, again)]
    assert [one["timestamp"] for one in told] == [T0 + 50, T0 + 60, T0 + 900]
    assert [one["latency_ms"] for one in told] == [50, 60, 900]
    assert [one["revision"] for one in told] == [0, 1, 2]


def test_money_is_never_written_with_an_exponent() -> None:
    tiny = replace(FILL, quantity=Decimal("1E-8"), price=Decimal("1E+5"), fee=Decimal("0E-8"))
    told = of_fill(tiny, "lena").message
    assert (told["quantity"], told["price"], told["fee"]) == ("0.00000001", "100000", "0.00000000")


def test_a_fill_is_for_its_owner_for_those_who_watch_the_trader_and_for_operators() -> None:
    assert set(of_fill(FILL, "lena").topics) == {"user:lena", "trader:acc-lead", "all"}


def test_a_copy_is_for_the_follower_and_for_operators_not_for_those_who_watch_the_trader() -> None:
    assert set(of_copy(order()).topics) == {"user:ada", "all"}


def test_what_a_viewer_hears_without_asking() -> None:
    assert Viewer("ada").topics == ("user:ada",)
    assert Viewer("root", operator=True).topics == ("user:root", "all")


CANARY = "CaNaRy0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL"


@pytest.mark.parametrize(
    "reason",
    [
        f"binance GET https://api.binance.com/api/v3/order?timestamp=1&signature={CANARY}",
        f"binance GET https://api.binance.com/api/v3/order?apiKey={CANARY[:20]}",
        f"apiKey {CANARY} is not valid",
        f'{{"code":-2015,"key":"{CANARY[:30]}"}}',
    ],
)
def test_a_key_or_signature_in_a_venues_words_is_not_told(reason: str) -> None:
    told = json.dumps(of_copy(order(state=State.REJECTED, reason=reason)).message)
    assert CANARY[:20] not in told


def test_a_venues_plain_words_are_told_whole() -> None:
    words = (
        "binanceusdm -2019: Margin is insufficient. (order 5f2c1f8e-3f0a-4b7e-9a51-0a3c2d7e8f90)"
    )
    assert of_copy(order(state=State.REJECTED, reason=words)).message["reason"] == words


def test_a_page_of_words_is_cut() -> None:
    told = of_copy(order(state=State.UNKNOWN, reason="<html> " * 500)).message["reason"]
    assert len(str(told)) == 300
