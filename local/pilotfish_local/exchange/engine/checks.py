"""What a venue checks before it accepts an order: the market, its filters, the position rules."""

from dataclasses import replace
from decimal import Decimal

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.book import Book
from pilotfish_local.exchange.engine.decimals import ZERO, floor_to, on_grid, places, plain
from pilotfish_local.exchange.engine.funds import closable
from pilotfish_local.exchange.engine.instruments import DELTA, Instrument
from pilotfish_local.exchange.engine.market import DELISTED, TRADING, Market
from pilotfish_local.exchange.engine.orders import (
    BUY,
    SELL,
    OrderRequest,
    Reason,
    Refused,
    closes_a_side,
)
from pilotfish_local.exchange.engine.rules import rules_of


def checked(market: Market, account: Account, book: Book, request: OrderRequest) -> OrderRequest:
    """The request as it will be accepted (a reduce-only quantity capped), or Refused."""
    if market.status == DELISTED:
        raise Refused(Reason.UNKNOWN_SYMBOL, request.symbol)
    if market.status != TRADING:
        raise Refused(Reason.MARKET_CLOSED, request.symbol)
    if request.side not in (BUY, SELL):
        raise Refused(Reason.BAD_REQUEST, "side")
    _check_client_id(account, book, request.client_id)
    request = _with_quantity(market, request)
    _check_filters(market.instrument, request)
    if not market.instrument.is_spot:
        request = _within_position(account, request)
    elif request.reduce_only or request.position_side != "BOTH":
        raise Refused(Reason.UNREAD)
    _check_notional(market, request)
    price = request.price
    takes = request.post_only and price is not None and market.crosses(request.side, price)
    if takes and not rules_of(account.venue).post_only_ends(market.instrument):
        raise Refused(Reason.WOULD_TAKE)
    return request


def _check_client_id(account: Account, book: Book, client_id: str) -> None:
    if not client_id:
        return
    rules = rules_of(account.venue)
    if not rules.client_id.fullmatch(client_id):
        raise Refused(Reason.BAD_CLIENT_ID, client_id)
    other = book.by_client_id(account.name, client_id)
    if other is not None and (other.is_open or rules.ids_once):
        raise Refused(Reason.DUPLICATE_CLIENT_ID, client_id)


def _with_quantity(market: Market, request: OrderRequest) -> OrderRequest:
    """A market order for an amount of quote currency, as a quantity."""
    if request.quote_qty is None:
        return request
    qty = floor_to(request.quote_qty / market.taking_price(request.side), market.instrument.step)
    return replace(request, qty=qty)


def _check_filters(instrument: Instrument, request: OrderRequest) -> None:
    qty, price = request.qty, request.price
    if places(qty) > _precision(instrument, instrument.step):
        raise Refused(Reason.PRECISION, "quantity")
    if qty <= 0 or qty < instrument.min_qty:
        raise Refused(Reason.QTY_TOO_SMALL)
    if qty > instrument.max_qty:
        raise Refused(Reason.QTY_TOO_LARGE)
    if not on_grid(qty, instrument.step):
        raise Refused(Reason.QTY_GRID)
    if price is None:
        return
    if places(price) > _precision(instrument, instrument.tick):
        raise Refused(Reason.PRECISION, "price")
    if price <= 0 or not on_grid(price, instrument.tick):
        raise Refused(Reason.PRICE_GRID)


def _precision(instrument: Instrument, grid: Decimal) -> int:
    """How many decimals are read at all: eight on spot, those of the grid elsewhere."""
    return 8 if instrument.is_spot else places(grid)


def _within_position(account: Account, request: OrderRequest) -> OrderRequest:
    """Apply the rules of one-way and hedge mode and of reduce-only."""
    hedged = account.hedges(request.symbol)
    if hedged != (request.position_side != "BOTH"):
        raise Refused(Reason.POSITION_SIDE)
    closes = closable(account, request.symbol, request.side, request.position_side)
    if hedged:
        return _within_side(account, request, closes)
    if not request.reduce_only:
        return request
    if closes == ZERO:
        raise Refused(Reason.REDUCE_ONLY)
    return replace(request, qty=min(request.qty, closes))


def _within_side(account: Account, request: OrderRequest, closes: Decimal) -> OrderRequest:
    """In hedge mode an order opens or closes one of the two positions, and never crosses zero."""
    rules = rules_of(account.venue)
    if request.reduce_only and not rules.hedge_reduce_only:
        raise Refused(Reason.REDUCE_ONLY_IN_HEDGE)
    if not closes_a_side(request.side, request.position_side):
        if request.reduce_only:
            raise Refused(Reason.REDUCE_ONLY)
        return request
    if request.qty <= closes:
        return request
    if closes == ZERO or not rules.closing_is_cut:
        raise Refused(Reason.REDUCE_ONLY, plain(closes))
    return replace(request, qty=closes)


def _check_notional(market: Market, request: OrderRequest) -> None:
    """Closing is exempt on futures; on Delta the smallest order is one contract."""
    instrument = market.instrument
    exempt = request.reduce_only or closes_a_side(request.side, request.position_side)
    if instrument.venue == DELTA or (exempt and not instrument.is_spot):
        return
    price = request.price or market.last
    if instrument.notional(request.qty, price) < instrument.min_notional:
        raise Refused(Reason.NOTIONAL, str(instrument.min_notional))
