"""What cannot be a trade is named, keeps what was sent but no secrets, and can be corrected."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.asides import (
    FUTURE_MS,
    RAW_LIMIT,
    Aside,
    Flaw,
    checked,
    flaw_of,
    raw_of,
    released,
)
from pilotfish.domain.fills import Side
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_fill

NOW_MS = EPOCH_MS + 1_000


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"price": Decimal(0)}, Flaw.NO_PRICE),
        ({"price": Decimal(-1)}, Flaw.NO_PRICE),
        ({"price": Decimal("NaN")}, Flaw.NO_PRICE),
        ({"price": Decimal("Infinity")}, Flaw.NO_PRICE),
        ({"quantity": Decimal(0)}, Flaw.NO_QUANTITY),
        ({"quantity": Decimal(-1)}, Flaw.NO_QUANTITY),
        ({"trade_id": ""}, Flaw.NO_ID),
        ({"traded_ms": 0}, Flaw.NO_TIME),
        ({"traded_ms": NOW_MS + FUTURE_MS + 1}, Flaw.FUTURE),
        ({"symbol": "NEWUSDT"}, Flaw.UNKNOWN_MARKET),
    ],
)
def test_what_cannot_be_true_has_a_name(change: dict[str, object], flaw: Flaw) -> None:
    broken = replace(a_fill(), **change)
    assert flaw_of(broken, NOW_MS) is flaw
    aside = checked(broken, NOW_MS)
    assert isinstance(aside, Aside)
    assert (aside.flaw, aside.fill) == (flaw, broken)
    assert aside.raw


def test_what_can_be_true_is_a_fill() -> None:
    assert flaw_of(a_fill(), NOW_MS) is None
    assert checked(a_fill(), NOW_MS) == a_fill()
    assert flaw_of(a_fill(traded_ms=NOW_MS + FUTURE_MS), NOW_MS) is None
    assert flaw_of(a_fill(), NOW_MS, listed=False) is Flaw.UNKNOWN_MARKET


def test_a_trade_without_an_id_has_the_same_name_however_it_is_told() -> None:
    first = Aside("leader", "model", Flaw.NO_ID, EPOCH_MS, "one form", a_fill(trade_id=""))
    again = replace(first, raw="another form", seen_ms=EPOCH_MS + 5)
    other = replace(first, fill=a_fill("3", trade_id=""))
    assert first.aside_id == again.aside_id != other.aside_id


def test_what_was_sent_is_kept_without_its_secrets() -> None:
    sent = {
        "apiKey": "abc",
        "list": [{"signature": "s", "px": "1"}],
        "who": "xx-topsecret-xx",
        "time": Decimal("1.5"),
    }
    assert json.loads(raw_of(sent, ["topsecret", ""])) == {
        "apiKey": "…",
        "list": [{"px": "1", "signature": "…"}],
        "time": "1.5",
        "who": "xx-…-xx",
    }
    assert len(raw_of({"much": "x" * 99_999})) == RAW_LIMIT


BROKEN = Aside("leader", "model", Flaw.NO_PRICE, EPOCH_MS, "{}", a_fill("2", price=Decimal(0)))
UNREAD = replace(BROKEN, flaw=Flaw.UNREADABLE, fill=None)


def test_a_person_says_what_was_wrong() -> None:
    assert released(BROKEN, {"price": "100"}, NOW_MS) == a_fill("2")
    whole = {
        "symbol": PERPETUAL,
        "trade_id": "1",
        "side": "sell",
        "price": "7.5",
        "quantity": "2",
        "traded_ms": str(EPOCH_MS),
    }
    fill = released(UNREAD, whole, NOW_MS)
    assert (fill.side, fill.price, fill.account_id) == (Side.SELL, Decimal("7.5"), "leader")


@pytest.mark.parametrize(
    ("aside", "changes", "complaint"),
    [
        (BROKEN, {}, "no_price"),
        (BROKEN, {"price": "-3"}, "no_price"),
        (BROKEN, {"price": "dear"}, "'dear' is no price"),
        (BROKEN, {"price": "1", "side": "up"}, "'up' is no side"),
        (BROKEN, {"price": "1", "account_id": "mine"}, "account_id cannot be corrected"),
        (UNREAD, {"price": "1"}, "quantity, side, symbol, trade_id, traded_ms"),
    ],
)
def test_what_is_still_wrong_is_not_released(
    aside: Aside, changes: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        released(aside, changes, NOW_MS)
