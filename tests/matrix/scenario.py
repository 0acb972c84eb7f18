"""What happens in every cell: a leader opens, reduces, flips and closes while six follow."""

import asyncio
import logging
from decimal import Decimal
from typing import Any

from pilotfish.domain.orders import CopyOrder, Leg
from tests.fakes import Fault, simulate
from tests.fakes.samples import PERPETUAL
from tests.matrix.forms import FORMS, IN_ORDERS, Form
from tests.matrix.points import Hit, Point, Trouble
from tests.matrix.world import World

DEADLINE_S = 240
# On one account and symbol a venue nets: what is held by hand is on the side of the copies here.
BY_HAND = {"opening": 7, "flipping": -7, "closing": -5}
PARTS = {
    "opening": ("1", "0.5", "0.001", "0.001", "0.001"),
    "reducing": ("-0.6", "0.1"),
    "flipping": ("-1.4", "0.1", "-0.2"),
}


class Scenario:
    """Each part is played until all is quiet; the fault strikes in each part anew.

    It strikes each follow's entries and exits once (of the poller, of looks and of sweeps each
    first one), so that the saga which follows meets a world that works again.
    """

    def __init__(self, point: Point, trouble: Trouble) -> None:
        self.point = point
        self.trouble = trouble
        self.form: Form = FORMS[point, trouble]
        self.world = World()
        self.world.strike = self._strike
        self.world.claimed, self.world.planned = self._claimed, self._planned
        self.hits = 0
        self.slowest_s = 0.0
        self.log: list[str] = []
        self._struck: set[object] = set()
        self._armed: set[object] = set()

    def play(self) -> None:
        handler = logging.Handler()
        handler.emit = lambda record: self.log.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("pilotfish").addHandler(handler)
        try:
            simulate(self.world.clock, self._play())
        finally:
            logging.getLogger("pilotfish").removeHandler(handler)

    async def _play(self) -> None:
        world = self.world
        self._follow()
        world.spawn(world.functions.run())
        await asyncio.sleep(3)
        for name, trades in PARTS.items():
            if name == "reducing":
                await world.begin(5)
                await world.begin(6, existing="join", join_tolerance=Decimal("0.01"))
            await self._part(name, trades)
        await self._part("closing", [-world.leader.holding(PERPETUAL)])
        await world.close()

    def _follow(self) -> None:
        world = self.world
        world.follower(1)
        world.follower(2, multiplier=Decimal(1) / 3, lateness_s=20)
        world.follower(3, multiplier=Decimal("0.5"), max_position_notional=Decimal(60), shard=1)
        self._stops = world.follower(4, multiplier=Decimal(2))

    async def _part(self, name: str, trades: Any) -> None:
        if name in BY_HAND:
            self.world.venues.of["follower-3"].trade(PERPETUAL, BY_HAND[name])  # type: ignore[union-attr]
        self._struck.clear()
        self._armed.clear()
        for quantity in trades:
            self.world.leader.trade(PERPETUAL, quantity)
            await asyncio.sleep(0.6)
        # Until all is quiet, and then for as long as a straggler may take.
        self.slowest_s = max(self.slowest_s, await self.world.quiet(DEADLINE_S))
        await asyncio.sleep(12)
        self.world.witness.check_drift()

    def _planned(self, order: CopyOrder) -> None:
        """The fourth follow is stopped when its second entry is planned and not yet claimed."""
        mine = [o for o in self.world.tables.orders.values() if o.follow_id == "follow-4"]
        if order.follow_id == "follow-4" and len(mine) == 2:
            self.world.stop(self._stops)

    def _claimed(self, order: CopyOrder) -> None:
        key = order.follow_id, order.leg
        if key in self._armed:
            return
        self._armed.add(key)
        venue = self.world.venues.of[order.account_id]
        if fault := self.form.on_claim or self._looked_for(order):
            venue.script.append(fault)  # type: ignore[union-attr]

    def _looked_for(self, order: CopyOrder) -> Fault | None:
        """In reconciliation there has to be something to look up, to repair and to sweep."""
        if self.point is not Point.RECONCILING:
            return None
        self.world.retries.lost = {"follow-3"}
        if self.trouble is Trouble.PARTIAL:
            self.world.venues.of[order.account_id].loses_partial_replies = 1  # type: ignore[union-attr]
            return Fault.PARTIAL
        if order.leg is Leg.EXIT and order.follow_id == "follow-1":
            return Fault.REFUSED
        return Fault.TIMEOUT_LOST if order.follow_id == "follow-2" else Fault.TIMEOUT_ACCEPTED

    async def _strike(self, hit: Hit) -> Any:
        key = ("" if self.form.once else hit.about), hit.order.leg if hit.order else None
        astray = self.point in IN_ORDERS and hit.worker.name != "executor"
        if hit.point is not self.point or key in self._struck or astray:
            return await hit.act()
        self._struck.add(key)
        self.hits += 1
        return await self.form.strike(hit)
