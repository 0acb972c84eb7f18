"""Marks the suite; the running stack and the scene are those of the end-to-end tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/faults/" in str(item.path):
            item.add_marker("faults")
