"""Ask the venue once more about an order that ended: did it arrive after all?"""

from dataclasses import dataclass

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.orders import CopyOrder, Reason, State
from pilotfish.domain.venues import VenueOrder
from pilotfish.ports import Accounts, Clock, Venue, Venues
from pilotfish.usecases.execute import answered, request


@dataclass(frozen=True, slots=True)
class Arrived:
    """The order as the venue's evidence has it: COPIED."""

    order: CopyOrder


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing of it is, or ever will be, at the venue."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """No evidence either way, and why: nothing may be sent."""

    why: str


Evidence = Arrived | Absent | Unclear


class LookAgain:
    """Reads only: neither our tables nor the venue change."""

    def __init__(self, accounts: Accounts, venues: Venues, clock: Clock) -> None:
        self._accounts = accounts
        self._venues = venues
        self._clock = clock

    async def __call__(self, order: CopyOrder) -> Evidence:
        """What the venue shows of the order's last claim."""
        if not order.sent_ms:
            return Absent()
        account = await self._accounts.get(order.account_id)
        if account is None:
            return Unclear(Reason.ACCOUNT_DISABLED)
        try:
            return await self._look(await self._venues.account(account), order)
        except (Rejected, NotSent, OutcomeUnknown) as trouble:
            return Unclear(f"look-up failed: {trouble}")

    async def _look(self, venue: Venue, order: CopyOrder) -> Evidence:
        found = await self._find(venue, order)
        if found is not None:
            after = answered(order, found, self._clock())
            if after.state is State.COPIED:
                return Arrived(after)
            return Unclear(after.reason) if after.state is State.UNKNOWN else Absent()
        if order.venue_order_id and order.state is State.MANUAL:
            return Unclear("the venue took it, and does not show it now")
        if not venue.evidence.absent(order.sent_ms, self._clock(), venue.evidence.looks):
            return Unclear("it was sent too recently to be sure that it is not on its way")
        return Absent()

    async def _find(self, venue: Venue, order: CopyOrder) -> VenueOrder | None:
        """As many empty answers as the venue's evidence takes, before one is believed."""
        for _ in range(venue.evidence.looks):
            if found := await venue.find_order(request(order)):
                return found
        return None
