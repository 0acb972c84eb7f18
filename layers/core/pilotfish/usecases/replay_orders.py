"""An operator has copies replayed that failed; what was asked for and what came of it is kept."""

import json
from collections.abc import Callable, Sequence
from typing import Protocol

from pilotfish.domain.halts import EVERYTHING
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.replayed import OrderKey, Outcomes
from pilotfish.domain.trail import Verb
from pilotfish.usecases.trails import KeepTrail

# What the function does well within the time that the API's gateway waits.
MOST = 20


class Replays(Protocol):
    """The function that replays; it opens keys and asks venues, which nobody else here may."""

    def __call__(
        self, keys: Sequence[OrderKey], since_ms: int | None, *, dry_run: bool
    ) -> Outcomes:
        """Raises `NotReplayed`."""


class ReplayOrders:
    """Says on the trail of each order's account what is about to be done, and then what was."""

    def __init__(
        self,
        *,
        replays: Replays,
        order_of: Callable[[str, str], CopyOrder | None],
        trail: KeepTrail,
    ) -> None:
        self._replays = replays
        self._order_of = order_of
        self._trail = trail

    def __call__(
        self,
        keys: Sequence[OrderKey],
        since_ms: int | None,
        by: str,
        why: str,
        *,
        dry_run: bool,
    ) -> Outcomes:
        """Raises `NoReason` and `NotReplayed`."""
        orders = [order for key in keys if (order := self._order_of(*key))]
        accounts = {order.order_id: order.account_id for order in orders}
        for subject in sorted({*accounts.values()}) or [EVERYTHING]:
            # The account's owner reads it, and nothing of anybody else's.
            own = [order_id for order_id, account in accounts.items() if account == subject]
            asked = json.dumps({"orders": own, "since_ms": since_ms, "dry_run": dry_run})
            self._trail.say(subject, by, Verb.REPLAY, why, asked)
        outcomes = self._replays(keys, since_ms, dry_run=dry_run)
        for each in outcomes.orders:
            subject = accounts.get(each.order_id, EVERYTHING)
            detail = f"{each.order_id}: {each.verdict} {each.why}".strip()
            self._trail.say(subject, by, Verb.REPLAYED, why, detail)
        return outcomes
