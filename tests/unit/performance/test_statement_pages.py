"""Where a page of statements begins, as DynamoDB is asked: within the list, whatever is forged.

It refuses a start outside of the keys that are asked for, which moto does not.
"""

from typing import Any

import pytest

from pilotfish.adapters.dynamo.fee_statements import DynamoFeeStatements
from pilotfish.domain.places import Place


class Asked:
    """A client that keeps what it is asked."""

    def query(self, **request: Any) -> dict[str, Any]:
        self.request = request
        return {"Items": []}


@pytest.mark.parametrize("month", ["", "2026-02"])
@pytest.mark.parametrize("sk", ["2026-02#f", "2099", "2020", "0", "~~", " ", "fees"])
def test_a_page_begins_within_the_list(month: str, sk: str) -> None:
    client: Any = Asked()
    DynamoFeeStatements(client, "T").owed_by("ada", month, Place("x", sk), 5)
    values = client.request["ExpressionAttributeValues"]
    start = client.request["ExclusiveStartKey"]
    assert values[":first"]["S"] <= start["sk"]["S"] <= values[":last"]["S"]
    assert start["pk"] == values[":place"] == {"S": "owed|ada"}, "nobody else's"
