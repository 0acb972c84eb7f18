"""The trades of a paper account, as a venue would tell them."""

from decimal import Decimal

from pilotfish.domain.fills import Fill, Liquidity, OrderKind
from pilotfish.domain.instruments import settle_of
from pilotfish.domain.paper.wallet import PaperWallet
from pilotfish.domain.venue_ids import on_paper
from pilotfish.domain.venues import OrderRequest, OrderStatus, VenueOrder


def trade_of(
    wallet: PaperWallet,
    request: OrderRequest,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal,
    now_ms: int,
) -> Fill:
    """The wallet's next trade; an account of its own numbers them."""
    number = str(wallet.executed + 1)
    quote = request.symbol.partition("/")[2].partition(":")[0]
    return Fill(
        account_id=wallet.account_id,
        venue=on_paper(wallet.venue),
        symbol=request.symbol,
        trade_id=number,
        order_id=f"paper-{number}",
        side=request.side,
        position_side=request.position_side,
        price=price,
        quantity=quantity,
        traded_ms=now_ms,
        seen_ms=now_ms,
        fee=fee,
        fee_currency=settle_of(request.symbol) or quote,
        client_order_id=request.client_order_id,
        liquidity=Liquidity.TAKER,
        order_kind=OrderKind.MARKET if request.limit_price is None else OrderKind.LIMIT,
    )


def order_of(fill: Fill) -> VenueOrder:
    """The order that a trade was all of; what is not in its answer was closed already."""
    return VenueOrder(
        order_id=fill.order_id,
        client_order_id=fill.client_order_id,
        status=OrderStatus.FILLED,
        filled=fill.quantity,
        average_price=fill.price,
        fee=fill.fee,
        fee_currency=fill.fee_currency,
    )
