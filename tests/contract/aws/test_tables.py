"""DynamoDB on the embedded AWS: what our adapters rely on, TTL deletes among it."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.error import HTTPError

import pytest

from pilotfish_local.aws.embedded import EmbeddedAws
from tests.contract.aws.conftest import Deployed, Workshop, eventually

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: pk, AttributeType: S}
        - {AttributeName: open, AttributeType: S}
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: open
          KeySchema: [{AttributeName: open, KeyType: HASH}]
          Projection: {ProjectionType: KEYS_ONLY}
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/reader
      Handler: app.handler
      Runtime: python3.13
      Events:
        Stream:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: TRIM_HORIZON}
"""

READER = """
import json

def handler(event, context):
    for record in event["Records"]:
        if record["eventName"] == "REMOVE":
            old = record["dynamodb"]["OldImage"]["pk"]["S"]
            print("REMOVED", json.dumps([old, record.get("userIdentity")]))
"""


def deploy(aws: EmbeddedAws, workshop: Workshop) -> Deployed:
    return workshop.deploy(aws, TEMPLATE, reader=READER)


def put(stack: Deployed, pk: str, **attributes: dict[str, str]) -> None:
    item = {"pk": {"S": pk}, **attributes}
    stack.aws.client("dynamodb").put_item(TableName=stack.physical("Table"), Item=item)


def removed(stack: Deployed) -> list[list[Any]]:
    lines = stack.log("Reader")
    return [json.loads(ln.split(" ", 1)[1]) for ln in lines if ln.startswith("REMOVED")]


def test_a_ttl_delete_is_a_remove_record_by_dynamodb(aws: EmbeddedAws, workshop: Workshop) -> None:
    stack = deploy(aws, workshop)
    now = int(time.time())
    put(stack, "due", expires={"N": str(now - 1)})
    put(stack, "not-due", expires={"N": str(now + 3600)})
    put(stack, "text", expires={"S": str(now - 1)})
    by_dynamodb = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert eventually(lambda: removed(stack)) == [["due", by_dynamodb]]
    left = aws.client("dynamodb").scan(TableName=stack.physical("Table"))["Items"]
    assert sorted(item["pk"]["S"] for item in left) == ["not-due", "text"]


def test_a_delete_by_a_user_names_no_service(aws: EmbeddedAws, workshop: Workshop) -> None:
    stack = deploy(aws, workshop)
    put(stack, "gone")
    key = {"pk": {"S": "gone"}}
    aws.client("dynamodb").delete_item(TableName=stack.physical("Table"), Key=key)
    assert eventually(lambda: removed(stack)) == [["gone", None]]


def test_a_cancelled_transaction_says_why_for_each_item(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(aws, workshop)
    put(stack, "taken", value={"S": "old"})
    table, client = stack.physical("Table"), aws.client("dynamodb")

    def new(pk: str, **more: str) -> dict[str, Any]:
        put = {"TableName": table, "Item": {"pk": {"S": pk}}, **more}
        return {"Put": {**put, "ConditionExpression": "attribute_not_exists(pk)"}}

    old = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=[new("free"), new("taken", **old)])
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"]["value"] == {"S": "old"}
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": "free"}})


def test_a_sparse_index_holds_only_items_that_have_its_key(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(aws, workshop)
    table, client = stack.physical("Table"), aws.client("dynamodb")
    put(stack, "open", open={"S": "y"})
    put(stack, "closed")
    put(stack, "closing", open={"S": "y"})
    client.update_item(
        TableName=table,
        Key={"pk": {"S": "closing"}},
        UpdateExpression="REMOVE #open",
        ExpressionAttributeNames={"#open": "open"},
    )
    found = client.query(
        TableName=table,
        IndexName="open",
        KeyConditionExpression="#open = :y",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":y": {"S": "y"}},
    )
    assert [item["pk"]["S"] for item in found["Items"]] == ["open"]


def test_what_is_loaded_past_the_api_is_found_by_its_key_and_in_its_index(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(aws, workshop)
    table, client = stack.physical("Table"), aws.client("dynamodb")
    put(stack, "put", open={"S": "yes"})
    items = [{"pk": {"S": f"loaded-{n}"}, "open": {"S": "yes"}} for n in range(3)]

    aws.load(table, items)
    found = client.query(
        TableName=table,
        IndexName="open",
        KeyConditionExpression="#open = :yes",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":yes": {"S": "yes"}},
    )
    client.update_item(
        TableName=table,
        Key={"pk": {"S": "loaded-1"}},
        UpdateExpression="SET #open = :no",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":no": {"S": "no"}},
    )

    names = {item["pk"]["S"] for item in found["Items"]}
    assert names == {"put", "loaded-0", "loaded-1", "loaded-2"}
    assert client.get_item(TableName=table, Key={"pk": {"S": "loaded-0"}})["Item"] == items[0]


def test_nothing_is_loaded_into_a_table_that_is_not_there(aws: EmbeddedAws) -> None:
    with pytest.raises(HTTPError, match="404"):
        aws.load("nowhere", [{"pk": {"S": "a"}}])
