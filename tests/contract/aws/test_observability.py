"""CloudWatch sees what functions print and how often they run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pilotfish_local.aws.embedded import EmbeddedAws
from tests.contract.aws.conftest import Deployed, Workshop

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Counter:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code/counter, Handler: app.handler, Runtime: python3.13}
"""

COUNTER = """
import json

def handler(event, context):
    directive = {
        "Namespace": context.function_name,
        "Dimensions": [["service"], ["service", "venue"], []],
        "Metrics": [{"Name": "Copies", "Unit": "Count"}, {"Name": "Delay", "Unit": "Milliseconds"}],
    }
    for copies, delay in ((3, [10, 30]), ([1, 2], {"Values": [20, 40], "Counts": [2, 1]})):
        print(json.dumps({
            "_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]},
            "service": "executor", "venue": "delta", "Copies": copies, "Delay": delay,
        }))
    print('{"_aws": "not a metric"}')
"""


def statistics(stack: Deployed, metric: str, **dimensions: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    reply = stack.aws.client("cloudwatch").get_metric_statistics(
        Namespace=stack.physical("Counter"),
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7200,
        Statistics=["Sum", "SampleCount", "Maximum"],
    )
    points: list[dict[str, Any]] = reply["Datapoints"]
    return points[0] if points else {}


def test_metrics_in_log_lines_reach_cloudwatch(aws: EmbeddedAws, workshop: Workshop) -> None:
    stack = workshop.deploy(aws, TEMPLATE, counter=COUNTER)
    assert not stack.invoke("Counter").failed
    copies = statistics(stack, "Copies", service="executor", venue="delta")
    assert (copies["Sum"], copies["SampleCount"]) == (6, 3)
    delay = statistics(stack, "Delay", service="executor", venue="delta")
    assert (delay["Sum"], delay["SampleCount"], delay["Maximum"]) == (120, 5, 40)
    namespace = stack.physical("Counter")
    metrics = aws.client("cloudwatch").list_metrics(Namespace=namespace, MetricName="Copies")
    sets = sorted(sorted(d["Name"] for d in m["Dimensions"]) for m in metrics["Metrics"])
    assert sets == [[], ["service"], ["service", "venue"]]


def test_unrepaired_no_metric_is_made_of_a_log_line(
    unrepaired: Callable[[str], EmbeddedAws], workshop: Workshop
) -> None:
    stack = workshop.deploy(unrepaired("embedded_metrics"), TEMPLATE, counter=COUNTER)
    assert not stack.invoke("Counter").failed
    assert statistics(stack, "Copies") == {}
