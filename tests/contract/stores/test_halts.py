"""What is halted is known within half a second, and each change leaves a line that stays."""

from typing import Any

import pytest

from pilotfish.adapters.dynamo.halts import KEPT_MS, READS
from pilotfish.domain.errors import NotSent
from pilotfish.domain.halts import EVERYTHING, Halt, leader_scope, venue_scope
from pilotfish.domain.orders import Leg
from pilotfish.domain.trail import Action, Verb
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS, ManualClock
from tests.fakes.samples import an_order


def line(at_ms: int = EPOCH_MS, subject: str = EVERYTHING, **more: Any) -> Action:
    fields: dict[str, Any] = {"number": "1", "by": "olga", "verb": Verb.HALT, "why": "a drill"}
    return Action(subject, at_ms, **fields | more)


def halt(stores: Stores, scope: str = EVERYTHING, why: str = "a drill") -> Halt:
    at_ms = EPOCH_MS + len(stores.halts.standing())
    made = Halt(scope, "olga", at_ms, why)
    stores.halts.put(made, line(at_ms, scope, number=f"{scope} {why}", why=why))
    return made


async def test_nothing_is_halted_at_first(stores: Stores) -> None:
    assert list(stores.halts.standing()) == []
    assert not await stores.halt_gate.stops(an_order())


@pytest.mark.parametrize("scope", [EVERYTHING, venue_scope("model"), leader_scope("leader")])
async def test_an_entry_is_stopped_and_an_exit_never(stores: Stores, scope: str) -> None:
    made = halt(stores, scope)
    assert list(stores.halts.standing()) == [made]
    assert await stores.halt_gate.stops(an_order())
    assert not await stores.halt_gate.stops(an_order(leg=Leg.EXIT))


async def test_other_venues_and_leaders_go_on(stores: Stores) -> None:
    halt(stores, venue_scope("other"))
    halt(stores, leader_scope("follower-1"))
    assert not await stores.halt_gate.stops(an_order())


async def test_another_worker_knows_after_half_a_second(
    workers: Workers, clock: ManualClock
) -> None:
    operator, executor = workers.another(), workers.another()
    assert not await executor.halt_gate.stops(an_order())
    halt(operator)
    clock.now_ms += KEPT_MS
    assert await executor.halt_gate.stops(an_order())
    assert operator.halts.lift(EVERYTHING, line(verb=Verb.LIFT))
    clock.now_ms += KEPT_MS
    assert not await executor.halt_gate.stops(an_order())


async def test_what_is_not_halted_is_not_lifted(stores: Stores) -> None:
    assert not stores.halts.lift(EVERYTHING, line(verb=Verb.LIFT))
    assert list(stores.trail.latest("", 10)) == []


async def test_each_change_has_its_line(stores: Stores) -> None:
    halt(stores, why="first")
    halt(stores, why="second")
    lifted = line(EPOCH_MS + 5, verb=Verb.LIFT, why="all is well")
    assert stores.halts.lift(EVERYTHING, lifted)
    assert list(stores.halts.standing()) == []
    told = [(each.verb, each.why) for each in stores.trail.of_subject(EVERYTHING, "", 10)]
    assert told == [(Verb.LIFT, "all is well"), (Verb.HALT, "second"), (Verb.HALT, "first")]


async def test_lines_are_found_by_subject_and_by_who_did_it(stores: Stores) -> None:
    lines = [
        line(EPOCH_MS + 1, "lena", verb=Verb.LOOK),
        line(EPOCH_MS + 2, "lena", by="otto"),
        line(EPOCH_MS + 3, "luis"),
    ]
    for each in lines:
        stores.trail.append(each)
    newest = lines[::-1]
    assert list(stores.trail.latest("", 10)) == newest
    assert list(stores.trail.latest("", 2)) == newest[:2]
    assert list(stores.trail.latest(newest[0].action_id, 1)) == [newest[1]]
    assert list(stores.trail.of_subject("lena", "", 10)) == newest[1:]
    assert list(stores.trail.of_subject("lena", newest[1].action_id, 10)) == newest[2:]
    assert list(stores.trail.of_actor("olga", "", 10)) == [newest[0], newest[2]]


async def test_what_owners_do_is_with_their_accounts_alone(stores: Stores) -> None:
    own = line(EPOCH_MS + 1, "ada-1", by="ada", verb=Verb.PAUSE, why="", operator=False)
    looked = line(EPOCH_MS + 2, "ada-1", verb=Verb.LOOK)
    for each in (own, looked):
        stores.trail.append(each)
    assert list(stores.trail.of_subject("ada-1", "", 10)) == [looked, own]
    assert list(stores.trail.latest("", 10)) == [looked]


class Slow:
    """A clock of somebody whose reads take longer than what they answer is good for."""

    def __init__(self) -> None:
        self.now_ms = EPOCH_MS

    def __call__(self) -> int:
        self.now_ms += KEPT_MS
        return self.now_ms


async def test_an_answer_that_came_too_late_lets_nothing_through(
    dynamodb: Any, tables: dict[str, str]
) -> None:
    from pilotfish.adapters.dynamo.halts import DynamoHaltGate

    clock = Slow()
    with pytest.raises(NotSent, match="too long"):
        await DynamoHaltGate(dynamodb, tables["HaltsTable"], clock).stops(an_order())
    assert clock.now_ms >= EPOCH_MS + READS * KEPT_MS


async def test_a_table_that_cannot_be_read_lets_nothing_through_but_exits(
    dynamodb: Any, clock: ManualClock
) -> None:
    from pilotfish.adapters.dynamo.halts import DynamoHaltGate

    gate = DynamoHaltGate(dynamodb, "no such table", clock)
    with pytest.raises(NotSent, match="not known"):
        await gate.stops(an_order())
    assert not await gate.stops(an_order(leg=Leg.EXIT))
