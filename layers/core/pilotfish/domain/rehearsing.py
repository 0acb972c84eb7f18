"""A follow on its leader's past trades: what would have been copied, skipped and why, and earned.

All that decides is what decides in earnest: sizes, filters, ledgers, limits at the claim, losses.
Only the venue is played: every order is filled at once, at the leader's price and an assumed
slippage and fee. The only prices there are, are those at which the leader traded: an entry that
waits for a better one has it once the leader trades there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.closing import plan_close
from pilotfish.domain.counterparts import mirrored, pinned, rescaled
from pilotfish.domain.drift import Copy
from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import EVERYTHING, Follow, Status
from pilotfish.domain.holdings import Held, Holdings, stamp
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.limits import Exposure, Standing, askable
from pilotfish.domain.losses import (
    Breach,
    Watch,
    breach_of,
    looked,
    reached,
    result_of,
    resumes_ms,
)
from pilotfish.domain.netting import (
    Booked,
    Ledger,
    Line,
    booked_after,
    position_key,
    position_side_of,
    symbol_of,
)
from pilotfish.domain.orders import CopyOrder, Event, Leg, Reason, State, effect_of_step
from pilotfish.domain.planning import Around, plan
from pilotfish.domain.rule_choices import OnLoss
from pilotfish.domain.tickers import Ticker
from pilotfish.domain.waiting import next_step
from pilotfish.domain.wallets import Wallet

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Costs:
    """What is assumed of every order, as fractions: of its notional, and of the leader's price."""

    fee: Decimal = Decimal("0.0006")
    slippage: Decimal = Decimal("0.0005")


ASSUMED = Costs()


@dataclass(frozen=True, slots=True)
class Point:
    """Own equity (dollars) after a trade of the leader's (UTC ms)."""

    at_ms: int
    equity: Decimal


