"""The template's own tables, laid into any moto DynamoDB that a client reaches."""

import copy
import inspect
import threading
from functools import cache
from pathlib import Path
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import Table, dynamodb_backends

from pilotfish_local.aws import template_yaml

TABLE = "AWS::DynamoDB::Table"
KEPT = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
_blank: dict[tuple[Path, str], dict[str, Table]] = {}


@cache
def _described(template: Path) -> dict[str, dict[str, Any]]:
    resources = template_yaml.load(template)["Resources"]
    return {
        logical_id: {
            name: resource["Properties"][name] for name in KEPT if name in resource["Properties"]
        }
        for logical_id, resource in resources.items()
        if resource["Type"] == TABLE
    }


def create_tables(client: Any, template: Path, prefix: str) -> dict[str, str]:
    """Create every table that the template describes; their names by logical id.

    They are asked of moto once in a region; after that it is given copies of what it made then,
    which share nothing with each other: thirty requests cost more than most tests.
    """
    region = client.meta.region_name
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][region].tables
    names = {logical_id: prefix + logical_id for logical_id in _described(template)}
    if (template, region) not in _blank:
        request_tables(client, template, prefix)
        made = {logical_id: tables[name] for logical_id, name in names.items()}
        _blank[template, region] = copy.deepcopy(made)
        return names
    for logical_id, table in copy.deepcopy(_blank[template, region]).items():
        table.name = names[logical_id]
        table.table_arn = table._generate_arn(table.name)
        assert table.name not in tables, f"there is a table {table.name} already"
        tables[table.name] = table
    return names


def request_tables(client: Any, template: Path, prefix: str) -> None:
    """Create the tables as AWS is asked to, one request for each."""
    for logical_id, properties in _described(template).items():
        client.create_table(TableName=prefix + logical_id, **properties)


class OneAtATime:
    """A client whose calls take turns: moto is not made for threads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._turn = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not inspect.ismethod(attribute):
            return attribute

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._turn:
                return attribute(*args, **kwargs)

        return call
