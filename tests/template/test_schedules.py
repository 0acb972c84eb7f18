"""Schedules: each minute does the work again, so nothing of the minute before is retried."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.expansion import Resources, named, of_type, sample_events

RATES = {
    "Poller": "rate(1 minute)",
    "Sweep": "rate(1 minute)",
    "Instruments": "rate(5 minutes)",
    "Reconcile": "rate(5 minutes)",
    "Records": "rate(5 minutes)",
    "Wallets": "rate(1 minute)",
    "Market": "rate(1 minute)",
    "Waits": "rate(1 minute)",
    "Connections": "rate(5 minutes)",
}
SAMPLES = {
    "Poller": "shard_0",
    "Sweep": "schedule",
    "Instruments": "schedule",
    "Reconcile": "shard_0",
    "Records": "shard_0",
    "Wallets": "schedule",
    "Market": "schedule",
    "Waits": "schedule",
    "Connections": "check",
}


def schedule(resources: Resources, function: str) -> dict[str, Any]:
    properties: dict[str, Any] = resources[f"{function}Schedule"]["Properties"]
    return properties


def test_what_is_scheduled(resources: Resources) -> None:
    schedules = of_type(resources, "AWS::Scheduler::Schedule").values()

    assert {named(each["Target"]["Arn"]): each["ScheduleExpression"] for each in schedules} == {
        f"{function}Function.Arn": rate for function, rate in RATES.items()
    }


@pytest.mark.parametrize("function", RATES)
class TestEachSchedule:
    def test_is_punctual_and_can_be_switched_off(self, resources: Resources, function: str) -> None:
        assert schedule(resources, function)["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert schedule(resources, function)["State"] == {"Ref": "Schedules"}

    def test_brings_what_the_sample_shows(self, resources: Resources, function: str) -> None:
        event = json.loads(schedule(resources, function)["Target"]["Input"])

        assert event == sample_events(function.lower())[SAMPLES[function]]

    def test_does_not_start_a_run_again(self, resources: Resources, function: str) -> None:
        target = schedule(resources, function)["Target"]

        assert target["RetryPolicy"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
        assert named(target["DeadLetterConfig"]["Arn"]) == "ScheduleFailures.Arn"

    def test_lambda_does_not_run_a_failed_run_again(
        self, resources: Resources, function: str
    ) -> None:
        (config,) = [
            config
            for config in of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
            if config["FunctionName"] == {"Ref": f"{function}Function"}
        ]

        assert config["MaximumRetryAttempts"] == 0
        assert named(config["DestinationConfig"]["OnFailure"]["Destination"]) == (
            "ScheduleFailures.Arn"
        )


def test_there_is_always_a_poller_that_stands_by_and_each_ends_in_time(
    template: dict[str, Any], resources: Resources
) -> None:
    run = template["Parameters"]["PollerRunSeconds"]

    assert run["Default"] > 120, "one run listens, and another stands by"
    assert run["MaxValue"] + 5 < resources["PollerFunction"]["Properties"]["Timeout"]


def test_there_is_always_a_market_run_that_takes_over_and_each_ends_in_time(
    template: dict[str, Any], resources: Resources
) -> None:
    run = template["Parameters"]["MarketRunSeconds"]

    assert run["Default"] > 60 + 10, "the scheduler fires anywhere in its minute"
    assert run["MaxValue"] + 5 <= resources["MarketFunction"]["Properties"]["Timeout"]


def test_there_is_always_a_run_that_looks_at_what_waits_and_each_ends_in_time(
    resources: Resources,
) -> None:
    waits = resources["WaitsFunction"]["Properties"]
    run_s = int(waits["Environment"]["Variables"]["RUN_SECONDS"])

    assert run_s > 60 + 10, "the scheduler fires anywhere in its minute"
    assert run_s + 12 <= waits["Timeout"]


@pytest.mark.parametrize(
    ("function", "rate_s"),
    [("Sweep", 60), ("Reconcile", 300), ("Records", 300), ("Connections", 300)],
)
def test_a_run_has_ended_when_the_next_one_starts(
    resources: Resources, function: str, rate_s: int
) -> None:
    assert resources[f"{function}Function"]["Properties"]["Timeout"] < rate_s