@dataclass(slots=True)
class Rehearsal:
    """What came of it so far; `breaches` are the limits of losses that were reached, and when.

    Where a position is not quoted in dollars no equity can be told: there is no point of the curve.
    """

    follow: Follow
    own: Mapping[str, Instrument]
    capital: Decimal
    leader: Wallet | None = None
    costs: Costs = ASSUMED
    orders: list[CopyOrder] = field(default_factory=list)
    curve: list[Point] = field(default_factory=list)
    breaches: list[tuple[int, Breach]] = field(default_factory=list)
    fees: Decimal = ZERO
    _ledgers: dict[str, Ledger] = field(default_factory=dict)
    _booked: dict[str, Booked] = field(default_factory=dict)
    _marks: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    _prices: dict[str, Decimal] = field(default_factory=dict)
    _held: dict[str, Held] = field(default_factory=dict)
    _standing: Standing = field(default_factory=Standing)
    _waiting: list[CopyOrder] = field(default_factory=list)
    _watch: Watch | None = None
    _resume_ms: int = 0

    def take(self, fill: Fill) -> None:
        """The leader's next fill, with the position that it met."""
        if 0 < self._resume_ms <= fill.traded_ms:
            self.follow = replace(self.follow, status=Status.ACTIVE)
            self._resume_ms = 0
        self._look(fill.traded_ms)
        self._let_lapse(fill.traded_ms)
        if fill.position_before * fill.position_change >= ZERO:
            self.follow = pinned(self.follow, fill.symbol, self.own)
        theirs = position_key(fill.symbol, fill.position_side)
        self._held[theirs] = self._held.get(theirs, Held(fill.position_before)).after(fill)
        symbol = self.follow.copied(fill.symbol)
        if symbol:
            self._prices[symbol] = rescaled(fill, symbol).price
            self._let_go(symbol, fill.traded_ms)
        if self.follow.rules.protects:
            self._protect(fill.traded_ms)
        if self.follow.live:
            self._decide(fill, theirs, symbol)
        self._look(fill.traded_ms)
        equity = self.equity
        if equity is not None:
            self.curve.append(Point(fill.traded_ms, equity))

    def end(self) -> None:
        """The leader trades no more: no price is heard of that anything still waits for."""
        self._let_lapse(max((each.waits_until_ms for each in self._waiting), default=0))

    def _let_go(self, symbol: str, now_ms: int) -> None:
        """What waits in a market for what the leader trades at now."""
        price = self._prices[symbol]
        ticker = Ticker(symbol, price, price, price, None, now_ms)
        for order in [each for each in self._waiting if each.symbol == symbol]:
            self._settle(order, ticker, now_ms)

    def _let_lapse(self, now_ms: int) -> None:
        """What waited until then, by the prices of that time."""
        over = [each for each in self._waiting if each.waits_until_ms <= now_ms]
        for order in sorted(over, key=lambda each: each.waits_until_ms):
            self._settle(order, None, order.waits_until_ms)

    def _settle(self, order: CopyOrder, ticker: Ticker | None, now_ms: int) -> None:
        theirs = order.waits_in.rpartition("#")[0]
        ledger = self._ledgers[theirs]
        line = ledger.lines.get(self.follow.follow_id, Line())
        step = next_step(order, line, self.follow, ticker, now_ms)
        if step is not None:
            self._waiting.remove(order)
            self._ledgers[theirs] = ledger.after({self.follow.follow_id: step.line})
            self._send(step.after, now_ms, step.before)

    @property
    def equity(self) -> Decimal | None:
        """As of the last prices; None while it is not known."""
        result = self._result
        return None if result is None else self.capital + result

    @property
    def _result(self) -> Decimal | None:
        result = result_of(self._booked, self._prices.get)
        return None if result is None else result - self.fees

    def _decide(self, fill: Fill, theirs: str, symbol: str) -> None:
        key = position_key(symbol, mirrored(fill.position_side, self.follow.rules))
        name, now_ms = self.follow.follow_id, fill.traded_ms
        self._ledgers[theirs], orders = plan(
            fill,
            [self.follow],
            self._ledgers.get(theirs, Ledger()),
            {name: self._booked.get(key, Booked())},
            {self.follow.venue: self.own},
            Around(now_ms, wallets=self._wallets(now_ms)),
        )
        for order in orders:
            self._send(order, now_ms)

    def _wallets(self, now_ms: int) -> dict[str, Wallet]:
        """As fresh as can be; of the leader's past equity nothing is known but what it is now."""
        found = {}
        if self.leader is not None:
            found[self.follow.leader_id] = replace(self.leader, at_ms=now_ms)
        if self.equity is not None:
            coins = {"USDT": self.equity}
            own = Wallet(self.follow.account_id, self.follow.venue, now_ms, coins)
            found[self.follow.account_id] = own
        return found

    def _send(self, order: CopyOrder, now_ms: int, before: CopyOrder | None = None) -> None:
        if order.state is State.WAITING:
            self._waiting.append(order)
            return
        after = order if order.state.terminal else self._filled(order, now_ms)
        key = order.position_key
        change = effect_of_step(before or order, after)
        self._booked[key] = booked_after(self._booked.get(key, Booked()), after, change)
        if after.state is State.COPIED and after.leg is Leg.ENTRY:
            self._marks[key] = after.average_price, after.lot
        event = Event(now_ms, after.state, after.reason)
        self.orders.append(replace(after, history=(event,)))

    def _filled(self, order: CopyOrder, now_ms: int) -> CopyOrder:
        """What its claim allows, at the price that is assumed."""
        quantity, reason = self._askable(order, now_ms)
        if not quantity:
            return replace(order, state=State.SKIPPED, reason=reason)
        price, limit = self._price_of(order), order.limit_price
        if limit is not None and order.side.sign * (price - limit) > ZERO:
            return replace(order, state=State.EXPIRED, reason=Reason.SLIPPAGE)
        self.fees += quantity * price * self.costs.fee
        return replace(
            order,
            state=State.COPIED,
            reason="",
            sent_quantity=quantity,
            filled_quantity=quantity,
            average_price=price,
        )

    def _price_of(self, order: CopyOrder) -> Decimal:
        """What waited for a price gets that one, whatever else there was to be had."""
        if not order.waits_until_ms:
            return order.reference_price * (1 + order.side.sign * self.costs.slippage)
        if order.limit_price is not None and order.limit_price != order.last_limit:
            return order.limit_price
        last = self._prices.get(order.symbol, order.reference_price)
        return last * (1 + order.side.sign * self.costs.slippage)

    def _askable(self, order: CopyOrder, now_ms: int) -> tuple[Decimal, str]:
        booked = self._booked.get(order.position_key, Booked())
        if order.leg is Leg.EXIT:
            return order.closable(booked.closable), Reason.NOTHING_COPIED
        if not order.limited:
            return order.openable(booked.exposed), Reason.OVER_POSITION_CAP
        exposures = {
            key: Exposure(books.exposed, *self._marks.get(key, (None, ZERO)))
            for key, books in self._booked.items()
        }
        standing = replace(self._standing, exposures=exposures)
        quantity, reason = askable(order, standing, now_ms)
        if quantity:
            self._standing = standing.after(order, now_ms)
        return quantity, reason

    def _look(self, now_ms: int) -> None:
        """As losses are looked at in earnest, if not as often."""
        result = self._result
        if not self.follow.rules.limits_losses or result is None:
            return
        self._watch = looked(self._watch, result, self.capital + result, now_ms)
        breach = breach_of(self.follow.rules, self._watch) if self.follow.active else None
        if breach is None:
            return
        self.breaches.append((now_ms, breach))
        self._resume_ms = resumes_ms(self.follow.rules, breach)
        self.follow = replace(self.follow, status=Status.PAUSED)
        if self.follow.rules.on_loss is OnLoss.CLOSE:
            self.follow = replace(self.follow, status=Status.STOPPED, closing=EVERYTHING)
            self._close(list(self._booked), now_ms)

    def _protect(self, now_ms: int) -> None:
        """Closes what is beyond its levels, by the last prices."""
        beyond = [
            key
            for key, books in self._booked.items()
            if reached(self.follow.rules, books, self._prices.get(symbol_of(key), ZERO))
        ]
        self._close(beyond, now_ms)

    def _close(self, keys: Iterable[str], now_ms: int) -> None:
        for key in keys:
            booked, symbol = self._booked[key], symbol_of(key)
            side = mirrored(position_side_of(key), self.follow.rules)
            theirs = position_key(self.follow.leader_symbol(symbol), side)
            ledger = self._ledgers.get(theirs, Ledger())
            line = ledger.lines.get(self.follow.follow_id, Line())
            found = plan_close(
                Copy(self.follow, key, booked),
                line,
                self._held.get(theirs, Held()),
                self.own.get(symbol),
                ledger.revision + 1,
                now_ms,
                under_way=False,
            )
            if found.line is not None:
                self._ledgers[theirs] = ledger.after({self.follow.follow_id: found.line})
            if found.order is not None:
                self._send(found.order, now_ms)


def in_their_order(fills: Iterable[Fill]) -> list[Fill]:
    """A leader's fills as if they were written down one after the other, as they were traded.

    The position before the first one is known where it was listened to live; else there was none.
    """
    ordered = sorted(fills, key=lambda fill: (fill.traded_ms, fill.number, fill.fill_id))
    holdings = Holdings()
    for fill in ordered:
        key = position_key(fill.symbol, fill.position_side)
        before = fill.position_before if fill.number else ZERO
        holdings.positions.setdefault(key, Held(before))
    return stamp(ordered, holdings)
