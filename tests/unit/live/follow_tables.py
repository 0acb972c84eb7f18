"""The tables that a follow's book is read from: orders, and the sums that go with each step."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from pilotfish.domain.fills import Fill
from pilotfish.domain.folding import Folded
from pilotfish.domain.holdings import Holdings, stamp
from pilotfish.domain.netting import Booked
from pilotfish.domain.orders import CopyOrder, Reason, effect_of_step
from tests.unit.live.orders import FILL


class FollowTables:
    """Ada's follow `fol-1` and her account; counts what is read of its orders."""

    def __init__(self) -> None:
        self.stored: dict[str, CopyOrder] = {}
        self.sums: dict[str, Booked] = defaultdict(Booked)
        self.led = Holdings()
        self.kept: dict[str, Folded] = {}
        self.orders_read = 0
        self.reads = 0

    def write(self, order: CopyOrder) -> None:
        """As the stores do: the whole order, and what the step changes."""
        key = order.position_key
        before = self.stored.get(order.order_key)
        if order.reason == Reason.CLOSED_ELSEWHERE:
            change = order.side.sign * order.quantity
            self.sums[key] = replace(self.sums[key], copied=self.sums[key].copied + change)
        elif before is not None:
            step, booked = effect_of_step(before, order), self.sums[key]
            self.sums[key] = replace(
                booked, copied=booked.copied + step.copied, spent=booked.spent + step.spent
            )
        self.stored[order.order_key] = order

    def lead(self, fill: Fill) -> None:
        stamp([fill], self.led)

    def accounts(self, user: str) -> list[str]:
        return [FILL.account_id] if user == "ada" else []

    def follows(self, user: str) -> list[str]:
        return ["fol-1"] if user == "ada" else []

    def fills(self, *_: object, **__: object) -> list[Fill]:
        raise AssertionError("no book is read from fills")

    def orders(
        self, follow_id: str, since: str, until: str, limit: int | None, *, newest: bool
    ) -> list[CopyOrder]:
        assert (follow_id, newest) == ("fol-1", False)
        found = [o for o in self.stored.values() if since <= o.order_key <= until]
        self.orders_read += len(found)
        return sorted(found, key=lambda o: o.order_key)

    def of_account(self, account_id: str) -> Holdings | None:
        self.reads += 1
        return self.led.copy() if account_id == FILL.account_id else None

    def of_follow(self, follow_id: str) -> dict[str, Booked]:
        self.reads += 1
        return dict(self.sums) if follow_id == "fol-1" else {}

    def of(self, follow_ids: Iterable[str]) -> dict[str, Folded]:
        return {name: self.kept[name] for name in follow_ids if name in self.kept}

    def save(self, folded: Folded) -> None:
        self.kept[folded.follow_id] = folded
