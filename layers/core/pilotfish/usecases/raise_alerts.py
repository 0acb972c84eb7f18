"""Write down what a person should see, beside whatever else is done about it."""

import logging
from collections.abc import Iterable
from typing import Protocol

from pilotfish.domain.alerts import Notice, of_aside, of_drift, of_remainder, of_unclosed
from pilotfish.domain.asides import Aside
from pilotfish.domain.follows import Follow
from pilotfish.domain.syncing import Remainder
from pilotfish.domain.venue_ids import is_paper
from pilotfish.ports import Clock
from pilotfish.usecases.settle_drift import Drift

logger = logging.getLogger(__name__)


class Alerts(Protocol):
    """Where notices are kept."""

    def keep(self, notice: Notice) -> None:
        """Nothing happens when it was written already."""


class Owners(Protocol):
    """Whose an account or a follow is."""

    def of_account(self, account_id: str) -> str | None: ...

    def of_follow(self, leader_id: str, follow_id: str) -> str | None: ...


class RaiseAlerts:
    """A notice that cannot be written is logged: it must not stop what it tells of."""

    def __init__(self, *, alerts: Alerts, owners: Owners, clock: Clock) -> None:
        self._alerts = alerts
        self._owners = owners
        self._clock = clock

    def drifts(self, drifts: Iterable[Drift]) -> None:
        """Accounts that do not hold what was copied to them; what was accepted needs nobody."""
        for drift in drifts:
            if drift.accepted:
                continue
            user = self._owners.of_account(drift.account_id)
            lacks = format(abs(drift.missing), "f")
            if user:
                about = drift.account_id, user, drift.holding, lacks
                self._keep(of_drift(*about, self._clock(), paper=drift.paper))

    def remainders(self, leader_id: str, fill_id: str, remainders: Iterable[Remainder]) -> None:
        """Follows that hold what their leader closed."""
        for each in remainders:
            user = self._owners.of_follow(leader_id, each.follow_id)
            if user:
                quantity = format(abs(each.quantity), "f")
                self._keep(
                    of_remainder(
                        each.follow_id,
                        user,
                        fill_id,
                        each.symbol,
                        quantity,
                        each.why,
                        self._clock(),
                    )
                )

    def unclosed(self, follow: Follow, left: Iterable[Remainder]) -> None:
        """What a follow was to close when it was stopped and still holds."""
        for each in left:
            quantity = format(abs(each.quantity), "f")
            self._keep(
                of_unclosed(
                    follow.follow_id,
                    follow.owner,
                    follow.closing_ms,
                    each.symbol,
                    quantity,
                    each.why,
                    self._clock(),
                    paper=is_paper(follow.venue),
                )
            )

    def aside(self, aside: Aside) -> None:
        """A report that cannot be a trade."""
        user = self._owners.of_account(aside.account_id)
        if user:
            self._keep(of_aside(aside, user))

    def _keep(self, notice: Notice) -> None:
        try:
            self._alerts.keep(notice)
        except Exception:
            logger.exception("not alerted: %s", notice.alert_id)
