"""What is still to be done for some leaders, by our own tables and state machines."""

from collections.abc import Collection, Sequence
from typing import Any

from pilotfish.domain.orders import State
from pilotfish_local.local_stack import LocalStack

Item = dict[str, Any]


def untried(local: LocalStack, leaders: Sequence[str], fills: int) -> int:
    """Fills that are not written or not decided, and orders that no worker has taken."""
    unwritten = fills - sum(_written(local, leader) for leader in leaders)
    orders = [order for order in _open(local, leaders) if order["state"]["S"] == State.PLANNED]
    return unwritten + len(_undecided(local, leaders)) + len(orders)


def under_way(local: LocalStack, leaders: Sequence[str]) -> int:
    """Fills that are not decided and orders that are not at their end."""
    return len(_undecided(local, leaders)) + len(_open(local, leaders))


def sagas(local: LocalStack) -> int:
    """Executions of the stack's state machines that go on."""
    client = local.aws.client("stepfunctions")
    machines = [arn for arn in local.stack.resources.values() if ":stateMachine:" in arn]
    return sum(
        len(client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"])
        for arn in machines
    )


def _written(local: LocalStack, leader: str) -> int:
    pages = local.aws.client("dynamodb").get_paginator("query")
    found = pages.paginate(
        TableName=local.name("FillsTable"),
        Select="COUNT",
        KeyConditionExpression="pk = :leader",
        ExpressionAttributeValues={":leader": {"S": leader}},
    )
    return sum(page["Count"] for page in found)


def _undecided(local: LocalStack, leaders: Collection[str]) -> list[Item]:
    return [i for i in _indexed(local, "FillsTable", "undecided") if i["pk"]["S"] in leaders]


def _open(local: LocalStack, leaders: Collection[str]) -> list[Item]:
    return [i for i in _indexed(local, "CopyOrdersTable", "open") if i["leader_id"]["S"] in leaders]


def _indexed(local: LocalStack, table: str, index: str) -> list[Item]:
    """The items of a sparse index."""
    pages = local.aws.client("dynamodb").get_paginator("query")
    found = pages.paginate(
        TableName=local.name(table),
        IndexName=index,
        KeyConditionExpression="#index = :one",
        ExpressionAttributeNames={"#index": index},
        ExpressionAttributeValues={":one": {"S": "1"}},
    )
    return [item for page in found for item in page["Items"]]
