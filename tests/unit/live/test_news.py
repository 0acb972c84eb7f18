"""What is told, to whom, and what never is."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.messages import encode
from pilotfish.domain.news import News, of_copy, of_fill, of_session
from pilotfish.domain.orders import Event, State, advanced
from pilotfish.domain.sync_sessions import SyncSession
from tests.unit.live.orders import FILL, T0, order


def told(news: News, channel: str = "copies", seq: int = 7) -> dict[str, Any]:
    """The message as a client reads it."""
    message: dict[str, Any] = json.loads(encode(news.message(channel, seq)))
    return message


def test_a_fill_is_told_with_exact_money_and_the_venues_time() -> None:
    (news,) = of_fill(FILL, "lena")
    assert told(news, "trades") == {
        "type": "TRADE_UPDATE",
        "channel": "trades",
        "seq": 7,
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
    news = of_copy(copied)[0]
    assert told(news) == {
        "type": "COPY_UPDATE",
        "channel": "copies",
        "seq": 7,
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
    news = [told(of_copy(one)[0]) for one in (planned, sent, again)]
    assert [one["timestamp"] for one in news] == [T0 + 50, T0 + 60, T0 + 900]
    assert [one["latency_ms"] for one in news] == [50, 60, 900]
    assert [one["revision"] for one in news] == [0, 1, 2]


def test_money_is_never_written_with_an_exponent() -> None:
    tiny = replace(FILL, quantity=Decimal("1E-8"), price=Decimal("1E+5"), fee=Decimal("0E-8"))
    (news,) = of_fill(tiny, "lena")
    one = told(news)
    assert (one["quantity"], one["price"], one["fee"]) == ("0.00000001", "100000", "0.00000000")


def test_a_fill_is_for_its_owner_for_those_who_watch_the_trader_and_for_operators() -> None:
    (news,) = of_fill(FILL, "lena")
    assert set(news.topics) == {"trades|lena", "trades|*", "trader:acc-lead"}


def test_a_copy_is_for_the_follower_and_for_operators_not_for_those_who_watch_the_trader() -> None:
    (news,) = of_copy(order())
    assert set(news.topics) == {"copies|ada", "copies|*"}


def test_an_order_that_may_be_at_its_venue_is_told_as_one_too() -> None:
    rejected = order(state=State.REJECTED, attempts=1, sent_quantity=Decimal("0.004"))
    copy, news = of_copy(rejected)
    assert set(news.topics) == {"orders|ada", "orders|*"}
    assert copy.name == news.name
    one = told(news, "orders")
    assert (one["type"], one["orderType"]) == ("ORDER_UPDATE", "MARKET")
    shown = one["order"]
    assert (shown["status"], shown["quantity"], shown["side"]) == ("REJECTED", 0.004, "buy")
    limited = order(state=State.COPIED, attempts=1, limit_price=Decimal("43251.5"))
    assert told(of_copy(limited)[1])["order"]["limit_price"] == 43251.5
    assert told(of_copy(limited)[1])["orderType"] == "LIMIT"


def test_what_was_never_sent_is_no_order() -> None:
    for state in (State.PLANNED, State.SKIPPED, State.EXPIRED):
        assert len(of_copy(order(state=state))) == 1


def test_each_change_has_a_name_of_its_own() -> None:
    names = [of_copy(order(revision=revision))[0].name for revision in (0, 1)]
    assert len(set(names)) == 2
    assert of_copy(order(revision=1))[0].name == names[1]


def test_a_back_fill_is_told_to_its_owner() -> None:
    session = SyncSession(
        account_id="acc",
        session_id="0001",
        owner="lena",
        venue="okx",
        since_ms=1,
        until_ms=9,
        started_ms=T0,
        moved_ms=T0 + 5,
        pages=2,
        trades_synced=30,
    )
    (news,) = of_session(session)
    one = told(news, "sync")
    assert set(news.topics) == {"sync|lena", "sync|*"}
    assert (one["type"], one["timestamp"]) == ("SYNC_UPDATE", T0 + 5)
    assert (one["sync"]["id"], one["sync"]["status"]) == ("0001", "RUNNING")
    assert (one["sync"]["pages"], one["sync"]["trades_synced"]) == (2, 30)


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
    for news in of_copy(order(state=State.REJECTED, attempts=1, reason=reason)):
        assert CANARY[:20] not in json.dumps(told(news))


def test_a_venues_plain_words_are_told_whole() -> None:
    words = (
        "binanceusdm -2019: Margin is insufficient. (order 5f2c1f8e-3f0a-4b7e-9a51-0a3c2d7e8f90)"
    )
    (news,) = of_copy(order(state=State.REJECTED, reason=words))
    assert told(news)["reason"] == words


def test_a_page_of_words_is_cut() -> None:
    (news,) = of_copy(order(state=State.UNKNOWN, reason="<html> " * 500))
    assert len(str(told(news)["reason"])) == 300


def test_what_is_on_paper_is_marked_and_nothing_else_is() -> None:
    real = order(state=State.SENT, attempts=1)
    paper = order(state=State.SENT, attempts=1, venue="paper:binanceusdm")
    copy, shown = (told(news) for news in of_copy(paper))
    assert (copy["paper"], copy["venue"]) == (True, "paper:binanceusdm")
    assert shown["order"]["paper"] is True
    copy, shown = (told(news) for news in of_copy(real))
    assert "paper" not in copy
    assert "paper" not in shown["order"]
