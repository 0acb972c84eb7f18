"""What an order costs: balances held and moved on spot, margin and positions on futures."""

from decimal import Decimal

from pilotfish_local.exchange.engine.accounts import Account, signed
from pilotfish_local.exchange.engine.book import Book
from pilotfish_local.exchange.engine.decimals import ZERO
from pilotfish_local.exchange.engine.instruments import Instrument
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.orders import BUY, Order, Reason, Refused

Markets = dict[tuple[str, str], Market]


def held_asset(order: Order) -> str:
    """The asset that an open spot order holds."""
    return order.instrument.quote if order.side == BUY else order.instrument.base


def hold(account: Account, order: Order, price: Decimal) -> None:
    """Lock what a spot order may spend, or refuse it."""
    needed = order.qty * price if order.side == BUY else order.qty
    balance = account.balance(held_asset(order))
    if needed > balance.free:
        raise Refused(Reason.INSUFFICIENT, f"needs {needed}, has {balance.free}")
    balance.locked += needed


def release(account: Account, order: Order, qty: Decimal, price: Decimal) -> None:
    """Unlock what a spot order no longer needs."""
    account.balance(held_asset(order)).locked -= qty * price if order.side == BUY else qty


def settle_spot(
    account: Account, instrument: Instrument, side: str, qty: Decimal, price: Decimal, rate: Decimal
) -> tuple[Decimal, str]:
    """Move both balances and return the commission, which comes off what is received."""
    base, quote = account.balance(instrument.base), account.balance(instrument.quote)
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


def unrealized(account: Account, markets: Markets) -> Decimal:
    """The profit that closing all positions at the mark price would book."""
    total = ZERO
    for position in account.positions.values():
        if position.amount:
            market = markets[account.venue, position.symbol]
            gain = (market.last - position.entry) * position.amount
            total += gain * market.instrument.contract_value
    return total


def position_margin(account: Account, markets: Markets) -> Decimal:
    """The initial margin of all positions at the mark price."""
    total = ZERO
    for position in account.positions.values():
        if position.amount:
            market = markets[account.venue, position.symbol]
            value = market.instrument.notional(abs(position.amount), market.last)
            total += value / account.leverage_of(position.symbol)
    return total


def order_margin(account: Account, book: Book) -> Decimal:
    """The initial margin that open limit orders hold."""
    total = ZERO
    for order in book.open_of(account.name):
        if order.price is not None and not order.reduce_only:
            value = order.instrument.notional(order.remaining, order.price)
            total += value / account.leverage_of(order.instrument.symbol)
    return total


def available(account: Account, asset: str, markets: Markets, book: Book) -> Decimal:
    """What may still be used as margin: wallet and unrealised profit, less margin in use."""
    equity = account.balance(asset).total + unrealized(account, markets)
    return equity - position_margin(account, markets) - order_margin(account, book)


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
    has = available(account, instrument.settle, markets, book)
    if needed > has:
        raise Refused(Reason.INSUFFICIENT, f"{has} {needed - has}")
