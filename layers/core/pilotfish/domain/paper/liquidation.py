"""Where a paper account's losses have eaten up what it had."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from pilotfish.domain.fills import Fill, Side
from pilotfish.domain.instruments import settle_of
from pilotfish.domain.netting import position_side_of, symbol_of
from pilotfish.domain.paper.trades import trade_of
from pilotfish.domain.paper.wallet import ZERO, PaperWallet, moved_on
from pilotfish.domain.venues import OrderRequest


def ruined(wallet: PaperWallet, marked: Collection[str]) -> str | None:
    """A currency whose positions have eaten up all that there was, by their marks.

    Nothing is said of positions whose symbols are not among those that were `marked` just now.
    """
    for currency in sorted({settle_of(symbol_of(key)) for key in wallet.positions}):
        symbols = map(symbol_of, wallet.settling_in(currency))
        if wallet.equity(currency) <= 0 and all(symbol in marked for symbol in symbols):
            return currency
    return None


def liquidated(
    wallet: PaperWallet, currency: str, now_ms: int
) -> tuple[PaperWallet, Sequence[Fill]]:
    """All positions in a currency closed at their marks, for no fee, and nothing left of it."""
    fills: list[Fill] = []
    for key, held in wallet.settling_in(currency).items():
        side = Side.SELL if held.quantity > 0 else Side.BUY
        closing = OrderRequest(
            "", symbol_of(key), side, position_side_of(key), abs(held.quantity), True, now_ms
        )
        numbered = replace(wallet, executed=wallet.executed + len(fills))
        fill = trade_of(numbered, closing, closing.quantity, held.mark, ZERO, now_ms)
        fills.append(replace(fill, order_id=f"liquidation-{fill.trade_id}"))
    left = {key: held for key, held in wallet.positions.items() if not _settles(key, currency)}
    after = moved_on(
        wallet,
        cash={**wallet.cash, currency: ZERO},
        positions=left,
        executed=wallet.executed + len(fills),
        liquidated_ms=now_ms,
    )
    return after, fills


def _settles(key: str, currency: str) -> bool:
    return settle_of(symbol_of(key)) == currency
