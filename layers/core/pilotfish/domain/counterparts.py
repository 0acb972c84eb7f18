"""What stands for a leader's market on a follower's venue, where that has another one or none.

A name alone decides, and a follow that wants none of this copies into the very same symbol or not
at all. What was found is pinned to the follow (see `Follow.copied`), so that a position stays where
it began, and that each of the follower's symbols belongs to one of the leader's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.fills import Fill, PositionSide, is_spot
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument, Kind, kind_of
from pilotfish.domain.orders import Reason
from pilotfish.domain.rules import Rules

ONE = Decimal(1)

# 1000PEPE, 10000SATS, 1MBABYDOGE (Binance, Bybit, OKX), SHIB1000 (Bybit). What is left has at least
# two letters: 1000X is a coin of that name.
_MULTIPLES: Mapping[str, Decimal] = {
    "1000": Decimal(1_000),
    "10000": Decimal(10_000),
    "100000": Decimal(100_000),
    "1000000": Decimal(1_000_000),
    "1M": Decimal(1_000_000),
}
_OTHER = {
    PositionSide.NET: PositionSide.NET,
    PositionSide.LONG: PositionSide.SHORT,
    PositionSide.SHORT: PositionSide.LONG,
}
_MULTIPLE_FIRST = re.compile(r"(1000000|100000|10000|1000|1M)([A-Z][A-Z0-9]+)")
_MULTIPLE_LAST = re.compile(r"([A-Z][A-Z0-9]*[A-Z])(1000)")


def coin_of(base: str) -> tuple[str, Decimal]:
    """The coin that a base currency counts, and how many of it one is: `1000PEPE` is 1000 PEPE."""
    if first := _MULTIPLE_FIRST.fullmatch(base):
        return first[2], _MULTIPLES[first[1]]
    if last := _MULTIPLE_LAST.fullmatch(base):
        return last[1], _MULTIPLES[last[2]]
    return base, ONE


def scale(symbol: str, own: str) -> Decimal:
    """How many units of the follower's base one of the leader's is; 1 for another coin."""
    if symbol == own:
        return ONE
    coin, units = coin_of(_base(symbol))
    own_coin, own_units = coin_of(_base(own))
    return units / own_units if coin == own_coin else ONE


def rescaled(fill: Fill, own: str) -> Fill:
    """The leader's fill counted in the follower's units; notional and fractions stay."""
    factor = scale(fill.symbol, own)
    if factor == ONE:
        return fill
    return replace(
        fill,
        price=fill.price / factor,
        quantity=fill.quantity * factor,
        position_before=fill.position_before * factor,
        opened_before=fill.opened_before * factor,
        fee=fill.fee * factor if fill.fee_currency == _base(fill.symbol) else fill.fee,
    )


def barred(symbol: str, own: str, rules: Rules) -> Reason | None:
    """Why a follow enters nothing here, by its lists of symbols (`BTC/USDT`) and coins (`BTC`)."""
    if not (rules.only or rules.never):
        return None
    names = {name for one in (symbol, own) for name in (one, _base(one), coin_of(_base(one))[0])}
    if names & set(rules.never):
        return Reason.ON_THE_DENY_LIST
    if rules.only and not names & set(rules.only):
        return Reason.NOT_ON_THE_LIST
    return None


def mirrored(side: PositionSide, rules: Rules) -> PositionSide:
    """The follower's position side for the leader's, and the leader's for the follower's."""
    return _OTHER[side] if rules.reverse else side


def counterpart(symbol: str, follow: Follow, own: Mapping[str, Instrument]) -> str | Reason:
    """The follower's symbol for the leader's, or why there is none; `own` is what its venue has.

    The very same symbol first; then one that differs in as little as possible, the kind of market
    counting for more than the quote, and that for more than the multiple of the coin.
    """
    if kind_of(symbol) is Kind.INVERSE:
        return Reason.INVERSE_CONTRACT
    known = follow.copied(symbol)
    settled = symbol in follow.rules.symbols or symbol in follow.pinned
    if settled or not follow.rules.looks_further:
        if known in own:
            return known
        return Reason.UNKNOWN_SYMBOL if known else Reason.SYMBOL_TAKEN
    taken = False
    for candidate in _candidates(symbol, follow.rules):
        if candidate not in own or (candidate != symbol and not own[candidate].open):
            continue
        if follow.is_taken(candidate):
            taken = True
            continue
        return candidate
    return Reason.SYMBOL_TAKEN if taken else Reason.NO_COUNTERPART


def _candidates(symbol: str, rules: Rules) -> Iterator[str]:
    base, quote = _base(symbol), symbol.partition("/")[2].partition(":")[0]
    dated = "-" in symbol.partition(":")[2]
    yield symbol
    if dated:
        return
    quotes = [quote, *(q for q in rules.quotes if q != quote and quote in rules.quotes)]
    for spot in _kinds(symbol, rules):
        for other in quotes:
            for name in _bases(base) if rules.multiples else [base]:
                found = f"{name}/{other}" if spot else f"{name}/{other}:{other}"
                if found != symbol:
                    yield found


def _kinds(symbol: str, rules: Rules) -> list[bool]:
    """Whether spot, in order of preference."""
    spot = is_spot(symbol)
    may_change = rules.perpetual_for_spot if spot else rules.spot_for_perpetual
    return [spot, not spot] if may_change else [spot]


def _bases(base: str) -> list[str]:
    """The base itself, and then other multiples of its coin."""
    coin, _ = coin_of(base)
    names = [base, coin, *(f"{multiple}{coin}" for multiple in _MULTIPLES), f"{coin}1000"]
    return [name for name in dict.fromkeys(names) if coin_of(name)[0] == coin]


def _base(symbol: str) -> str:
    return symbol.partition("/")[0]


def pinned(follow: Follow, symbol: str, own: Mapping[str, Instrument]) -> Follow:
    """The follow with what stands for the leader's symbol pinned to it, where something does."""
    if not wants_pin(follow, symbol):
        return follow
    found = counterpart(symbol, follow, own)
    if isinstance(found, Reason):
        return follow
    return replace(follow, pinned={**follow.pinned, symbol: found})


def wants_pin(follow: Follow, symbol: str) -> bool:
    """Whether what stands for the leader's symbol is still to be found."""
    settled = symbol in follow.rules.symbols or symbol in follow.pinned
    return follow.rules.looks_further and not settled and not barred(symbol, symbol, follow.rules)
