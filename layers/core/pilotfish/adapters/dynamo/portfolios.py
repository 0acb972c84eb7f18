"""PortfoliosTable: a user's groups of accounts."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.documents import document, from_document
from pilotfish.adapters.dynamo.items import Item, failed_condition, n, s
from pilotfish.domain.portfolios import Portfolio

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoPortfolios:
    """One item for each, in its owner's partition."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def of_owner(self, owner: str) -> list[Portfolio]:
        """In the order of their ids."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :owner",
            ExpressionAttributeValues={":owner": s(owner)},
            ConsistentRead=True,
        )
        return [_decode(item) for page in pages for item in page["Items"]]

    def get(self, owner: str, portfolio_id: str) -> Portfolio | None:
        """None when there is none of that name, or it is somebody else's."""
        item = self._client.get_item(
            TableName=self._table, Key=_key(owner, portfolio_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else _decode(item)

    def save(self, portfolio: Portfolio) -> bool:
        """Write the next revision; False when the stored one is not the one before it."""
        item = {
            **_key(portfolio.owner, portfolio.portfolio_id),
            "revision": n(portfolio.revision),
            "document": s(document(portfolio)),
        }
        condition: Any = {"ConditionExpression": "attribute_not_exists(pk)"}
        if portfolio.revision > 1:
            condition = _at(portfolio.revision - 1)
        return self._done("put_item", Item=item, **condition)

    def delete(self, owner: str, portfolio_id: str, revision: int) -> bool:
        """False when it is not at that revision."""
        return self._done("delete_item", Key=_key(owner, portfolio_id), **_at(revision))

    def _done(self, call: str, **request: Any) -> bool:
        try:
            getattr(self._client, call)(TableName=self._table, **request)
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True


def _at(revision: int) -> dict[str, Any]:
    return {
        "ConditionExpression": "revision = :before",
        "ExpressionAttributeValues": {":before": n(revision)},
    }


def _key(owner: str, portfolio_id: str) -> Item:
    return {"pk": s(owner), "sk": s(portfolio_id)}


def _decode(item: Any) -> Portfolio:
    return from_document(Portfolio, item["document"]["S"])
