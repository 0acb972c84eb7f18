"""Rules that make no sense are refused where they are made."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.rules import Existing, OnDrift, Rules, rules_from


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"multiplier": Decimal(-1)}, "multiplier is more than 0 and at most 10000, not -1"),
        ({"multiplier": Decimal(0)}, "multiplier"),
        ({"multiplier": Decimal("NaN")}, "multiplier"),
        ({"multiplier": Decimal("Infinity")}, "multiplier"),
        ({"max_order_notional": Decimal(0)}, "max_order_notional"),
        ({"max_order_notional": Decimal(-5)}, "max_order_notional"),
        ({"max_position_notional": Decimal(0)}, "max_position_notional"),
        ({"max_position_notional": Decimal("sNaN")}, "max_position_notional"),
        ({"max_slippage": Decimal(1)}, "max_slippage is a fraction from 0 to below 1, not 1"),
        ({"max_slippage": Decimal("-0.001")}, "max_slippage"),
        ({"max_slippage": Decimal("NaN")}, "max_slippage"),
        ({"lateness_s": 0}, "lateness_s"),
        ({"lateness_s": -1}, "lateness_s"),
        ({"on_drift": "repair"}, "on_drift is report, accept or restore, not repair"),
        ({"on_drift": "restore"}, "max_slippage"),
        ({"existing": "copy"}, "existing is ignore or join, not copy"),
        ({"existing": "join"}, "join_tolerance"),
        ({"join_tolerance": Decimal(1)}, "join_tolerance is a fraction"),
        ({"symbols": {"BTC/USDT": ""}}, "to nothing"),
        ({"symbols": {"BTC/USDT": "BTC/USD", "BTC/USDC": "BTC/USD"}}, "two symbols to one"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Rules(**rules)


def test_the_edges_are_allowed() -> None:
    Rules(
        multiplier=Decimal("0.0001"),
        max_order_notional=Decimal("0.01"),
        max_position_notional=Decimal("0.01"),
        max_slippage=Decimal(0),
        lateness_s=1,
    )
    Rules(max_slippage=Decimal("0.9999"))


def test_a_symbol_that_another_is_copied_as_is_not_copied_itself() -> None:
    """Or two ledgers would decide about one position, and its cap would hold for neither."""
    rules = Rules(symbols={"BTC/USDC": "BTC/USDT"})
    assert rules.copied("BTC/USDC") == "BTC/USDT"
    assert rules.copied("BTC/USDT") == ""
    assert rules.copied("ETH/USDT") == "ETH/USDT"


def test_two_symbols_may_change_places() -> None:
    rules = Rules(symbols={"A/USDT": "B/USDT", "B/USDT": "A/USDT"})
    assert [rules.copied(symbol) for symbol in ("A/USDT", "B/USDT")] == ["B/USDT", "A/USDT"]


def test_a_copied_symbol_tells_the_leader_s() -> None:
    rules = Rules(symbols={"BTC/USDC": "BTC/USDT"})
    assert rules.leader_symbol("BTC/USDT") == "BTC/USDC"
    assert rules.leader_symbol("ETH/USDT") == "ETH/USDT"


def test_rules_come_from_json() -> None:
    stated = {
        "multiplier": 0.1,
        "max_slippage": "0.005",
        "max_order_notional": None,
        "lateness_s": 5,
        "symbols": {"A/USDT": "B/USDT"},
        "on_drift": "restore",
        "existing": "join",
        "join_tolerance": "0.01",
    }
    assert rules_from(stated) == Rules(
        multiplier=Decimal("0.1"),
        max_slippage=Decimal("0.005"),
        lateness_s=5,
        symbols={"A/USDT": "B/USDT"},
        on_drift=OnDrift.RESTORE,
        existing=Existing.JOIN,
        join_tolerance=Decimal("0.01"),
    )
