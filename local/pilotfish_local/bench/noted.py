"""What stores would write, noted instead: so that it can be loaded by another way."""

from collections.abc import Iterator
from typing import Any


class Noted:
    """A client of DynamoDB as far as items are put with it; conditions are taken to hold."""

    def __init__(self) -> None:
        self._items: dict[str, list[Any]] = {}

    def put_item(self, **asked: Any) -> None:
        self._items.setdefault(asked["TableName"], []).append(asked["Item"])

    def transact_write_items(self, *, TransactItems: list[Any]) -> None:  # noqa: N803
        for item in TransactItems:
            self.put_item(**item["Put"])

    def taken(self) -> Iterator[tuple[str, list[Any]]]:
        """The items of each table, once."""
        noted, self._items = self._items, {}
        yield from noted.items()
