"""For each reason that ends an entry: the rules or acts of a person that lead to it, by the API."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pilotfish.domain.orders import Leg, Reason

ETH, BTC, SOL = "ETH/USDT:USDT", "BTC/USDT:USDT", "SOL/USDT:USDT"
# What is listed on a venue of this play alone, with which nobody can trade.
INVERSE, CLOSED = "ETH/USD:ETH", SOL
ELSEWHERE = "paper:elsewhere"
USDM = "binanceusdm"


@dataclass(frozen=True)
class Row:
    """A follow with these rules; the leader buys 1 ETH, 0.05 BTC and 1 ETH, all at the market.

    `then` is done by the follower before the leader goes on: 1 ETH more, and 0.5 of it sold. With
    `leads` another one leads: `spot` has some ETH from before and buys 0.1 more; `unheard` buys 1
    ETH before all others and sells it at the end, and is found to without its stream.
    `refused` says how often the venue refuses an order with 429; with `beside` the same account
    follows `unheard` by those rules, and has copied it first.
    """

    reason: Reason
    rules: Mapping[str, Any] = field(default_factory=dict)
    venue: str = USDM
    then: str = ""
    leads: str = "futures"
    refused: int = 0
    beside: Mapping[str, Any] | None = None
    leg: Leg = Leg.ENTRY


def _rest_of_the_week() -> list[str]:
    """Windows in which it is neither today nor, should this take so long, tomorrow."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    today = time.gmtime().tm_wday
    return [f"{days[(today + later) % 7]} 00:00-24:00" for later in range(2, 7)]


ROWS = (
    Row(Reason.BELOW_LOT, {"multiplier": "0.0001"}),
    Row(Reason.BELOW_MINIMUM, {"multiplier": "0.004", "below_minimum": "skip"}),
    Row(Reason.UNKNOWN_SYMBOL, venue="delta"),
    Row(Reason.NO_COUNTERPART, {"quotes": ["USDT", "USDC"]}, venue="delta"),
    Row(Reason.SYMBOL_TAKEN, {"symbols": {ETH: BTC}}),
    Row(Reason.INVERSE_CONTRACT, {"symbols": {ETH: INVERSE}}, venue=ELSEWHERE),
    Row(Reason.MARKET_CLOSED, {"symbols": {ETH: CLOSED}}, venue=ELSEWHERE),
    Row(Reason.SHORT_ON_SPOT, {"symbols": {ETH: "ETH/USDT"}, "reverse": True}, venue="binance"),
    Row(Reason.ON_THE_DENY_LIST, {"never": ["ETH"]}),
    Row(Reason.NOT_ON_THE_LIST, {"only": ["BTC"]}),
    Row(Reason.SIDE_NOT_COPIED, {"sides": "sell"}),
    Row(Reason.DIRECTION_NOT_COPIED, {"direction": "short"}),
    Row(Reason.ORDER_KIND_NOT_COPIED, {"order_kinds": ["limit"]}),
    Row(Reason.ORDER_KIND_UNKNOWN, {"order_kinds": ["market"]}, leads="unheard"),
    Row(Reason.OUTSIDE_HOURS, {"hours": _rest_of_the_week()}),
    Row(Reason.BLACKOUT, {"blackouts": ["2020-01-01T00:00Z/2099-01-01T00:00Z"]}),
    Row(Reason.EQUITY_UNKNOWN, {"size": "equity", "max_wallet_age_s": 1}),
    Row(Reason.BELOW_EQUITY_FLOOR, {"min_equity": "1000000000"}),
    Row(
        Reason.EXPRESSION_FAILED,
        {"size": "expression", "expression": "0 - quantity", "max_order_notional": "100"},
    ),
    Row(Reason.OVER_POSITION_CAP, {"max_position_notional": "1"}),
    Row(Reason.OVER_TOTAL_CAP, {"max_total_notional": "1"}),
    Row(
        Reason.NOT_IN_DOLLARS,
        {"symbols": {ETH: "ETH/EUR"}, "max_total_notional": "9000"},
        venue="kraken",
    ),
    Row(Reason.OVER_OPEN_POSITIONS, {"max_open_positions": 1}),
    Row(Reason.OVER_TRADES_PER_DAY, {"max_trades_per_day": 1}),
    Row(Reason.SLIPPAGE, {"max_slippage": "0.01", "symbols": {ETH: "ETH/USD:USD"}}, venue="delta"),
    Row(Reason.PRICE_NOT_REACHED, {"better_by": "0.1", "wait_s": 1}),
    Row(Reason.CLOSED_SINCE, {"better_by": "0.1"}, leads="unheard"),
    Row(
        Reason.LEVERAGE_UNKNOWN,
        {"leverage_mode": "follow", "symbols": {"ETH/USDT": ETH}},
        leads="spot",
    ),
    Row(
        Reason.LEVERAGE_TAKEN,
        {"leverage_mode": "fixed", "leverage": "10"},
        beside={"leverage_mode": "fixed", "leverage": "5"},
    ),
    Row(Reason.LEVERAGE_REFUSED, {"leverage_mode": "fixed", "leverage": "1000"}),
    Row(Reason.LATE, {"lateness_s": 1}, venue="bybit", refused=1),
    Row(Reason.FOLLOW_PAUSED, then="pause"),
    Row(Reason.CLOSE_ONLY, then="close_only"),
    Row(Reason.FOLLOW_STOPPED, venue="bybit", refused=1000, then="stop"),
    Row(Reason.ACCOUNT_PAUSED, then="pause_account"),
    Row(Reason.HALTED),
    Row(
        Reason.NO_REFERENCE_PRICE,
        {"existing": "join", "join_tolerance": "0.01"},
        venue="binance",
        leads="spot",
    ),
    Row(
        Reason.ALREADY_COPIED,
        {"existing": "join", "join_tolerance": "0.01"},
        then="stop_and_begin_anew",
    ),
    Row(Reason.NOTHING_COPIED, {"never": ["ETH"]}, leg=Leg.EXIT),
)

# No rule and no act of a person leads there; where each is shown instead.
NOT_BY_THE_API: Mapping[Reason, str] = {
    Reason.EXIT_UNDER_WAY: "an exit that waits for another exit: tests/unit/core/test_sync_exit.py",
    Reason.CLOSED_ELSEWHERE: "no order, but a line of the books: tests/e2e/test_drift.py",
    Reason.ACCOUNT_DISABLED: "a connection goes only once none of its follows is live, so an order "
    "has to be overtaken by its account's end: tests/unit/core/test_execute.py",
    Reason.TOO_MANY_POSITIONS: "a leader in more markets than the model exchange lists: "
    "tests/unit/core/test_start_follow.py",
}
