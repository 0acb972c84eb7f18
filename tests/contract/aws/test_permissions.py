"""With IAM enforced, a function of a template may do what its role says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotfish_local.aws.embedded import EmbeddedAws
from tests.contract.aws.conftest import Deployed, Workshop, aws_interpreter, eventually

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    Timeout: 10
    Handler: app.handler
    CodeUri: code/function
    Environment: {Variables: {OWN: !Ref Own, FOREIGN: !Ref Foreign}}
Resources:
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
  Own:
    Type: AWS::DynamoDB::Table
    Properties: &table
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Foreign: {Type: AWS::DynamoDB::Table, Properties: *table}
  Writer:
    Type: AWS::Serverless::Function
    Properties:
      Layers: [!Ref Layer]
      Policies:
        - Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Action: dynamodb:PutItem, Resource: !GetAtt Own.Arn}
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
            Action: "kms:*"
            Resource: "*"
  Sealer:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {KEY: !Ref Key}}
      Layers: [!Ref Layer]
      Policies:
        - Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: [kms:Encrypt, kms:Decrypt]
              Resource: !GetAtt Key.Arn
              Condition: {StringEquals: {"kms:EncryptionContext:purpose": venue-key}}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Stream:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Own.StreamArn, StartingPosition: TRIM_HORIZON}
"""

FUNCTION = """
import os

import boto3

def handler(event, context):
    if "Records" in event:
        print("RECORDS", len(event["Records"]))
        return
    import layered
    client = boto3.client("dynamodb")
    item = {"pk": {"S": layered.KEY}}
    if event["do"] == "put":
        client.put_item(TableName=os.environ[event["table"]], Item=item)
    if event["do"] == "seal":
        kms, context = boto3.client("kms"), event["context"]
        sealed = kms.encrypt(
            KeyId=os.environ["KEY"], Plaintext=b"secret", EncryptionContext=context
        )["CiphertextBlob"]
        return kms.decrypt(
            CiphertextBlob=sealed, KeyId=os.environ["KEY"], EncryptionContext=context
        )["Plaintext"].decode()
    if event["do"] == "scan":
        client.scan(TableName=os.environ[event["table"]])
    return "done"
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    state = tmp_path_factory.mktemp("guarded")
    with EmbeddedAws.start(interpreter=aws_interpreter(), state_dir=state, auth=True) as aws:
        yield aws


@pytest.fixture(scope="module")
def stack(guarded: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    workshop = Workshop(tmp_path_factory.mktemp("bundle"))
    workshop.write("layer/python/layered.py", "KEY = 'a'")
    return workshop.deploy(guarded, TEMPLATE, function=FUNCTION)


def test_a_function_writes_where_its_role_allows_and_the_stream_runs(stack: Deployed) -> None:
    assert stack.invoke("Writer", {"do": "put", "table": "OWN"}).payload == "done"
    eventually(lambda: "RECORDS 1" in stack.log("Reader"))


@pytest.mark.parametrize(("do", "table"), [("put", "FOREIGN"), ("scan", "OWN")])
def test_a_function_is_denied_what_its_role_does_not_allow(
    stack: Deployed, do: str, table: str
) -> None:
    payload = stack.invoke("Writer", {"do": do, "table": table}).payload
    assert payload["errorType"] == "ClientError"
    assert "AccessDeniedException" in payload["errorMessage"]


def test_a_condition_on_the_encryption_context_decides(stack: Deployed) -> None:
    ours = {"purpose": "venue-key", "account": "a"}
    assert stack.invoke("Sealer", {"do": "seal", "context": ours}).payload == "secret"
    for context in ({"purpose": "other"}, {}):
        payload = stack.invoke("Sealer", {"do": "seal", "context": context}).payload
        assert "AccessDenied" in payload["errorMessage"]


def test_unrepaired_such_a_condition_always_denies(workshop: Workshop, tmp_path: Path) -> None:
    workshop.write("layer/python/layered.py", "KEY = 'a'")
    with EmbeddedAws.start(
        interpreter=aws_interpreter(),
        state_dir=tmp_path / "aws",
        auth=True,
        without_repairs=["encryption_context_conditions"],
    ) as aws:
        stack = workshop.deploy(aws, TEMPLATE, function=FUNCTION)
        payload = stack.invoke(
            "Sealer", {"do": "seal", "context": {"purpose": "venue-key"}}
        ).payload
        assert "AccessDenied" in payload["errorMessage"]
