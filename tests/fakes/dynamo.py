"""The template's own tables, laid into any DynamoDB that a client reaches."""

import inspect
import threading
from functools import cache
from pathlib import Path
from typing import Any

from pilotfish_local.aws import template_yaml

TABLE = "AWS::DynamoDB::Table"
KEPT = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


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
    """Create every table that the template describes; their names by logical id."""
    names = {}
    for logical_id, properties in _described(template).items():
        names[logical_id] = prefix + logical_id
        client.create_table(TableName=names[logical_id], **properties)
    return names


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
