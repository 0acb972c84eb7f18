"""The state machine that follows a leader's exit until every follower is there."""

from __future__ import annotations

from typing import Any

import pytest

from pilotfish.usecases.sync_exit import Standing
from tests.template import definitions
from tests.template.definitions import Definition
from tests.template.expansion import sample_events

LOOK, WAIT, CHOICE = "Look at every follower", "Let the orders arrive", "Is everybody there?"
LAST = "Hand the remainder to a person"
DONE = "Every follower is synced"


@pytest.fixture
def exit_sync() -> Definition:
    return definitions.load("exit_sync")


def after(exit_sync: Definition, standing: str, turn: int) -> str:
    choice = exit_sync["States"][CHOICE]
    variables: dict[str, Any] = {"states": {"input": {"standing": standing}}, "turn": turn}
    for branch in choice["Choices"]:
        if definitions.evaluate(branch["Condition"], **variables):
            return str(branch["Next"])
    return str(choice["Default"])


@pytest.mark.parametrize(("sample", "late"), [("close", False), ("late", True)])
def test_a_look_is_asked_for_by_the_fill_and_whether_it_was_decided_late(
    exit_sync: Definition, sample: str, late: bool
) -> None:
    event = sample_events("exit_sync")[sample]
    assigned = exit_sync["States"][exit_sync["StartAt"]]["Assign"]
    variables = {
        name: definitions.evaluate(assigned[name], states={"input": event})
        for name in ("account_id", "fill_id", "late")
    }
    for state, more in ((LOOK, {}), (LAST, {"last": True})):
        payload = exit_sync["States"][state]["Arguments"]["Payload"]
        given = {
            key: definitions.evaluate(value, **variables) if isinstance(value, str) else value
            for key, value in payload.items()
        }
        assert given == event | {"late": late} | more


@pytest.mark.parametrize("standing", [Standing.OPEN, "NO_ANSWER"])
def test_whoever_is_not_there_is_looked_at_again_and_then_handed_over(
    exit_sync: Definition, standing: str
) -> None:
    assert after(exit_sync, standing, turn=1) == WAIT
    assert after(exit_sync, standing, turn=32) == LAST


def test_it_ends_when_everybody_is_there(exit_sync: Definition) -> None:
    for standing in (Standing.SYNCED, Standing.OVERTAKEN):
        assert after(exit_sync, standing, turn=1) == DONE
        assert after(exit_sync, standing, turn=32) == DONE


def test_the_last_look_fails_in_a_step_that_a_redrive_does_again(exit_sync: Definition) -> None:
    last = exit_sync["States"][LAST]
    assert last["Type"] == "Task"
    assert "Catch" not in last
    assert last["Next"] == DONE


@pytest.mark.parametrize(
    ("turn", "least", "most"),
    [(0, 2, 2), (1, 3, 4), (15, 3, 4), (16, 6, 8), (19, 45, 60), (31, 45, 60)],
)
def test_waits_grow_with_jitter(exit_sync: Definition, turn: int, least: int, most: int) -> None:
    seconds = exit_sync["States"][WAIT]["Seconds"]
    waits = {definitions.evaluate(seconds, turn=turn) for _ in range(100)}
    assert all(wait == int(wait) for wait in waits)
    assert least <= min(waits) <= max(waits) <= most


def test_all_looks_fit_into_the_time_that_the_execution_has(
    exit_sync: Definition, template: dict[str, Any]
) -> None:
    seconds = exit_sync["States"][WAIT]["Seconds"]
    longest = sum(definitions.evaluate(seconds, turn=turn) for turn in range(32))
    function = template["Resources"]["ExitSyncFunction"]["Properties"]["Timeout"]
    assert longest + 32 * function < exit_sync["TimeoutSeconds"]
    assert exit_sync["States"][LOOK]["TimeoutSeconds"] > function
