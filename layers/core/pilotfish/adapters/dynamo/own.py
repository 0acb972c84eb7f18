"""What is a user's own: accounts, follows, and what happened on them."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.adapters.dynamo.items import readable, s
from pilotfish.adapters.dynamo.order_items import order_from_item
from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BY_OWNER = "by_owner"
PAGE = 100


class DynamoOwn:
    """Reads only. Periods are of sort keys, which begin with the time of the leader's trade."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        accounts_table: str,
        follows_table: str,
        fills_table: str = "",
        copy_orders_table: str = "",
    ) -> None:
        self._client = client
        self._accounts_table = accounts_table
        self._follows_table = follows_table
        self._fills_table = fills_table
        self._copy_orders_table = copy_orders_table

    def accounts(self, user: str) -> list[str]:
        """Account ids, of what was connected a moment ago at the latest."""
        return [item["pk"]["S"] for item in self._of_owner(self._accounts_table, user)]

    def follows(self, user: str) -> list[str]:
        """Ids of follows, stopped ones too."""
        return [item["sk"]["S"] for item in self._of_owner(self._follows_table, user)]

    def fills(
        self, account_id: str, since: str, until: str, limit: int | None, *, newest: bool
    ) -> list[Fill]:
        """An account's fills, back-filled ones too, in the order that is asked for."""
        items = self._between(self._fills_table, account_id, since, until, newest=newest)
        return readable(islice(items, limit), fill_from_item)

    def orders(
        self, follow_id: str, since: str, until: str, limit: int | None, *, newest: bool
    ) -> list[CopyOrder]:
        """A follow's copy orders, in the order that is asked for."""
        items = self._between(self._copy_orders_table, follow_id, since, until, newest=newest)
        return readable(islice(items, limit), order_from_item)

    def _of_owner(self, table: str, user: str) -> Iterator[Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=table,
            IndexName=BY_OWNER,
            KeyConditionExpression="#owner = :user",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":user": s(user)},
        )
        return (item for page in pages for item in page["Items"])

    def _between(
        self, table: str, key: str, since: str, until: str, *, newest: bool
    ) -> Iterator[Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="pk = :key AND sk BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":key": s(key),
                ":since": s(since),
                ":until": s(until),
            },
            ScanIndexForward=not newest,
            ConsistentRead=True,
            PaginationConfig={"PageSize": PAGE},
        )
        return (item for page in pages for item in page["Items"])
