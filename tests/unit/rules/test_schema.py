"""What is told of the rules: to programs as a schema, to people as a page."""

import json
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pilotfish.domain.orders import Reason
from pilotfish.domain.rule_kinds import BadRules
from pilotfish.domain.rule_schema import described, schema
from pilotfish.domain.rule_table import RULES
from pilotfish.domain.rules import Rules, rules_from, stated
from scripts.rules_table import PAGE, page

VALIDATOR = Draft202012Validator(schema())
ROOT = Path(__file__).parents[3]


def test_every_rule_says_what_it_may_be() -> None:
    assert list(RULES) == [each.name for each in fields(Rules)]


def test_the_page_has_the_rules_as_they_are() -> None:
    assert PAGE.read_text() == page(PAGE.read_text()), "run `python -m scripts.rules_table`"


def test_every_reason_is_explained_where_a_user_looks() -> None:
    told = PAGE.read_text() + (ROOT / "README.md").read_text()
    told += "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    assert [reason for reason in Reason if f"`{reason}`" not in told] == []


def test_the_schema_is_one_and_takes_the_defaults() -> None:
    Draft202012Validator.check_schema(schema())
    VALIDATOR.validate(json.loads(json.dumps(described(Rules()))))
    assert rules_from(described(Rules())) == Rules()


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"multiplier": 0}, "multiplier", "more than 0"),
    ({"multiplier": 10_001}, "multiplier", "at most 10000"),
    ({"multiplier": True}, "multiplier", "more than 0"),
    ({"multiplier": [1]}, "multiplier", "more than 0"),
    ({"multiplier": "1e-50"}, "multiplier", "decimal places"),
    ({"multiplier": "much"}, "multiplier", "number"),
    ({"multiplier": "NaN"}, "multiplier", "more than 0"),
    ({"size": "huge"}, "size", "multiplier, exact"),
    ({"size": "exact", "multiplier": 2}, "multiplier", "exact"),
    ({"size": "quantity"}, "fixed_quantity", "quantity"),
    ({"size": "notional"}, "fixed_notional", "notional"),
    ({"size": "margin", "margin_share": "0.1"}, "leverage", "margin"),
    ({"size": "margin", "leverage": 2}, "margin_share", "margin"),
    ({"size": "risk", "risk_share": "0.1"}, "stop_loss", "risk"),
    ({"size": "risk", "stop_loss": "0.1"}, "risk_share", "risk"),
    ({"size": "expression", "max_order_notional": 5}, "expression", "expression"),
    ({"size": "expression", "expression": "quantity"}, "max_order_notional", "expression"),
    ({"expression": "exec(1)"}, "expression", "exec"),
    ({"expression": "1" * 201}, "expression", "200"),
    ({"expression": 5}, "expression", "expression"),
    ({"margin_share": "1.1"}, "margin_share", "at most 1"),
    ({"leverage": 1001}, "leverage", "1000"),
    ({"max_wallet_age_s": 0}, "max_wallet_age_s", "1 to"),
    ({"max_wallet_age_s": 1.5}, "max_wallet_age_s", "whole"),
    ({"rounding": "sideways"}, "rounding", "nearest"),
    ({"below_minimum": "lift"}, "max_lift_notional", "lift"),
    ({"lateness_s": 86_401}, "lateness_s", "86400"),
    ({"lateness_s": True}, "lateness_s", "whole"),
    ({"multiples": "yes"}, "multiples", "true or false"),
    ({"only": "BTC"}, "only", "list"),
    ({"only": ["BTC", ""]}, "only", "empty"),
    ({"only": ["BTC"], "never": ["BTC"]}, "never", "BTC"),
    ({"never": ["X"] * 501}, "never", "500"),
    ({"quotes": ["USDT"]}, "quotes", "two"),
    ({"symbols": {"A": 1}}, "symbols", "maps"),
    ({"symbols": [1]}, "symbols", "maps"),
    ({"sides": "left"}, "sides", "buy"),
    ({"direction": "up"}, "direction", "long"),
    ({"order_kinds": ["stop"]}, "order_kinds", "market, limit and conditional"),
    ({"order_kinds": ["market", "market"]}, "order_kinds", "each once"),
    ({"order_kinds": "market"}, "order_kinds", "list"),
    ({"order_kinds": [1]}, "order_kinds", "list"),
    ({"hours": ["9-5"]}, "hours", "mon-fri"),
    ({"hours": "08:00-17:00"}, "hours", "windows"),
    ({"blackouts": ["christmas"]}, "blackouts", "period"),
    ({"max_open_positions": 0}, "max_open_positions", "1 to 500"),
    ({"max_trades_per_day": 501}, "max_trades_per_day", "1 to 500"),
    ({"max_total_notional": -1}, "max_total_notional", "more than 0"),
    ({"max_leverage": 0}, "max_leverage", "0.01"),
    ({"min_equity": 0}, "min_equity", "more than 0"),
    ({"max_daily_loss_share": 2}, "max_daily_loss_share", "at most 1"),
    ({"on_loss": "cry"}, "on_loss", "pause"),
    ({"unheard_of": 1}, "unheard_of", "no rule"),
]


@pytest.mark.parametrize(("rules", "field", "words"), BAD)
def test_what_makes_no_sense_is_refused_by_its_name(
    rules: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(BadRules, match=words) as refused:
        rules_from(rules)
    assert refused.value.field == field
    assert field in str(refused.value)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2000),
    st.decimals("-2", "2000", places=3).map(str),
    st.sampled_from(["equity", "skip", "buy", "long", "pause", "quantity * 2", "nearest", "text"]),
    st.lists(st.sampled_from(["BTC", "mon-fri 08:00-17:00", ""]), max_size=3),
)
stateds = st.dictionaries(st.sampled_from([*RULES, "unheard_of"]), values, max_size=6)


@given(stateds)
def test_anything_is_refused_by_a_rules_name_or_is_rules(given_: dict[str, Any]) -> None:
    try:
        rules = rules_from(given_)
    except BadRules as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert refused.field in {*RULES, *given_}
        return
    assert rules_from(json.loads(json.dumps(stated(rules)))) == rules
    VALIDATOR.validate(json.loads(json.dumps(described(rules))))


def test_rules_that_were_stored_before_there_were_others_are_read() -> None:
    """As the first version wrote them: all there were, decimals as texts."""
    stored = (
        '{"multiplier": "0.5", "max_slippage": "0.001", "lateness_s": 120, "symbols": {}, '
        '"quotes": [], "multiples": false, "perpetual_for_spot": false, '
        '"spot_for_perpetual": false, "only": [], "never": ["ETH"], "on_drift": "report", '
        '"existing": "ignore"}'
    )
    rules = rules_from(json.loads(stored))
    assert rules == Rules(multiplier=Decimal("0.5"), max_slippage=Decimal("0.001"), never=("ETH",))
