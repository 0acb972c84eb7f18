"""A venue in memory whose book is the judge: what it took, and how often."""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from enum import Enum, auto

from pilotfish.domain.accounts import Account
from pilotfish.domain.connections import KeyReport, Permissions, Vitals
from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.fills import Fill, PositionSide, Side, is_spot
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.levels import Level
from pilotfish.domain.margining import Margin
from pilotfish.domain.netting import position_key
from pilotfish.domain.paper.prices import PublicMarket
from pilotfish.domain.payments import Funded, Payment, Tells
from pilotfish.domain.tickers import Ticker
from pilotfish.domain.venues import Evidence, OrderRequest, OrderStatus, Position, VenueOrder
from pilotfish.domain.wallets import Contents, in_derivatives
from pilotfish.ports import HistoryPage
from tests.fakes.clock import ManualClock
from tests.fakes.samples import an_instrument

ZERO = Decimal(0)
GOOD_KEY = KeyReport({}, Permissions(read=True, trade=True, withdraw=False))
EVIDENCE = Evidence(receive_window_s=5.0, visibility_lag_s=2.0, looks=3)


class Fault(Enum):
    """What becomes of one call to `create_order`; `None` in a script is a healthy call."""

    TIMEOUT_ACCEPTED = auto()
    TIMEOUT_LOST = auto()
    TIMEOUT_ARRIVES_LATE = auto()
    THROTTLED = auto()
    REFUSED = auto()
    PARTIAL = auto()
    STAYS_OPEN = auto()
    TOLD_LATER = auto()


@dataclass(slots=True)
class BookOrder:
    """An order that the venue took."""

    order_id: str
    request: OrderRequest
    accepted_ms: int
    status: OrderStatus
    filled: Decimal = ZERO
    fee_in_base: Decimal = ZERO


