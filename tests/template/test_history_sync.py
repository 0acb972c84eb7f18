"""The state machine that back-fills an account until its period is complete."""

from __future__ import annotations

from typing import Any

import pytest

from pilotfish.usecases.sync_progress import Standing
from tests.template import definitions
from tests.template.definitions import Definition
from tests.template.expansion import sample_events

TURN, WAIT = "Read and write the next pages", "Let the venue rest"
CHOICE, LAST = "How far is it?", "Try once more or hand it to a person"
DONE, STOPPED = "The period is complete", "It was stopped"
MARGIN_S = 15  # functions/history_sync/app.py

#: What a turn with its choice and its wait writes into an execution's history, on AWS.
EVENTS_OF_A_TURN = 5 + 2 + 2
EVENTS = 25_000


@pytest.fixture
def history_sync() -> Definition:
    return definitions.load("history_sync")


def after(machine: Definition, standing: str, *, idle: int = 0, told: float = 0) -> str:
    choice = machine["States"][CHOICE]
    variables: dict[str, Any] = {
        "states": {"input": {"standing": standing}},
        "idle": idle,
        "told_to_wait_s": told,
    }
    for branch in choice["Choices"]:
        if definitions.evaluate(branch["Condition"], **variables):
            return str(branch["Next"])
    return str(choice["Default"])


def assigned(machine: Definition, state: str, answer: dict[str, Any], idle: int) -> dict[str, Any]:
    """The variables once a task has answered."""
    assign = machine["States"][state]["Assign"]
    states = {"result": {"Payload": answer}}
    return {
        name: value
        if not isinstance(value, str)
        else definitions.evaluate(value, states=states, idle=idle)
        for name, value in assign.items()
    }


def test_a_turn_is_asked_for_by_the_session_and_its_attempt(history_sync: Definition) -> None:
    turn, last = sample_events("history_sync")["turn"], sample_events("history_sync")["last_turn"]
    start = history_sync["States"][history_sync["StartAt"]]["Assign"]
    variables = {
        name: definitions.evaluate(start[name], states={"input": turn})
        for name in ("account_id", "session_id", "attempt")
    }
    for state, event in ((TURN, turn), (LAST, last)):
        payload = history_sync["States"][state]["Arguments"]["Payload"]
        given = {
            key: definitions.evaluate(value, **variables) if isinstance(value, str) else value
            for key, value in payload.items()
        }
        assert given == event


def test_a_turn_with_pages_is_followed_by_another_at_once(history_sync: Definition) -> None:
    answer = {"standing": "RUNNING", "pages": 3, "wait_s": 0.0}
    variables = assigned(history_sync, TURN, answer, idle=7)
    assert variables == {"idle": 0, "told_to_wait_s": 0}
    assert after(history_sync, Standing.RUNNING) == TURN


def test_a_turn_without_a_page_is_followed_after_a_while(history_sync: Definition) -> None:
    answer = {"standing": "RUNNING", "pages": 0, "wait_s": 3.5}
    variables = assigned(history_sync, TURN, answer, idle=7)
    assert variables == {"idle": 8, "told_to_wait_s": 3.5}
    assert after(history_sync, Standing.RUNNING, idle=8) == WAIT
    assert after(history_sync, "NO_ANSWER", idle=8) == WAIT


def test_whatever_the_venue_tells_is_waited_for(history_sync: Definition) -> None:
    assert after(history_sync, Standing.RUNNING, told=3.5) == WAIT
    seconds = history_sync["States"][WAIT]["Seconds"]
    assert definitions.evaluate(seconds, idle=0, told_to_wait_s=41.2) == 42
    ban = assigned(history_sync, TURN, {"pages": 0, "wait_s": 86_400}, idle=0)
    assert ban["told_to_wait_s"] == 300


@pytest.mark.parametrize("standing", [Standing.RUNNING, "NO_ANSWER"])
def test_twenty_turns_without_a_page_go_to_a_person(
    history_sync: Definition, standing: str
) -> None:
    assert after(history_sync, standing, idle=19) == WAIT
    assert after(history_sync, standing, idle=20) == LAST


def test_a_refusal_goes_to_a_person_at_once(history_sync: Definition) -> None:
    assert after(history_sync, Standing.REFUSED) == LAST


def test_it_ends_with_the_period_or_when_it_is_stopped(history_sync: Definition) -> None:
    for idle in (0, 20):
        assert after(history_sync, Standing.COMPLETED, idle=idle) == DONE
        assert after(history_sync, Standing.STOPPED, idle=idle) == STOPPED
        assert after(history_sync, Standing.OVERTAKEN, idle=idle) == STOPPED


def test_a_last_turn_that_comes_further_goes_on_as_before(history_sync: Definition) -> None:
    last = history_sync["States"][LAST]
    assert (last["Type"], last["Next"], "Catch" in last) == ("Task", CHOICE, False)
    answer = {"standing": "RUNNING", "pages": 2, "wait_s": 0.0}
    assert assigned(history_sync, LAST, answer, idle=20)["idle"] == 0


def test_a_turn_that_was_killed_counts_as_one_without_a_page(history_sync: Definition) -> None:
    (caught,) = history_sync["States"][TURN]["Catch"]
    assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], CHOICE)
    assert definitions.evaluate(caught["Assign"]["idle"], idle=3) == 4
    assert after(history_sync, caught["Output"]["standing"], idle=4) == WAIT


@pytest.mark.parametrize(("idle", "least", "most"), [(1, 1, 2), (4, 8, 16), (19, 150, 300)])
def test_waits_grow_with_jitter(history_sync: Definition, idle: int, least: int, most: int) -> None:
    seconds = history_sync["States"][WAIT]["Seconds"]
    waits = {definitions.evaluate(seconds, idle=idle, told_to_wait_s=0) for _ in range(100)}
    assert all(wait == int(wait) for wait in waits)
    assert least <= min(waits) <= max(waits) <= most


def test_a_day_of_turns_fits_into_the_history_of_an_execution(
    history_sync: Definition, template: dict[str, Any]
) -> None:
    function = template["Resources"]["HistorySyncFunction"]["Properties"]["Timeout"]
    turns = history_sync["TimeoutSeconds"] / (function - MARGIN_S)
    assert turns * EVENTS_OF_A_TURN < EVENTS
    assert history_sync["States"][TURN]["TimeoutSeconds"] > function
