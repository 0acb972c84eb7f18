"""A leader's own stop-loss and take-profit orders, as followers' copies are closed by them.

A level belongs to a position in derivatives and closes all of it: of what closes only a part, as of
what trails the price, the fill is copied when it comes, as any exit is.
"""

from collections.abc import Iterable
from decimal import Decimal

from pilotfish.domain.counterparts import coin_of, mirrored, scale
from pilotfish.domain.follows import Follow
from pilotfish.domain.levels import Level
from pilotfish.domain.netting import position_side_of, symbol_of
from pilotfish.domain.rule_kinds import BadRules
from pilotfish.domain.rules import Rules
from pilotfish.domain.venues import Position
from pilotfish.domain.wallets import Wallet

RULE = "copy_tp_sl"
# The venues of which such orders are read; they are those of `pilotfish_venues.levels`.
READ_ON = frozenset({"binanceusdm", "bybit", "okx", "bitget", "gate"})


def passed(
    position: Position | None, levels: Iterable[Level], symbol: str, price: Decimal
) -> Level | None:
    """The level of a leader's position that a copy of it is at or beyond.

    `symbol` and `price` are the copy's; a multiple of the coin is counted as such.
    """
    if position is None or not same_coin(position.symbol, symbol):
        return None
    theirs = price * scale(position.symbol, symbol)
    closing = (level for level in levels if level.closes(position))
    return next((level for level in closing if level.reached(theirs)), None)


def reached_by_leader(follow: Follow, key: str, price: Decimal, leader: Wallet) -> str:
    """Which kind of the leader's levels a follow's position is at or beyond; '' for none.

    `price` is that of the follow's own market. Of a mirror a stop of the leader's is the target.
    """
    own = symbol_of(key)
    symbol, side = follow.leader_symbol(own), mirrored(position_side_of(key), follow.rules)
    theirs = (
        each
        for each in leader.positions
        if (each.symbol, each.position_side) == (symbol, side) and each.quantity
    )
    level = passed(next(theirs, None), leader.levels, own, price)
    return "" if level is None else f"leader's {level.kind}"


def same_coin(symbol: str, own: str) -> bool:
    """Whether prices of two markets can be compared at all."""
    names = (coin_of(each.partition("/")[0])[0] for each in (symbol, own))
    return len(set(names)) == 1


def require_readable(rules: Rules, venue: str) -> None:
    """Raises `BadRules` where the leader's venue does not tell its levels."""
    if rules.copy_tp_sl and venue not in READ_ON:
        known = ", ".join(sorted(READ_ON))
        message = f"{RULE} goes by the leader's stop and target orders, which can be read on"
        raise BadRules(RULE, f"{message} {known}, not on {venue or 'an unknown venue'}")
