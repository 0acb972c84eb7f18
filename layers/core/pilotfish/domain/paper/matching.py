"""What becomes of an order on a paper account."""

from dataclasses import dataclass
from decimal import Decimal

from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish.domain.instruments import Kind
from pilotfish.domain.netting import position_key
from pilotfish.domain.paper.prices import PublicMarket, fill_price, mark_of
from pilotfish.domain.paper.trades import trade_of
from pilotfish.domain.paper.wallet import ZERO, Held, PaperWallet, moved_on
from pilotfish.domain.venues import OrderRequest

# One transaction holds the wallet and a row for each position that is liquidated.
MOST_POSITIONS = 40


@dataclass(frozen=True, slots=True)
class Filled:
    """The wallet after an order, and its trade."""

    wallet: PaperWallet
    fill: Fill


@dataclass(frozen=True, slots=True)
class Unfilled:
    """Nothing was to be had at the order's limit price."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The account does not take the order, and why."""

    why: str


def place(
    wallet: PaperWallet, request: OrderRequest, market: PublicMarket, touched: Decimal, now_ms: int
) -> Filled | Unfilled | Refused:
    """What becomes of an order at the price that it touches; positions have their marks."""
    price = fill_price(market, touched, request.side, wallet.slippage)
    why = _wrong_amount(request, market, price) or _wrong_side(request, market)
    if why:
        return Refused(why)
    limit = request.limit_price
    if limit is not None and (price - limit) * request.side.sign > 0:
        return Unfilled()
    if market.instrument.kind is Kind.SPOT:
        return _spot(wallet, request, market, price, now_ms)
    return _linear(wallet, request, market, price, now_ms)


def _wrong_amount(request: OrderRequest, market: PublicMarket, price: Decimal) -> str:
    """Lots and minimums are the real venue's; a reduce-only order may be worth less."""
    own, quantity = market.instrument, request.quantity
    if not own.open:
        return f"{request.symbol} is not traded now"
    if quantity <= 0 or (own.lot and quantity % own.lot):
        return f"{quantity} is no multiple of the lot {own.lot}"
    if quantity < own.min_quantity:
        return f"{quantity} is below the minimum of {own.min_quantity}"
    reduces = request.reduce_only and own.kind is not Kind.SPOT
    if quantity * price < own.min_notional and not reduces:
        return f"{quantity * price} is below the minimum notional of {own.min_notional}"
    return ""


def _wrong_side(request: OrderRequest, market: PublicMarket) -> str:
    """A long and a short position side by side are held where the real venue has them."""
    if request.position_side is PositionSide.NET:
        return ""
    if market.instrument.kind is Kind.SPOT or not market.hedged:
        return f"the venue has no {request.position_side} side of {request.symbol}"
    opening = Side.BUY if request.position_side is PositionSide.LONG else Side.SELL
    if request.reduce_only != (request.side is opening):
        return ""
    verb = "reduce" if request.reduce_only else "open"
    return f"a {request.side} cannot {verb} a {request.position_side} position"


def _spot(
    wallet: PaperWallet, request: OrderRequest, market: PublicMarket, price: Decimal, now_ms: int
) -> Filled | Refused:
    base, _, quote = request.symbol.partition("/")
    notional = price * request.quantity
    fill = trade_of(wallet, request, request.quantity, price, notional * market.taker_fee, now_ms)
    cash = dict(wallet.cash)
    cash[base] = wallet.of(base) + fill.signed_quantity
    cash[quote] = wallet.of(quote) - request.side.sign * notional - fill.fee
    for currency in (base, quote):
        if cash[currency] < 0:
            return Refused(
                f"insufficient balance: the paper account has {wallet.of(currency)} {currency}"
            )
    coins = {**wallet.coins, base: request.symbol}
    kept = {currency: amount for currency, amount in cash.items() if amount}
    after = moved_on(wallet, cash=kept, coins=coins, executed=wallet.executed + 1)
    if request.side is Side.BUY and after.short_of_margin(quote):
        return Refused(f"insufficient balance: its {quote} is margin of positions")
    return Filled(after, fill)


def _linear(
    wallet: PaperWallet, request: OrderRequest, market: PublicMarket, price: Decimal, now_ms: int
) -> Filled | Refused:
    settle = market.instrument.settle
    key = position_key(request.symbol, request.position_side)
    held = wallet.positions.get(key) or Held(ZERO, price, price)
    quantity = request.quantity
    if request.reduce_only:
        quantity = min(quantity, max(ZERO, -request.side.sign * held.quantity))
        if not quantity:
            return Refused("reduce-only: the paper account holds nothing that it could close")
    fee = price * quantity * market.taker_fee
    fill = trade_of(wallet, request, quantity, price, fee, now_ms)
    after, earned = _moved(held, fill, mark_of(market.ticker, now_ms) or price)
    positions = {**wallet.positions, key: after}
    if not after.quantity:
        del positions[key]
    cash = {**wallet.cash, settle: wallet.of(settle) + earned - fee}
    new = moved_on(wallet, cash=cash, positions=positions, executed=wallet.executed + 1)
    if len(positions) > MOST_POSITIONS:
        return Refused(f"a paper account holds at most {MOST_POSITIONS} positions")
    grows = abs(after.quantity) > abs(held.quantity) or held.quantity * after.quantity < 0
    if grows and new.short_of_margin(settle):
        have, need = wallet.equity(settle), new.margin(settle) + fee
        return Refused(f"insufficient margin: {have:f} {settle} of equity, {need:.2f} needed")
    return Filled(new, fill)


def _moved(held: Held, fill: Fill, mark: Decimal) -> tuple[Held, Decimal]:
    """The position after a trade, and what was earned; adding moves the average, closing not."""
    before, change = held.quantity, fill.signed_quantity
    after = before + change
    if before * change >= 0:
        entry = (abs(before) * held.entry_price + abs(change) * fill.price) / abs(after)
        return Held(after, entry, mark), ZERO
    closed = min(abs(before), abs(change)) * (1 if before > 0 else -1)
    earned = (fill.price - held.entry_price) * closed
    entry = fill.price if before * after < 0 else held.entry_price
    return Held(after, entry, mark), earned
