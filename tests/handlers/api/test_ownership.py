"""A member sees and changes only what is theirs: every route is tried with another member's ids."""

from typing import Any

import pytest

from scripts.openapi import document
from tests.handlers.api.conftest import Call
from tests.handlers.api.theirs import BODIES, PUBLIC_IDS, THEIRS

ROUTES = [
    pytest.param(method, path, operation, id=f"{method} {path}")
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
]
WITH_IDS = [route for route in ROUTES if "{" in str(route.values[1])]


def test_every_route_with_an_id_is_tried() -> None:
    paths = {str(route.values[1]) for route in WITH_IDS}
    assert paths == set(THEIRS) | set(PUBLIC_IDS)


@pytest.mark.parametrize(("method", "path", "operation"), WITH_IDS)
def test_what_is_anothers_is_as_if_it_were_not_there(
    call: Call, dynamodb: Any, method: str, path: str, operation: dict[str, Any]
) -> None:
    if path in PUBLIC_IDS:
        pytest.skip(PUBLIC_IDS[path])
    ids = THEIRS[path](call, dynamodb)
    body = BODIES.get(f"{method} {path}")
    how = {"if_match": '"1"'}
    theirs = call(method.upper(), path.format(**ids), body, **how)
    nobodys = call(method.upper(), path.format(**dict.fromkeys(ids, "nobodys")), body, **how)
    assert theirs.status in (403, 404), theirs.text
    assert (theirs.status, theirs.text) == (nobodys.status, nobodys.text)


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES)
def test_no_route_is_open_to_nobody(
    call: Call, method: str, path: str, operation: dict[str, Any]
) -> None:
    if "security" not in operation:
        pytest.skip("public")
    ids = {part["name"]: "x" for part in operation.get("parameters", []) if part["in"] == "path"}
    body = {} if "requestBody" in operation else None
    assert call(method.upper(), path.format(**ids), body, user="").status in (401, 422)
