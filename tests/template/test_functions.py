"""Functions: code, environment, logs and limits."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from pilotfish import settings
from pilotfish.usecases.sweep import PATIENCE_MS
from tests.template.expansion import ROOT, Resources, function_of, named, of_type

SETTINGS: dict[str, type[settings.Settings]] = {
    "Poller": settings.PollerSettings,
    "Mapper": settings.MapperSettings,
    "Executor": settings.ExecutorSettings,
    "Retry": settings.ExecutorSettings,
    "ExitSync": settings.ExitSyncSettings,
    "Replay": settings.ReplaySettings,
    "Follow": settings.FollowSettings,
    "Reconcile": settings.ReconcileSettings,
    "Records": settings.RecordsSettings,
    "Wallets": settings.WalletsSettings,
    "Connections": settings.ConnectionsSettings,
    "Review": settings.ReviewSettings,
    "Sweep": settings.SweepSettings,
    "Exports": settings.ExportsSettings,
    "History": settings.HistorySettings,
    "HistorySync": settings.HistorySyncSettings,
    "Instruments": settings.InstrumentsSettings,
    "Broadcaster": settings.BroadcasterSettings,
    "Authorizer": settings.AuthorizerSettings,
    "Api": settings.ApiSettings,
    "Socket": settings.SocketSettings,
    "Market": settings.MarketSettings,
    "Waits": settings.WaitsSettings,
}
TALKS_TO_VENUES = {
    "Poller",
    "Executor",
    "Retry",
    "Replay",
    "Reconcile",
    "Wallets",
    "Connections",
    "HistorySync",
    "Instruments",
    "Market",
    "Waits",
}


def environment(resources: Resources, function: str) -> dict[str, Any]:
    variables: dict[str, Any] = resources[f"{function}Function"]["Properties"]["Environment"][
        "Variables"
    ]
    return variables


def test_every_folder_of_functions_is_deployed(template: dict[str, Any]) -> None:
    code = {
        name: resource["Properties"]["CodeUri"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}

    assert {name: f"functions/{function_of(name)}" for name in code} == code
    assert {function_of(name) for name in code} == folders


def test_runtime(resources: Resources) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == ["arm64"], name
        assert function["Handler"] == "app.handler", name


@pytest.mark.parametrize("function", SETTINGS)
def test_a_function_finds_its_settings(resources: Resources, function: str) -> None:
    needed = {field.name.upper() for field in fields(SETTINGS[function])}

    assert needed <= set(environment(resources, function))


@pytest.mark.parametrize("function", SETTINGS)
def test_a_table_s_variable_names_that_table(resources: Resources, function: str) -> None:
    for variable, value in environment(resources, function).items():
        if variable.endswith("_TABLE"):
            words = variable.removesuffix("_TABLE").split("_")
            assert value == {"Ref": "".join(word.title() for word in words) + "Table"}


def test_the_key_is_named_to_those_who_may_use_it(resources: Resources) -> None:
    knowing = {name for name in SETTINGS if "KEY_ID" in environment(resources, name)}

    assert knowing == TALKS_TO_VENUES - {"Instruments", "Market", "Waits"} | {"Api"}


def test_the_retry_function_knows_its_state_machine_by_name(resources: Resources) -> None:
    machine = resources["RetryOrder"]["Properties"]
    arn = named(environment(resources, "Retry")["RETRY_ORDER_ARN"])

    assert arn.endswith(":stateMachine:" + named(machine["StateMachineName"]))


@pytest.mark.parametrize("function", SETTINGS)
def test_layers(resources: Resources, function: str) -> None:
    layers = resources[f"{function}Function"]["Properties"]["Layers"]
    names = {named(layer)[: len("CoreLayer")] for layer in layers}

    assert len(layers) == len(names)
    assert names == ({"CoreLayer", "VenueLaye"} if function in TALKS_TO_VENUES else {"CoreLayer"})


def test_every_function_has_a_log_group_with_retention(resources: Resources) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")

    for group in groups.values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        own = named(function["LoggingConfig"]["LogGroup"])
        assert own == name.removesuffix("Function") + "Logs"
        assert own in groups


def test_no_function_logs_what_it_is_sent(resources: Resources) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        assert not {"POWERTOOLS_LOGGER_LOG_EVENT", "POWERTOOLS_DEV"} & set(variables), name


def test_every_function_is_traced(resources: Resources) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["TracingConfig"] == {"Mode": "Active"}, name


@pytest.mark.parametrize("function", ["Mapper", "Executor"])
def test_a_healthy_worker_has_ended_before_the_sweep_looks(
    resources: Resources, function: str
) -> None:
    timeout_s = resources[f"{function}Function"]["Properties"]["Timeout"]

    assert timeout_s * 1000 < PATIENCE_MS
