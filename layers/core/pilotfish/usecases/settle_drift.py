"""A shortfall is judged by the books, and told, given up or bought back, as its follows want it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.counterparts import mirrored, scale
from pilotfish.domain.drift import Copy, Shortfall, closed_elsewhere, shares, without
from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.netting import Line, position_key, position_side_of, symbol_of
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.restoring import plan_restore
from pilotfish.domain.rules import OnDrift
from pilotfish.domain.venue_ids import is_paper
from pilotfish.ports import Audit, Clock, Drifts, Positions
from pilotfish.usecases.compare import Compare, Doubt, Judged, Seen, ledger_key_of

MANUAL_ORDERS = 1_000
UNDECIDED = "an order of it waits for a person"


@dataclass(frozen=True, slots=True)
class Drift:
    """Copies that an account does not hold any more (signed base units), and what was done."""

    account_id: str
    holding: str
    copied: Decimal
    held: Decimal
    missing: Decimal
    follows: list[str]
    accepted: bool
    why: str
    paper: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """A holding that could not be compared now, or an account (then `holding` is empty)."""

    account_id: str
    holding: str
    why: str


class SettleDrift:
    """Where several follows lost, all of them have to want it out of the books."""

    def __init__(
        self,
        *,
        compare: Compare,
        positions: Positions,
        drifts: Drifts,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._compare = compare
        self._positions = positions
        self._drifts = drifts
        self._audit = audit
        self._clock = clock

    def __call__(
        self, account_id: str, follows: Sequence[Follow], seen: Seen, shortfall: Shortfall
    ) -> Drift | Left:
        """What became of one shortfall of an account; `follows` are all on it."""
        judged = self._compare.judge(follows, seen, shortfall)
        if isinstance(judged, Doubt):
            return Left(account_id, shortfall.holding, judged)
        return self._drift(account_id, seen, shortfall, judged)

    def _drift(self, account_id: str, seen: Seen, shortfall: Shortfall, judged: Judged) -> Drift:
        losers = [copy.follow for copy, _ in shares(shortfall)]
        drift = Drift(
            account_id=account_id,
            holding=shortfall.holding,
            copied=shortfall.copied,
            held=shortfall.held,
            missing=shortfall.missing,
            follows=sorted({follow.follow_id for follow in losers}),
            accepted=False,
            why=OnDrift.REPORT,
            paper=any(is_paper(follow.venue) for follow in losers),
        )
        wanted = {follow.rules.on_drift for follow in losers}
        if OnDrift.REPORT in wanted:
            return drift
        if self._undecided(shortfall):
            return replace(drift, why=UNDECIDED)
        if not self._accept(seen, shortfall, judged):
            return replace(drift, why=Doubt.MOVED)
        done = OnDrift.RESTORE if OnDrift.RESTORE in wanted else OnDrift.ACCEPT
        return replace(drift, accepted=True, why=done)

    def _undecided(self, shortfall: Shortfall) -> bool:
        """Whether a MANUAL order may be what closed it: its end would take it off once more."""
        manual = self._audit.in_state(State.MANUAL, 0, MANUAL_ORDERS)
        ours = {copy.name for copy in shortfall.copies}
        return any((order.follow_id, order.position_key) in ours for order in manual)

    def _accept(self, seen: Seen, shortfall: Shortfall, judged: Judged) -> bool:
        """What is gone leaves the books, follow by follow; what moved meanwhile stays in them."""
        ledgers = dict(judged)
        for copy, gone in shares(shortfall):
            key, follow_id = ledger_key_of(copy.follow, copy.key), copy.follow.follow_id
            before, now_ms = ledgers[key], self._clock()
            was = before.lines.get(follow_id, Line())
            line, restored = without(was, copy.booked, gone), None
            revision = before.revision + 1
            if copy.follow.rules.on_drift == OnDrift.RESTORE:
                settled = was.settled(copy.booked)
                line, restored = self._restore(seen, copy, settled, line, revision, now_ms)
            after = before.after({**before.lines, follow_id: line})
            price = self._price(copy)
            record = closed_elsewhere(copy, gone, shortfall.lot, price, revision, now_ms)
            if not self._drifts.accept(key, after, copy.booked.copied, record, restored):
                return False
            ledgers[key] = after
        return True

    def _restore(
        self, seen: Seen, copy: Copy, before: Line, after: Line, revision: int, now_ms: int
    ) -> tuple[Line, CopyOrder]:
        instrument = seen.instruments[symbol_of(copy.key)]
        leader = self._leader(copy)
        return plan_restore(copy, before, after, leader, instrument, revision, now_ms)

    def _price(self, copy: Copy) -> Decimal:
        """The leader's last one, in the follower's units; 0 where nobody knows it."""
        leader, symbol = self._leader(copy), symbol_of(copy.key)
        price = leader.last_price or leader.entry_price or Decimal(0)
        return price / scale(copy.follow.leader_symbol(symbol), symbol)

    def _leader(self, copy: Copy) -> Held:
        follow = copy.follow
        holdings = self._positions.of_account(follow.leader_id) or Holdings()
        side = mirrored(position_side_of(copy.key), follow.rules)
        theirs = position_key(follow.leader_symbol(symbol_of(copy.key)), side)
        return holdings.positions.get(theirs, Held())
