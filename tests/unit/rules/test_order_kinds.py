"""Which of the leader's orders are entered, by their kind; an exit is taken whatever it was."""

from itertools import combinations
from typing import Any

import pytest

from pilotfish.domain.fills import OrderKind
from pilotfish.domain.orders import Reason, State
from pilotfish.domain.rules import rules_from
from tests.fakes.samples import a_fill
from tests.fakes.scene import Scene

TOLD = [kind for kind in OrderKind if kind]
WANTED = [some for size in range(4) for some in combinations(TOLD, size)]


def following(**rules: Any) -> Scene:
    scene = Scene()
    scene.follower(rules=rules_from(rules))
    return scene


@pytest.mark.parametrize("kind", OrderKind)
@pytest.mark.parametrize("wanted", WANTED)
async def test_orders_of_other_kinds_are_not_entered_and_exits_know_no_kind(
    wanted: tuple[OrderKind, ...], kind: OrderKind
) -> None:
    scene = following(order_kinds=list(wanted))
    [held] = await scene.copy("1", order_kind=wanted[0] if wanted else kind)
    [entry] = await scene.copy("2", order_kind=kind)
    reason = "" if not wanted or kind in wanted else Reason.ORDER_KIND_NOT_COPIED
    if wanted and not kind:
        reason = Reason.ORDER_KIND_UNKNOWN
    assert (held.state, entry.reason) == (State.COPIED, reason)

    [exit_] = await scene.copy("-3", order_kind=kind)
    assert exit_.filled_quantity == (1 if reason else 3)


def test_a_fill_says_nothing_of_its_order_unless_it_is_told() -> None:
    assert a_fill().order_kind is OrderKind.NOT_TOLD
