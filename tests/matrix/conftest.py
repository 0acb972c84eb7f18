"""Marks the suite, and prints the table of its cells when the run is over."""

from collections.abc import Callable, Iterator

import pytest

from tests.matrix.table import Table


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/matrix/" in str(item.path):
            item.add_marker("faults")


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config, closing_line: Callable[[str], None]) -> Iterator[Table]:
    cells = Table()
    yield cells
    for line in cells.lines():
        closing_line(line)
