"""The samples in events/: each is for a function, has the shape AWS sends, and tells one story."""

from __future__ import annotations

from typing import Any

import pytest

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.adapters.dynamo.images import news_from_image
from pilotfish.adapters.dynamo.order_items import order_from_item, order_to_item
from pilotfish.domain.orders import State
from tests.template.expansion import EVENTS, Resources, function_of, of_type, sample_events

STREAM_FUNCTIONS = ("mapper", "executor", "broadcaster")
TYPES = {"S", "N", "BOOL", "L", "M", "B", "NULL"}


def stream_records() -> list[Any]:
    return [
        pytest.param(record, id=f"{function}-{case}-{number}")
        for function in STREAM_FUNCTIONS
        for case, event in sample_events(function).items()
        for number, record in enumerate(event["Records"])
    ]


def socket_events() -> list[Any]:
    """Those of the gateway; who polls comes from the API."""
    return [
        pytest.param(event, id=f"{function}-{case}")
        for function in ("socket", "authorizer")
        for case, event in sample_events(function).items()
        if "polled" not in event
    ]


def is_fill(record: dict[str, Any]) -> bool:
    return "trade_id" in record["dynamodb"]["NewImage"]


def is_order(record: dict[str, Any]) -> bool:
    return "order" in record["dynamodb"]["NewImage"]


def test_every_sample_is_for_a_function_and_every_function_has_one(resources: Resources) -> None:
    functions = {function_of(name) for name in of_type(resources, "AWS::Lambda::Function")}

    assert {path.name for path in EVENTS.iterdir()} == functions
    assert all(sample_events(function) for function in functions)


def test_every_state_of_an_order_is_shown() -> None:
    shown = {
        record["dynamodb"]["NewImage"]["state"]["S"]
        for event in sample_events("broadcaster").values()
        for record in event["Records"]
        if is_order(record)
    }

    assert shown == set(State)


def test_every_venue_and_side_of_a_position_is_shown() -> None:
    images = [
        record["dynamodb"]["NewImage"]
        for event in sample_events("mapper").values()
        for record in event["Records"]
    ]

    assert {image["venue"]["S"] for image in images} == {"binance", "binanceusdm", "delta"}
    assert {image["position_side"]["S"] for image in images} >= {"net", "short"}


@pytest.mark.parametrize("record", stream_records())
def test_a_stream_record_has_the_shape_of_dynamodb(record: dict[str, Any]) -> None:
    change = record["dynamodb"]

    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventName"] in ("INSERT", "MODIFY")
    assert len(record["eventID"]) == 32
    assert record["eventSourceARN"].startswith("arn:aws:dynamodb:")
    assert change["SequenceNumber"].isdigit()
    assert change["StreamViewType"] == "NEW_IMAGE"
    assert isinstance(change["ApproximateCreationDateTime"], int)
    assert change["Keys"] == {key: change["NewImage"][key] for key in ("pk", "sk")}
    for value in change["NewImage"].values():
        assert set(value) <= TYPES
        assert len(value) == 1


@pytest.mark.parametrize("function", STREAM_FUNCTIONS)
def test_sequence_numbers_grow_within_a_batch(function: str) -> None:
    for event in sample_events(function).values():
        numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in event["Records"]]
        assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("record", stream_records())
def test_an_image_is_what_the_table_holds(record: dict[str, Any]) -> None:
    image = record["dynamodb"]["NewImage"]
    if is_fill(record):
        assert image["sk"]["S"] == fill_from_item(image).fill_id
        assert image["undecided"] == {"S": "1"}
        return
    if not is_order(record):
        assert news_from_image(image), "an alert, or a change of a back-fill"
        return
    order = order_from_item(image)
    assert image["sk"]["S"] == order.order_key
    assert image["client_order_id"]["S"] == order.client_order_id
    assert ("open" in image) is not order.state.terminal
    assert len(order.history) == order.revision + 1
    assert order.history[-1].state == order.state
    assert image["moved_ms"] == {"N": str(order.history[-1].at_ms)}
    assert order_to_item(order) == image


@pytest.mark.parametrize("event", socket_events())
def test_a_socket_event_names_its_connection(event: dict[str, Any]) -> None:
    context = event["requestContext"]

    assert context["routeKey"] in ("$connect", "$disconnect", "$default")
    assert context["connectionId"]
    assert context["stage"] == "live"
    if context["eventType"] == "CONNECT":
        assert set(event["queryStringParameters"]) <= {"ticket", "channels"}


def test_nothing_that_opens_a_door_is_in_a_sample() -> None:
    for path in EVENTS.glob("*/*.json"):
        words = set(path.read_text().split('"'))
        assert not {"sealed_key", "api_key", "secret", "password"} & words, path
