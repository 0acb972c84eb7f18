"""Every state machine against the template, the language, and the order's life."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pilotfish.domain.orders import TERMINAL, State
from tests.template import definitions
from tests.template.definitions import Definition
from tests.template.expansion import sample_events

LAMBDA_ERRORS = {
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
}
MACHINES = {"RetryOrder": "retry_order", "ExitSync": "exit_sync", "HistorySync": "history_sync"}

TURN = "Send it again or look it up"
CHOICE = "What became of the order?"
WAIT = "Wait for the next turn"
LAST = "Settle it or hand it to a person"


@pytest.fixture(params=definitions.names())
def machine(request: pytest.FixtureRequest) -> Definition:
    return definitions.load(request.param)


@pytest.fixture
def retry_order() -> Definition:
    return definitions.load("retry_order")


def after(retry_order: Definition, state: str, turn: int) -> str:
    """Where the saga goes when a turn answered with a state."""
    choice = retry_order["States"][CHOICE]
    for branch in choice["Choices"]:
        if definitions.evaluate(branch["Condition"], states={"input": {"state": state}}, turn=turn):
            return str(branch["Next"])
    return str(choice["Default"])


def test_every_definition_is_deployed(template: dict[str, Any]) -> None:
    deployed = {
        name: resource["Properties"]["DefinitionUri"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    }

    assert deployed == {n: f"statemachines/{file}.asl.yaml" for n, file in MACHINES.items()}
    assert sorted(MACHINES.values()) == definitions.names()


@pytest.mark.parametrize(("logical_id", "name"), MACHINES.items())
def test_substitutions_are_those_of_the_definition(
    template: dict[str, Any], logical_id: str, name: str
) -> None:
    given = template["Resources"][logical_id]["Properties"]["DefinitionSubstitutions"]
    used = {
        found
        for text in definitions.strings(definitions.load(name))
        for found in re.findall(r"\$\{(\w+)\}", text)
    }

    assert used == set(given)


def test_every_state_can_be_reached_and_leads_somewhere(machine: Definition) -> None:
    assert definitions.reachable(machine) == set(machine["States"])
    for name, state in machine["States"].items():
        ends = state["Type"] in ("Succeed", "Fail") or state.get("End")
        assert bool(definitions.successors(state)) is not bool(ends), name


def test_expressions_are_jsonata(machine: Definition) -> None:
    assert machine["QueryLanguage"] == "JSONata"
    for text in definitions.strings(machine):
        if "{%" in text:
            assert definitions.is_expression(text), text
            definitions.parse(text)


def test_errors_are_known(machine: Definition) -> None:
    for name, state in machine["States"].items():
        caught = [*state.get("Retry", []), *state.get("Catch", [])]
        for error in (error for each in caught for error in each["ErrorEquals"]):
            assert error in LAMBDA_ERRORS or error.startswith("States."), name


def test_what_fails_is_a_task_that_a_redrive_does_again(machine: Definition) -> None:
    """AWS enters a Fail state again on a redrive, and it fails again; a Task is run anew."""
    states = machine["States"]
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}

    assert not any(state["Type"] == "Fail" for state in states.values())
    for name, task in tasks.items():
        looks_last = "last" in task["Arguments"]["Payload"]
        assert looks_last is ("Catch" not in task), name


def test_retries_spread_and_end(machine: Definition) -> None:
    for state in machine["States"].values():
        for retry in state.get("Retry", []):
            assert retry["JitterStrategy"] == "FULL"
            assert retry["BackoffRate"] > 1
            assert retry["MaxAttempts"] <= 6


def test_nothing_runs_for_ever(machine: Definition) -> None:
    assert machine["TimeoutSeconds"] <= 24 * 3600
    for state in machine["States"].values():
        assert state["Type"] != "Task" or state["TimeoutSeconds"] <= 60


def test_the_task_outlasts_the_function(template: dict[str, Any], retry_order: Definition) -> None:
    function = template["Resources"]["RetryFunction"]["Properties"]["Timeout"]

    assert retry_order["States"][TURN]["TimeoutSeconds"] > function


def test_a_turn_is_asked_for_by_the_order_s_key_alone(retry_order: Definition) -> None:
    for event in sample_events("retry").values():
        payload = retry_order["States"][TURN]["Arguments"]["Payload"]
        assigned = retry_order["States"][retry_order["StartAt"]]["Assign"]
        variables = {
            name: definitions.evaluate(assigned[name], states={"input": event})
            for name in ("follow_id", "order_key")
        }

        assert {k: definitions.evaluate(v, **variables) for k, v in payload.items()} == event


@pytest.mark.parametrize("state", [state for state in State if not state.terminal])
def test_an_order_on_its_way_gets_another_turn(retry_order: Definition, state: State) -> None:
    assert after(retry_order, state, turn=1) == WAIT
    assert after(retry_order, state, turn=40) == LAST


def test_a_turn_that_failed_is_a_turn_without_an_answer(retry_order: Definition) -> None:
    (caught,) = retry_order["States"][TURN]["Catch"]

    assert caught["ErrorEquals"] == ["States.ALL"]
    assert caught["Next"] == CHOICE
    assert definitions.evaluate(caught["Assign"]["turn"], turn=3) == 4
    assert after(retry_order, caught["Output"]["state"], turn=3) == WAIT
    assert after(retry_order, caught["Output"]["state"], turn=40) == LAST


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (State.COPIED, "The order is copied"),
        (State.REJECTED, "The order ended without a copy"),
        (State.EXPIRED, "The order ended without a copy"),
        (State.SKIPPED, "The order ended without a copy"),
        (State.MANUAL, LAST),
    ],
)
def test_a_settled_order_ends_the_saga(retry_order: Definition, state: State, end: str) -> None:
    assert state in TERMINAL
    assert after(retry_order, state, turn=1) == after(retry_order, state, turn=40) == end


@pytest.mark.parametrize(
    ("turn", "least", "most"),
    [(0, 1, 1), (1, 1, 2), (3, 4, 8), (7, 4, 8), (8, 15, 30), (39, 15, 30)],
)
def test_waits_grow_with_jitter_and_are_whole_seconds(
    retry_order: Definition, turn: int, least: int, most: int
) -> None:
    seconds = retry_order["States"][WAIT]["Seconds"]
    waits = {definitions.evaluate(seconds, turn=turn, told_to_wait_s=0) for _ in range(200)}

    assert all(wait == int(wait) for wait in waits)
    assert least <= min(waits)
    assert max(waits) <= most
    assert len(waits) > (most - least) // 2, "everybody would come back at once"


def test_the_venue_s_word_is_waited_for(retry_order: Definition) -> None:
    seconds = retry_order["States"][WAIT]["Seconds"]

    assert definitions.evaluate(seconds, turn=1, told_to_wait_s=90.5) == 91


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"state": "UNSENT", "finding": "429"}, 0),
        ({"state": "UNSENT", "finding": "429", "wait_s": 12.5}, 12.5),
        ({"state": "UNSENT", "finding": "418", "wait_s": 86400}, 300),
    ],
)
def test_what_the_venue_told_is_kept(
    retry_order: Definition, answer: dict[str, Any], told: float
) -> None:
    assign = retry_order["States"][TURN]["Assign"]["told_to_wait_s"]

    assert definitions.evaluate(assign, states={"result": {"Payload": answer}}) == told
