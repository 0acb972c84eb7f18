"""`pilotfish clients`: who is connected to the WebSocket, and how telling them goes."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from pilotfish.clock import utc_ms
from pilotfish.domain.viewers import Session
from pilotfish.usecases.watch_over import LONGEST_MS
from pilotfish_local.cli.console import print_json
from pilotfish_local.cli.deployed import LOCAL_STACK, Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.history import AsJson, Stack

NAMESPACE = "Pilotfish"
# Metric, statistic, and what it is called here.
FIGURES = (
    ("MessagesTold", "Sum", "messages told"),
    ("FramesPosted", "Sum", "frames posted"),
    ("FramesDropped", "Sum", "frames dropped"),
    ("EventToPost", "Average", "event to post, average ms"),
    ("EventToPost", "Maximum", "event to post, longest ms"),
    ("StatesPosted", "Sum", "frames of prices and positions"),
    ("StatesDropped", "Sum", "of those dropped"),
    ("SessionsEnded", "Sum", "sessions ended"),
)


def clients(
    minutes: Annotated[int, typer.Option(min=1, help="Figures of the last so many minutes.")] = 60,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Connected clients and their subscriptions; posts, drops and lag."""
    with aws_errors_as_exit_codes():
        deployed = Deployed.find(stack)
        sessions = _sessions(deployed)
        topics = _listened_to(deployed)
        figures = _figures(deployed, stack, minutes)
    if as_json:
        print_json({"sessions": sessions, "topics": topics, "figures": figures})
        return
    users = {session.viewer.user for session in sessions}
    listening = sum(session.subscriptions for session in sessions)
    typer.echo(f"{len(sessions):,} clients of {len(users):,} users, {listening:,} subscriptions")
    for family, count in sorted(topics.items()):
        typer.echo(f"    {family}: {count:,} demanded")
    typer.echo(f"in the last {minutes} minutes:")
    for name, value in figures.items():
        typer.echo(f"    {name}: {value:,.0f}")


def _sessions(deployed: Deployed) -> list[Session]:
    from pilotfish.adapters.dynamo.sessions import DynamoSessions

    client, table = deployed.client("dynamodb"), deployed.outputs["ConnectionsTableName"]
    now_ms = utc_ms()
    every = DynamoSessions(client, table).all()
    return [each for each in every if now_ms - each.since_ms < LONGEST_MS]


def _listened_to(deployed: Deployed) -> dict[str, int]:
    """States that are looked after, by family: `price_updates`, `positions` …"""
    from pilotfish.adapters.dynamo.connections import DynamoConnections
    from pilotfish.domain.channels import channel_of, parse_channel

    client, table = deployed.client("dynamodb"), deployed.outputs["ConnectionsTableName"]
    demanded = DynamoConnections(client, table, utc_ms).demanded()
    return dict(Counter(parse_channel(channel_of(topic)).family for topic in demanded))


def _figures(deployed: Deployed, stack: str | None, minutes: int) -> dict[str, float]:
    """What the functions measured, without a user in it."""
    now = datetime.now(UTC)
    read: Callable[..., Any] = deployed.client("cloudwatch").get_metric_statistics
    found = {}
    for metric, statistic, name in FIGURES:
        points = read(
            Namespace=NAMESPACE,
            MetricName=metric,
            Dimensions=[{"Name": "service", "Value": stack or LOCAL_STACK}],
            StartTime=now - timedelta(minutes=minutes),
            EndTime=now + timedelta(minutes=1),
            Period=60 * minutes,
            Statistics=[statistic],
        )["Datapoints"]
        if points:
            found[name] = _together(statistic, [point[statistic] for point in points])
    return found


def _together(statistic: str, values: list[float]) -> float:
    if statistic == "Sum":
        return sum(values)
    return max(values) if statistic == "Maximum" else sum(values) / len(values)
