"""The template, read and expanded once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template import expansion
from tests.template.expansion import Resources


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return expansion.written()


@pytest.fixture(scope="session")
def resources() -> Resources:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return expansion.expanded()
