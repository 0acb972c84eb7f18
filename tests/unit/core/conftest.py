"""A leader and one follower, before anything happened."""

import pytest

from tests.fakes import ModelVenue
from tests.fakes.scene import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def venue(scene: Scene) -> ModelVenue:
    """Where the scene's only follower trades."""
    return scene.follower()
