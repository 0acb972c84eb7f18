"""Tables that are copied for a test are those that AWS would have made, and its own."""

from typing import Any

import pytest

from tests.contract.stores.conftest import TEMPLATE
from tests.fakes.dynamo import create_tables, request_tables


def _described(client: Any, name: str) -> Any:
    table = client.describe_table(TableName=name)["Table"]
    return {
        key: value for key, value in table.items() if key not in ("CreationDateTime", "TableId")
    }


def test_a_copied_table_is_what_a_request_makes(dynamodb: Any) -> None:
    copied, again = (create_tables(dynamodb, TEMPLATE, prefix) for prefix in ("one-", "two-"))
    assert copied.keys() == again.keys()
    request_tables(dynamodb, TEMPLATE, "req-")
    for logical_id, name in again.items():
        found, asked = _described(dynamodb, name), _described(dynamodb, f"req-{logical_id}")
        assert str(found).replace(name, f"req-{logical_id}") == str(asked)


def test_no_table_sees_what_is_written_to_another(dynamodb: Any) -> None:
    one, other = (create_tables(dynamodb, TEMPLATE, prefix) for prefix in ("left-", "right-"))
    item = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    dynamodb.put_item(TableName=one["FillsTable"], Item=item)
    assert dynamodb.get_item(TableName=one["FillsTable"], Key=item)["Item"] == item
    assert "Item" not in dynamodb.get_item(TableName=other["FillsTable"], Key=item)
    later = create_tables(dynamodb, TEMPLATE, "later-")
    assert "Item" not in dynamodb.get_item(TableName=later["FillsTable"], Key=item)


def test_a_name_is_given_once(dynamodb: Any) -> None:
    create_tables(dynamodb, TEMPLATE, "given-")
    with pytest.raises(AssertionError):
        create_tables(dynamodb, TEMPLATE, "given-")
