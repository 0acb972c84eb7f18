"""What runs on the embedded AWS, and what its tests play on."""

import pytest

from tests.stage import USDM_BTC, Scene, new_scene

__all__ = ["USDM_BTC", "Scene", "new_scene"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker("e2e")