@dataclass
class ModelVenue:
    """One account. Ids are unique among open orders only, look-ups lag by `lag_s`.

    A test scripts what happens to the next orders with `script`, and reads `book`.
    """

    clock: ManualClock
    account_id: str = "account"
    name: str = "model"
    price: Decimal = Decimal(100)
    lot: Decimal = Decimal("0.001")
    fee_rate: Decimal = ZERO
    lag_s: float = 0.0
    late_s: float = 2.0
    streams_fills: bool = False
    evidence: Evidence = EVIDENCE
    book: list[BookOrder] = field(default_factory=list)
    script: deque[Fault | None] = field(default_factory=deque)
    lookup_errors: deque[Exception] = field(default_factory=deque)
    key: KeyReport = GOOD_KEY
    key_errors: deque[Exception] = field(default_factory=deque)
    position_errors: deque[Exception] = field(default_factory=deque)
    coins: dict[str, Decimal] = field(default_factory=dict)
    wallet_errors: deque[Exception] = field(default_factory=deque)
    waiting_levels: list[Level] = field(default_factory=list)
    level_errors: deque[Exception] = field(default_factory=deque)
    page: int = 100
    history_errors: deque[Exception | None] = field(default_factory=deque)
    pages_asked: list[str | None] = field(default_factory=list)
    positions_lag_s: float = 0.0
    held: dict[str, Decimal] = field(default_factory=dict)
    trades: list[Fill] = field(default_factory=list)
    sockets: list["asyncio.Queue[list[Fill] | Exception]"] = field(default_factory=list)
    margins: dict[str, Margin] = field(default_factory=dict)
    margin_script: deque[Exception | None] = field(default_factory=deque)
    margins_set: list[tuple[str, Margin]] = field(default_factory=list)
    most: Decimal | None = None
    tells_funding: Tells = Tells.YES
    funded: list[Payment] = field(default_factory=list)
    funding_page: int = 1000
    funding_asked: list[int] = field(default_factory=list)
    on_send: Callable[[OrderRequest], None] = lambda request: None
    on_positions: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._under_way: list[tuple[int, OrderRequest]] = []

    async def create_order(self, request: OrderRequest) -> VenueOrder:
        self._arrive()
        self.on_send(request)
        fault = self.script.popleft() if self.script else None
        if fault is Fault.THROTTLED:
            raise NotSent("429 too many requests", wait_s=3.0)
        if fault is Fault.REFUSED:
            raise Rejected("Account has insufficient balance for requested action.")
        if fault is Fault.TIMEOUT_LOST:
            raise OutcomeUnknown("timed out")
        if fault is Fault.TIMEOUT_ARRIVES_LATE:
            self._under_way.append((self.clock() + int(self.late_s * 1000), request))
            raise OutcomeUnknown("timed out")
        order = self._accept(request, self.clock(), fault)
        if fault is Fault.TIMEOUT_ACCEPTED:
            raise OutcomeUnknown("timed out")
        answer = self._report(order)
        if fault is Fault.TOLD_LATER:
            return replace(answer, status=OrderStatus.OPEN, filled=ZERO, average_price=ZERO)
        return answer

    async def find_order(self, request: OrderRequest) -> VenueOrder | None:
        self._arrive()
        if self.lookup_errors:
            raise self.lookup_errors.popleft()
        for order in reversed(self.book):
            same = order.request.client_order_id == request.client_order_id
            if (
                same
                and order.accepted_ms >= request.claimed_ms
                and self._visible(order.accepted_ms)
            ):
                return self._report(order)
        return None

    async def symbols_traded(self, since_ms: int) -> set[str]:
        return {key.partition("#")[0] for key, quantity in self.held.items() if quantity}

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Fill]:
        wanted = set(symbols)
        return [
            replace(fill, seen_ms=self.clock())
            for fill in self.trades
            if fill.symbol in wanted
            and fill.traded_ms >= since_ms
            and self._visible(fill.traded_ms)
        ]

    async def history(
        self, since_ms: int, until_ms: int, symbols: Iterable[str], token: str | None
    ) -> HistoryPage:
        self.pages_asked.append(token)
        trouble = self.history_errors.popleft() if self.history_errors else None
        if trouble:
            raise trouble
        wanted, start = set(symbols), int(token or 0)
        found = [
            fill
            for fill in self.trades
            if fill.symbol in wanted and since_ms <= fill.traded_ms <= until_ms
        ]
        found.sort(key=lambda each: each.traded_ms)
        end = start + self.page
        page = [replace(fill, seen_ms=self.clock()) for fill in found[start:end]]
        return HistoryPage(page, str(end) if end < len(found) else None)

    async def watch_fills(self, connected: asyncio.Event) -> AsyncIterator[list[Fill]]:
        socket: asyncio.Queue[list[Fill] | Exception] = asyncio.Queue()
        self.sockets.append(socket)
        connected.set()
        try:
            while True:
                batch = await socket.get()
                if isinstance(batch, Exception):
                    raise batch
                yield batch
        finally:
            self.sockets.remove(socket)

    async def positions(self) -> list[Position]:
        self.on_positions()
        if self.position_errors:
            raise self.position_errors.popleft()
        shown = dict(self.held)
        for fill in self.trades:
            if self.clock() - fill.traded_ms < self.positions_lag_s * 1000:
                shown[position_key(fill.symbol, fill.position_side)] -= fill.position_change
        found = []
        for key, quantity in shown.items():
            symbol, _, side = key.partition("#")
            if quantity:
                found.append(Position(symbol, PositionSide(side), quantity))
        return found

    async def margin_of(self, symbol: str) -> Margin:
        return self.margins.get(symbol, Margin())

    async def set_margin(self, symbol: str, margin: Margin) -> None:
        """What the script says happens after the venue took it: an answer may be lost."""
        trouble = self.margin_script.popleft() if self.margin_script else None
        if isinstance(trouble, Rejected):
            raise trouble
        await asyncio.sleep(0)
        self.margins_set.append((symbol, margin))
        self.margins[symbol] = margin
        if trouble:
            raise trouble

    def most_leverage(self, symbol: str) -> Decimal | None:
        return self.most

    async def wallet(self) -> Contents:
        if self.wallet_errors:
            raise self.wallet_errors.popleft()
        return Contents(dict(self.coins), in_derivatives(await self.positions()))

    async def levels(self, symbols: Iterable[str]) -> list[Level]:
        if self.level_errors:
            raise self.level_errors.popleft()
        return [level for level in self.waiting_levels if level.symbol in set(symbols)]

    async def funding(self, since_ms: int) -> Funded:
        self.funding_asked.append(since_ms)
        if self.tells_funding is not Tells.YES:
            raise Rejected("tells no funding")
        found = sorted(
            (each for each in self.funded if since_ms <= each.at_ms <= self.clock()),
            key=lambda each: each.name,
        )
        if len(found) > self.funding_page:
            last = found[self.funding_page - 1].at_ms
            return Funded(tuple(found[: self.funding_page]), last, whole=False)
        return Funded(tuple(found), self.clock())

    async def server_time_ms(self) -> int:
        return self.clock()

    async def key_report(self) -> KeyReport:
        if self.key_errors:
            raise self.key_errors.popleft()
        return self.key

    def vitals(self) -> Vitals:
        return Vitals()

    def trade(self, symbol: str, quantity: str | Decimal, *, streamed: bool = True) -> Fill:
        """The account's owner trades by hand: buys a positive quantity, sells a negative one."""
        side = Side.BUY if Decimal(quantity) > 0 else Side.SELL
        fill = self._execute(symbol, side, PositionSide.NET, abs(Decimal(quantity)), "by hand")
        for socket in self.sockets if streamed else ():
            socket.put_nowait([fill])
        return fill

    def drop_sockets(self) -> None:
        """Every stream ends with an error; what trades now is not told."""
        for socket in self.sockets:
            socket.put_nowait(OutcomeUnknown("the socket closed"))

    def holding(self, symbol: str, side: PositionSide = PositionSide.NET) -> Decimal:
        return self.held.get(position_key(symbol, side), ZERO)

    def _arrive(self) -> None:
        """Take the requests that were slow, unless their window has passed."""
        arrived = [late for late in self._under_way if late[0] <= self.clock()]
        self._under_way = [late for late in self._under_way if late[0] > self.clock()]
        for arrives_ms, request in arrived:
            if arrives_ms - request.claimed_ms <= self.evidence.receive_window_s * 1000:
                self._accept(request, arrives_ms, None)

    def _accept(self, request: OrderRequest, now_ms: int, fault: Fault | None) -> BookOrder:
        if now_ms - request.claimed_ms > self.evidence.receive_window_s * 1000:
            raise NotSent("timestamp outside of the receive window")
        if request.quantity <= 0 or request.quantity % self.lot:
            raise Rejected(f"{request.quantity} is no multiple of the lot")
        open_ids = {o.request.client_order_id for o in self.book if o.status is OrderStatus.OPEN}
        if request.client_order_id in open_ids:
            raise Rejected("Duplicate order sent.")
        quantity = self._fillable(request)
        order = BookOrder(str(next(self._ids)), request, now_ms, OrderStatus.FILLED)
        if fault is Fault.PARTIAL:
            quantity = (quantity / 2 / self.lot).to_integral_value(ROUND_DOWN) * self.lot
            order.status = OrderStatus.CANCELED
        if fault is Fault.STAYS_OPEN:
            quantity, order.status = ZERO, OrderStatus.OPEN
        if self._out_of_reach(request):
            quantity, order.status = ZERO, OrderStatus.CANCELED
        self.book.append(order)
        if quantity:
            side, position_side = request.side, request.position_side
            fill = self._execute(request.symbol, side, position_side, quantity, order.order_id)
            order.filled, order.fee_in_base = quantity, fill.fee
        return order

    def _fillable(self, request: OrderRequest) -> Decimal:
        """What reduce-only or the balance leave of the quantity; raises `Rejected` for nothing."""
        held = self.holding(request.symbol, request.position_side)
        if is_spot(request.symbol):
            if request.side is Side.SELL and request.quantity > held:
                raise Rejected("Account has insufficient balance for requested action.")
        elif request.reduce_only:
            if held * request.side.sign >= 0:
                raise Rejected("ReduceOnly Order is rejected.")
            return min(request.quantity, abs(held))
        return request.quantity

    def _out_of_reach(self, request: OrderRequest) -> bool:
        limit = request.limit_price
        return limit is not None and (self.price - limit) * request.side.sign > 0

    def _execute(
        self, symbol: str, side: Side, position_side: PositionSide, quantity: Decimal, order_id: str
    ) -> Fill:
        base = symbol.partition("/")[0]
        pays_in_base = is_spot(symbol) and side is Side.BUY
        fill = Fill(
            account_id=self.account_id,
            venue=self.name,
            symbol=symbol,
            trade_id=str(next(self._ids)),
            order_id=order_id,
            side=side,
            position_side=position_side,
            price=self.price,
            quantity=quantity,
            traded_ms=self.clock(),
            seen_ms=self.clock(),
            fee=quantity * self.fee_rate if pays_in_base else ZERO,
            fee_currency=base if pays_in_base else "USDT",
        )
        key = position_key(symbol, position_side)
        self.held[key] = self.held.get(key, ZERO) + fill.position_change
        self.trades.append(fill)
        return fill

    def _visible(self, since_ms: int) -> bool:
        return self.clock() - since_ms >= self.lag_s * 1000

    def _report(self, order: BookOrder) -> VenueOrder:
        return VenueOrder(
            order_id=order.order_id,
            client_order_id=order.request.client_order_id,
            status=order.status,
            filled=order.filled,
            average_price=self.price if order.filled else ZERO,
            fee_in_base=order.fee_in_base,
        )


class ModelVenues:
    """The `Venues` port: a `ModelVenue` for each account, or an error in its place."""

    def __init__(self) -> None:
        self.of: dict[str, ModelVenue | Exception] = {}
        self.listed: dict[str, list[Instrument] | Exception] = {}
        self.prices: dict[str, dict[str, Decimal]] = {}

    async def account(self, account: Account) -> ModelVenue:
        venue = self.of[account.account_id]
        if isinstance(venue, Exception):
            raise venue
        return venue

    async def instruments(self, venue: str) -> list[Instrument]:
        listed = self.listed[venue]
        if isinstance(listed, Exception):
            raise listed
        return listed

    async def tickers(self, venue: str, symbols: Iterable[str]) -> list[Ticker]:
        prices = self.prices.get(venue, {})
        found = (symbol for symbol in sorted(set(symbols)) if symbol in prices)
        return [Ticker(s, prices[s], prices[s], prices[s], None, at_ms=0) for s in found]

    async def market(self, venue: str, symbol: str) -> PublicMarket | None:
        found = await self.tickers(venue, [symbol])
        instrument = an_instrument(symbol)
        return PublicMarket(instrument, found[0], ZERO, hedged=True) if found else None

    async def close(self) -> None:
        return
