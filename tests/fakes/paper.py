"""The twin of paper accounts' books, and a market whose price a test sets."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pilotfish.domain.fills import Fill
from pilotfish.domain.instruments import Instrument, kind_of
from pilotfish.domain.paper.prices import PublicMarket
from pilotfish.domain.paper.wallet import PaperWallet
from pilotfish.domain.tickers import Ticker
from pilotfish.ports import Clock


class MemoryPaperBooks:
    """`before_write` is called before each write: another worker's turn."""

    def __init__(self) -> None:
        self.wallets: dict[str, PaperWallet] = {}
        self.fills: dict[str, list[Fill]] = defaultdict(list)
        self.before_write: Callable[[], None] = lambda: None

    def open(self, wallet: PaperWallet) -> bool:
        if wallet.account_id in self.wallets:
            return False
        self.wallets[wallet.account_id] = wallet
        return True

    def load(self, account_id: str) -> PaperWallet | None:
        return self.wallets.get(account_id)

    def trade_of(self, account_id: str, client_order_id: str) -> Fill | None:
        of_order = (f for f in self.fills[account_id] if f.client_order_id == client_order_id)
        return next(of_order, None)

    def advance(self, before: PaperWallet, after: PaperWallet, fills: Sequence[Fill] = ()) -> bool:
        self.before_write()
        account_id = before.account_id
        known = {f.client_order_id for f in self.fills[account_id]} - {""}
        moved_on = self.wallets[account_id].version != before.version
        if moved_on or any(fill.client_order_id in known for fill in fills):
            return False
        self.wallets[account_id] = after
        self.fills[account_id] += fills
        return True

    def trades(
        self, account_id: str, since_ms: int, until_ms: int, limit: int, after: str = ""
    ) -> tuple[list[Fill], str]:
        found = [f for f in self.fills[account_id] if since_ms <= f.traded_ms <= until_ms]
        start = int(after or 0)
        end = start + limit
        return found[start:end], str(end) if end < len(found) else ""


@dataclass
class ModelMarkets:
    """Every symbol at its price, bid and asked alike; `asked` is what was asked for."""

    clock: Clock
    prices: dict[str, str] = field(default_factory=dict)
    trouble: Exception | None = None
    asked: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    lot: Decimal = Decimal("0.001")
    silent: bool = False

    async def ready(self, venue: str) -> None:
        self.opened.append(venue)

    async def market(self, venue: str, symbol: str) -> PublicMarket | None:
        self.asked.append(symbol)
        if self.trouble is not None:
            raise self.trouble
        if symbol not in self.prices:
            return None
        instrument = Instrument(
            symbol=symbol,
            kind=kind_of(symbol),
            lot=self.lot,
            tick=Decimal("0.01"),
            min_quantity=self.lot,
            min_notional=Decimal(5),
        )
        price = None if self.silent else Decimal(self.prices[symbol])
        ticker = Ticker(symbol, price, price, price, price, self.clock())
        return PublicMarket(instrument, ticker, Decimal("0.001"), hedged=True)
