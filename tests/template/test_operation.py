"""What an operator sees: parameters, alarms, the dashboard, outputs."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from tests.template.expansion import ROOT, Resources, named, of_type


def metrics(resources: Resources) -> set[tuple[str, str, str]]:
    """Namespace, metric and subject of every alarm."""
    return {
        (alarm["Namespace"], alarm["MetricName"], named(dimension["Value"]))
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
    }


def test_every_parameter_says_what_it_is_for(template: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        assert "Default" in parameter, name


def test_every_parameter_is_in_a_group(template: dict[str, Any]) -> None:
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert {name for group in groups for name in group["Parameters"]} == set(template["Parameters"])


def test_the_endpoints_of_venues_come_from_the_deployment_alone(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["VENUE_ENDPOINTS"] == {"Ref": "VenueEndpoints"}
    assert template["Parameters"]["VenueEndpoints"]["Default"] == ""


def test_whatever_was_given_up_raises_an_alarm(resources: Resources) -> None:
    queues = {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", f"{queue}.QueueName")
        for queue in of_type(resources, "AWS::SQS::Queue")
    }

    assert queues <= metrics(resources)


def test_whoever_falls_behind_raises_an_alarm(resources: Resources) -> None:
    readers = {
        ("AWS/Lambda", "IteratorAge", named(mapping["FunctionName"]))
        for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    }

    assert readers <= metrics(resources)


def test_what_needs_a_person_raises_an_alarm(resources: Resources) -> None:
    assert ("AWS/States", "ExecutionsFailed", "RetryOrder") in metrics(resources)
    assert ("AWS/States", "ExecutionsFailed", "HistorySync") in metrics(resources)
    assert ("AWS/Lambda", "Errors", "ExecutorFunction") in metrics(resources)
    assert ("Pilotfish", "ManualOrders", "AWS::StackName") in metrics(resources)
    assert ("Pilotfish", "DriftedPositions", "AWS::StackName") in metrics(resources)
    assert ("Pilotfish", "AsideReports", "AWS::StackName") in metrics(resources)


def test_the_metric_of_manual_orders_is_that_of_the_functions(resources: Resources) -> None:
    (dimension,) = resources["ManualOrdersAlarm"]["Properties"]["Dimensions"]

    assert dimension["Name"] == "service"
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == dimension["Value"], name
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Pilotfish", name


def test_alarms_tell_someone_when_there_is_someone(resources: Resources) -> None:
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"]["Fn::If"][:2] == ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}]]
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_the_dashboard_is_json_about_resources_that_exist(resources: Resources) -> None:
    body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    named_there = {name.split(".")[0] for name in re.findall(r"\$\{([^}:]+)\}", body)}

    assert named_there <= set(resources)
    assert json.loads(body)["widgets"]


def test_outputs_name_every_table_function_and_queue(
    template: dict[str, Any], resources: Resources
) -> None:
    kinds = ("AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::SQS::Queue")
    wanted = {name for kind in kinds for name in of_type(resources, kind)}
    values = {named(output["Value"]) for output in template["Outputs"].values()}

    assert wanted | {"RetryOrder", "Dashboard", "SealingKey.Arn"} <= values


def test_sam_may_do_what_the_template_needs() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    deploys = [each["deploy"]["parameters"] for name, each in config.items() if name != "version"]

    assert len(deploys) == 2
    for parameters in deploys:
        assert set(parameters["capabilities"]) == {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}
