"""Lambda tells a mapping's OnFailure destination which records of a stream it discarded."""

from __future__ import annotations

import json
import os
import uuid
from datetime import UTC, datetime
from typing import Any

from ministack.services.dynamodb_streams import _DEFAULT_SHARD_ID as SHARD

from pilotfish_local.aws.repairs.stream_batches import Discarded, created


def invocation_record(
    discarded: Discarded, stream_arn: str, function_arn: str, now: datetime
) -> dict[str, Any]:
    """What AWS sends: where the records lie in the stream, not the records themselves."""
    first, last = discarded.records[0], discarded.records[-1]
    response = {"statusCode": 200, "executedVersion": "$LATEST"}
    if discarded.failed:
        response["functionError"] = "Unhandled"
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": function_arn,
            "condition": discarded.condition,
            "approximateInvokeCount": discarded.invocations,
        },
        "responseContext": response,
        "version": "1.0",
        "timestamp": _time(now),
        "DDBStreamBatchInfo": {
            "shardId": SHARD,
            "startSequenceNumber": first["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": last["dynamodb"]["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _arrival(created(first)),
            "approximateArrivalOfLastRecord": _arrival(created(last)),
            "batchSize": len(discarded.records),
            "streamArn": stream_arn,
        },
    }


def send(destination_arn: str, record: dict[str, Any]) -> None:
    """Put the record into the SQS queue or SNS topic, through the emulator's own API."""
    import boto3

    sdk: Any = boto3
    _, _, service, region, account, resource = destination_arn.split(":", 5)
    endpoint = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    client = sdk.client(service, endpoint_url=endpoint, region_name=region)
    body = json.dumps(record)
    if service == "sqs":
        url = client.get_queue_url(QueueName=resource, QueueOwnerAWSAccountId=account)["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=body)
    elif service == "sns":
        client.publish(TopicArn=destination_arn, Message=body)
    else:
        raise ValueError(f"no OnFailure destination of a stream: {destination_arn}")


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _arrival(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
