"""Whoever stops, pauses and closes in the midst of trouble: no entry after it, all closed once."""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.follows import CannotFollow, Follow, Status
from pilotfish.domain.netting import Booked, position_key
from pilotfish.domain.orders import State
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.change_follow import Named
from pilotfish.usecases.stop_follow import How, Stop
from tests.fakes import Fault
from tests.fakes.samples import PERPETUAL
from tests.property.market import small_sizes
from tests.property.test_trouble import Trouble

OPERATOR = Viewer("admin", operator=True)
HOWS = (How.CLOSE, How.CLOSE, How.CLOSE_ONLY, How.KEEP)
KEY = position_key(PERPETUAL, PositionSide.NET)
LOOKS = 12


class Stopping(Trouble):
    """The same trouble, while owners change their minds; the sweep comes when it comes."""

    to_close: frozenset[str] = frozenset()

    @rule(size=small_sizes)
    def all_goes_well(self, size: Decimal) -> None:
        """For once, so that there is something to close."""
        for venue in self.venues.values():
            venue.script.clear()
        for leader in self.leaders:
            self.trade(leader, size)
        self.run(*(self.scene.execute(image) for image in self.images))

    @precondition(lambda self: self.holding())
    @rule(data=st.data(), how=st.sampled_from(HOWS), fault=st.sampled_from([None, *Fault]))
    def stop(self, data: st.DataObject, how: How, fault: Fault | None) -> None:
        number = data.draw(st.sampled_from(self.holding()))
        self.venues[f"follower-{1 + (number == 2)}"].script.appendleft(fault)
        before = len(self.images)
        if self.change(number, lambda named: self.scene.stop_follow(named, Stop(how))):
            closing = self.follow(number).closing
            wanted = {f"follow-{number}"}
            self.to_close = self.to_close | wanted if closing else self.to_close - wanted
        if data.draw(st.booleans()):
            self.run(*(self.scene.execute(image) for image in self.images[before:]))

    def follow(self, number: int) -> Follow:
        return self.scene.tables.follows[self.leader(number), f"follow-{number}"]

    def holding(self) -> list[int]:
        """Follows that hold something."""
        follows = self.scene.tables.follows.values()
        return [int(one.follow_id.partition("-")[2]) for one in follows if self.copied(one)]

    @rule(number=st.integers(1, 3), how=st.sampled_from(["pause", "resume"]))
    def pause(self, number: int, how: str) -> None:
        self.change(number, getattr(self.scene.change_follow, how))

    def leader(self, number: int) -> str:
        return "other" if number == 3 else "leader"

    def change(self, number: int, act: Callable[[Named], object]) -> bool:
        """Whether it was done."""
        name = self.leader(number), f"follow-{number}"
        if name not in self.scene.tables.follows:
            return False
        try:
            act(Named(*name, OPERATOR))
        except CannotFollow:
            return False
        self.planned()
        return True

    @rule(seconds=st.sampled_from([1, 60, 700]))
    def the_sweep_looks(self, seconds: int) -> None:
        self.scene.clock.advance(seconds)
        assert self.scene.end_follows().failed == 0
        self.planned()

    def planned(self) -> None:
        """What was planned goes onto the stream."""
        known = {image.order_id for image in self.images}
        self.images += [order for order in self.orders() if order.order_id not in known]

    def teardown(self) -> None:
        """In peace all is closed, unless a person has to say what became of an order."""
        self.settle()
        for _ in range(LOOKS):
            self.the_sweep_looks(700)
            self.settle()
        manual = {order.follow_id for order in self.orders() if order.state is State.MANUAL}
        assert {follow_id for follow_id, _ in self.scene.told.unclosed_of} <= manual
        for follow in self.scene.tables.follows.values():
            copied = self.copied(follow)
            assert not follow.closing
            assert follow.status is not Status.CLOSE_ONLY or copied
            assert not copied or follow.follow_id not in self.to_close - manual
        super().teardown()

    def copied(self, follow: Follow) -> Decimal:
        return self.scene.tables.booked.get((follow.follow_id, KEY), Booked()).copied


TestStopping = Stopping.TestCase
TestStopping.settings = settings(stateful_step_count=25)
