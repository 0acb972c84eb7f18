"""What no entry could set at the follower's venue is refused before anything is followed by it."""

from typing import Any

import pytest

from pilotfish.domain.margin_rules import require_settable
from pilotfish.domain.rules import BadRules, rules_from

FIXED = {"leverage_mode": "fixed", "leverage": "5"}


@pytest.mark.parametrize(
    ("venue", "rules", "field", "words"),
    [
        ("binance", FIXED, "leverage_mode", "is set on binance"),
        ("coinbase", {"margin_mode": "cross"}, "margin_mode", "is set on coinbase"),
        ("nowhere", {"leverage_mode": "follow"}, "leverage_mode", "is set on nowhere"),
        ("okx", {"margin_mode": "isolated"}, "margin_mode", "on okx can be asked for: cross$"),
        ("bybit", {"margin_mode": "follow"}, "margin_mode", "whole account's"),
        ("bybit", {"margin_mode": "cross"}, "margin_mode", "whole account's"),
        ("krakenfutures", {"margin_mode": "cross", **FIXED}, "margin_mode", "isolated$"),
        ("gate", FIXED, "margin_mode", "only be set together"),
        ("gate", {"margin_mode": "cross"}, "leverage_mode", "only be set together"),
    ],
)
def test_what_the_venue_has_not_is_refused(
    venue: str, rules: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(BadRules, match=words) as refused:
        require_settable(rules_from(rules), venue)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("venue", "rules"),
    [
        ("coinbase", {}),
        ("nowhere", {"leverage": "3", "max_leverage": "3"}),
        ("binanceusdm", {"margin_mode": "isolated", **FIXED}),
        ("okx", {"margin_mode": "follow", "leverage_mode": "follow"}),
        ("bybit", FIXED),
        ("krakenfutures", {"margin_mode": "isolated", **FIXED}),
        ("paper:coinbase", {"margin_mode": "isolated", **FIXED}),
    ],
)
def test_what_it_has_is_not(venue: str, rules: dict[str, Any]) -> None:
    require_settable(rules_from(rules), venue)
