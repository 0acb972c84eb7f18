"""Rules that cannot change while something is held."""

from decimal import Decimal

import pytest

from pilotfish.domain.follows import CannotFollow
from pilotfish.domain.rules import BadRules, Rules
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.change_follow import Named
from tests.fakes.scene import Scene

BEN = Named("leader", "follow-1", Viewer("user-1", 0))


async def test_what_is_held_is_not_turned_round() -> None:
    scene = Scene()
    scene.follower()
    with pytest.raises(CannotFollow, match="reverse"):
        scene.change_follow.rules(BEN, Rules(reverse=True))
    await scene.copy("1")
    scene.change_follow.pause(BEN)
    with pytest.raises(BadRules, match="is held") as refused:
        scene.change_follow.rules(BEN, Rules(reverse=True))
    assert refused.value.field == "reverse"
    await scene.copy("-1")
    assert scene.change_follow.rules(BEN, Rules(reverse=True)).rules.reverse
    scene.change_follow.resume(BEN)
    [order] = await scene.copy("1")
    assert order.side.sign * order.filled_quantity == Decimal(-1)
