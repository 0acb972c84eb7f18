"""What an order costs: balances held and moved on spot, margin and positions on futures."""

from dataclasses import dataclass
from decimal import Decimal

from pilotfish_local.exchange.engine.accounts import Account, signed
from pilotfish_local.exchange.engine.book import Book
from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.instruments import Instrument
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.orders import BUY, Order, Reason, Refused
from pilotfish_local.exchange.engine.rules import rules_of

Markets = dict[tuple[str, str], Market]


def held_asset(order: Order) -> str:
    """The asset that an open spot order holds."""
    return order.instrument.quote if order.side == BUY else order.instrument.base


def hold(account: Account, order: Order, price: Decimal, markets: Markets, book: Book) -> None:
    """Lock what a spot order may spend, or refuse it; what is margin cannot be spent."""
    needed = order.qty * price if order.side == BUY else order.qty
    asset = held_asset(order)
    balance = account.balance(asset)
    free = balance.free
    if account.positions:
        free = min(free, margins_of(account, asset, markets, book).free)
    if needed > free:
        raise Refused(Reason.INSUFFICIENT, f"needs {needed}, has {free}")
    balance.locked += needed


def release(account: Account, order: Order, qty: Decimal, price: Decimal) -> None:
    """Unlock what a spot order no longer needs."""
    account.balance(held_asset(order)).locked -= qty * price if order.side == BUY else qty


def settle_spot(
    account: Account, instrument: Instrument, side: str, qty: Decimal, price: Decimal, rate: Decimal
) -> tuple[Decimal, str]:
    """Move both balances and return the commission, which most venues take off what is received."""
    base, quote = account.balance(instrument.base), account.balance(instrument.quote)
    if side == BUY and rules_of(instrument.venue).fee_in_quote:
        fee = qty * price * rate
        base.total += qty
        quote.total -= qty * price + fee
        return fee, instrument.quote
    if side == BUY:
        fee = qty * rate
        base.total += qty - fee
        quote.total -= qty * price
        return fee, instrument.base
    fee = qty * price * rate
    base.total -= qty
    quote.total += qty * price - fee
    return fee, instrument.quote


def settle_position(
    account: Account, order: Order, qty: Decimal, price: Decimal, rate: Decimal, at_ns: int
) -> tuple[Decimal, Decimal]:
    """Move the position and the wallet; returns the commission and the realised profit."""
    instrument = order.instrument
    position = account.position(instrument.symbol, order.position_side)
    profit = position.trade(signed(order.side, qty), price, instrument.contract_value, at_ns)
    fee = instrument.notional(qty, price) * rate
    position.commission += fee
    account.balance(instrument.settle).total += profit - fee
    return fee, profit


def closable(account: Account, symbol: str, side: str, position_side: str) -> Decimal:
    """How much of a position an order of this side would close."""
    held = account.held(symbol, position_side)
    if position_side == ("LONG" if side == BUY else "SHORT"):
        return ZERO
    against = held < 0 if side == BUY else held > 0
    return abs(held) if against else ZERO


@dataclass(frozen=True, slots=True)
class Margins:
    """A wallet, the profit not yet realised, the initial margin of positions and of orders, and
    what spot orders hold.
    """

    wallet: Decimal
    gain: Decimal
    positions: Decimal
    orders: Decimal
    locked: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        """What may still be used as margin; negative when there is too little."""
        return self.wallet + self.gain - self.positions - self.orders - self.locked

    @property
    def usable(self) -> Decimal:
        """What a venue shows as available: never negative."""
        return max(self.free, ZERO)


def margins_of(account: Account, asset: str, markets: Markets, book: Book) -> Margins:
    """The margins of an account at the mark prices, in an asset that positions settle in.

    What open spot orders hold of the asset is no margin.
    """
    gain = positions = orders = ZERO
    for position in account.positions.values():
        market = markets[account.venue, position.symbol]
        if position.amount and market.instrument.settle == asset:
            unit = market.instrument.contract_value
            gain += (market.last - position.entry) * position.amount * unit
            value = market.instrument.notional(abs(position.amount), market.last)
            positions += value / account.leverage_of(position.symbol)
    for order in book.open_of(account.name):
        if order.price is not None and _needs_margin(order, asset):
            value = order.instrument.notional(order.remaining, order.price)
            orders += value / account.leverage_of(order.instrument.symbol)
    held = account.balance(asset)
    return Margins(held.total, gain, positions, orders, held.locked)


def _needs_margin(order: Order, asset: str) -> bool:
    i = order.instrument
    return not i.is_spot and i.settle == asset and not order.reduce_only


def require_margin(
    account: Account, order: Order, price: Decimal, markets: Markets, book: Book
) -> None:
    """Refuse an order whose opening part the account cannot margin."""
    instrument = order.instrument
    closes = closable(account, instrument.symbol, order.side, order.position_side)
    opens = max(ZERO, order.qty - closes)
    if not opens:
        return
    value = instrument.notional(opens, price)
    needed = value / account.leverage_of(instrument.symbol) + value * instrument.taker
    has = margins_of(account, instrument.settle, markets, book).free
    if needed > has:
        raise Refused(Reason.INSUFFICIENT, f"{has} {needed - has}")
