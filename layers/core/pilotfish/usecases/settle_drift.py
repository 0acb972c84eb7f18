"""A shortfall is judged by the books, and told, or taken out of them, as its follows want it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.drift import Shortfall, closed_elsewhere, shares, without
from pilotfish.domain.follows import Follow, OnDrift
from pilotfish.domain.netting import Line
from pilotfish.domain.orders import State
from pilotfish.ports import Audit, Clock, Drifts
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


@dataclass(frozen=True, slots=True)
class Left:
    """A holding that could not be compared now, or an account (then `holding` is empty)."""

    account_id: str
    holding: str
    why: str


class SettleDrift:
    """Where several follows lost, all of them have to want it out of the books."""

    def __init__(self, *, compare: Compare, drifts: Drifts, audit: Audit, clock: Clock) -> None:
        self._compare = compare
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
        return self._drift(account_id, shortfall, judged)

    def _drift(self, account_id: str, shortfall: Shortfall, judged: Judged) -> Drift:
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
        )
        if any(follow.rules.on_drift != OnDrift.ACCEPT for follow in losers):
            return drift
        if self._undecided(shortfall):
            return replace(drift, why=UNDECIDED)
        accepted = self._accept(shortfall, judged)
        return replace(drift, accepted=accepted, why=OnDrift.ACCEPT if accepted else Doubt.MOVED)

    def _undecided(self, shortfall: Shortfall) -> bool:
        """Whether a MANUAL order may be what closed it: its end would take it off once more."""
        manual = self._audit.in_state(State.MANUAL, 0, MANUAL_ORDERS)
        ours = {copy.name for copy in shortfall.copies}
        return any((order.follow_id, order.position_key) in ours for order in manual)

    def _accept(self, shortfall: Shortfall, judged: Judged) -> bool:
        """What is gone leaves the books, follow by follow; what moved meanwhile stays in them."""
        ledgers = dict(judged)
        for copy, gone in shares(shortfall):
            key, follow_id = ledger_key_of(copy.follow, copy.key), copy.follow.follow_id
            before = ledgers[key]
            lines = dict(before.lines)
            lines[follow_id] = without(lines.get(follow_id, Line()), copy.booked, gone)
            after = before.after(lines)
            record = closed_elsewhere(copy, gone, shortfall.lot, after.revision, self._clock())
            if not self._drifts.accept(key, after, copy.booked.copied, record):
                return False
            ledgers[key] = after
        return True
