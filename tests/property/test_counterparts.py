"""Whatever a leader trades, and whatever a follower's venue lists by then: no copy is ambiguous."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.counterparts import coin_of, counterpart, pinned, rescaled, scale
from pilotfish.domain.follows import Follow
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import Reason
from pilotfish.domain.planning import Around, plan
from pilotfish.domain.rules import Rules
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_fill, a_follow, an_instrument

BASES = ("BTC", "PEPE", "1000PEPE", "1MPEPE", "SHIB1000", "1000SHIB", "SHIB")
QUOTES = ("USDT", "USDC", "USD", "EUR")

spot = st.builds(lambda base, quote: f"{base}/{quote}", *map(st.sampled_from, (BASES, QUOTES)))
perpetual = spot.map(lambda symbol: f"{symbol}:{symbol.partition('/')[2]}")
symbols = st.one_of(spot, perpetual)
rules = st.builds(
    Rules,
    quotes=st.sampled_from([(), ("USDT", "USDC", "USD"), ("USD", "USDT")]),
    multiples=st.booleans(),
    perpetual_for_spot=st.booleans(),
    spot_for_perpetual=st.booleans(),
    symbols=st.dictionaries(symbols, symbols, max_size=2).filter(
        lambda mapped: len(set(mapped.values())) == len(mapped)
    ),
)
listings = st.frozensets(symbols, max_size=12)
history = st.lists(st.tuples(symbols, listings), max_size=12)


@given(rules, history)
def test_each_of_the_followers_symbols_is_that_of_one_of_the_leaders(
    rule: Rules, traded: list[tuple[str, frozenset[str]]]
) -> None:
    follow: Follow = a_follow()
    follow = Follow(**{name: getattr(follow, name) for name in _FIELDS} | {"rules": rule})
    for symbol, listed in traded:
        own = {each: an_instrument(each) for each in listed}
        before = follow.copied(symbol) if symbol in follow.pinned else None
        follow = pinned(follow, symbol, own)
        if before is not None:
            assert follow.copied(symbol) == before
    seen = {symbol for symbol, _ in traded} | set(rule.symbols)
    copied = {symbol: follow.copied(symbol) for symbol in seen if follow.copied(symbol)}
    assert len(set(copied.values())) == len(copied)
    assert all(follow.leader_symbol(own) == symbol for symbol, own in copied.items())


_FIELDS = ("follow_id", "leader_id", "account_id", "owner", "venue", "started_ms")


@given(rules, symbols, listings)
def test_what_is_found_is_listed_and_is_the_same_coin(
    rule: Rules, symbol: str, listed: frozenset[str]
) -> None:
    follow = a_follow(quotes=rule.quotes, multiples=rule.multiples)
    found = counterpart(symbol, follow, {each: an_instrument(each) for each in listed})
    if isinstance(found, Reason):
        assert symbol not in listed
        return
    assert found in listed
    assert coin_of(found.partition("/")[0])[0] == coin_of(symbol.partition("/")[0])[0]


@given(
    st.sampled_from(["PEPE", "1000PEPE", "1MPEPE"]),
    st.sampled_from(["PEPE", "1000PEPE", "10000PEPE"]),
    st.lists(st.integers(1, 40), min_size=1, max_size=6),
    st.lists(st.integers(1, 100), max_size=6),
)
def test_a_follower_holds_the_leaders_part_in_its_own_units(
    theirs: str, ours: str, bought: list[int], sold: list[int]
) -> None:
    """However the leader gets there, in fills of any size."""
    symbol, own = f"{theirs}/USDT:USDT", f"{ours}/USDT:USDT"
    lot = Decimal("1E-9")
    venues = {"model": {own: an_instrument(own, lot=lot, min_quantity=lot)}}
    follow = a_follow(symbols={symbol: own}, multiplier=Decimal("0.5"))
    ledger, held = Ledger(), Decimal(0)
    parts = [Decimal(quantity) for quantity in bought]
    parts += [-sum(parts) * percent / 1000 for percent in sold]
    for number, part in enumerate(parts):
        fill = a_fill(part, symbol=symbol, trade_id=str(number), position_before=held)
        ledger, _ = plan(fill, [follow], ledger, {}, venues, Around(EPOCH_MS))
        held += part
        assert rescaled(fill, own).notional == fill.notional
    line = ledger.lines[follow.follow_id]
    wanted = held * scale(symbol, own) / 2
    assert abs(line.target - wanted) <= lot
    assert abs(line.ordered - wanted) <= 2 * lot
