"""docs/asyncapi.yaml keeps to AsyncAPI 3.0: members of each of its objects, and where they lead."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from scripts.asyncapi import TARGET

COMMON = {"title", "summary", "description", "tags", "externalDocs", "bindings"}
# By kind of object: members that it has to have, and those that it may.
MEMBERS: Mapping[str, tuple[set[str], set[str]]] = {
    "document": (
        {"asyncapi", "info"},
        {"id", "servers", "defaultContentType", "channels", "operations", "components"},
    ),
    "info": (
        {"title", "version"},
        {"description", "termsOfService", "contact", "license", "tags", "externalDocs"},
    ),
    "server": (
        {"host", "protocol"},
        COMMON | {"protocolVersion", "pathname", "variables", "security"},
    ),
    "variable": (set(), {"enum", "default", "description", "examples"}),
    "channel": (set(), COMMON | {"address", "messages", "servers", "parameters"}),
    "ws": (set(), {"method", "query", "headers", "bindingVersion"}),
    "operation": (
        {"action", "channel"},
        COMMON | {"security", "traits", "messages", "reply"},
    ),
    "reply": (set(), {"address", "channel", "messages"}),
    "message": (
        set(),
        COMMON
        | {"headers", "payload", "correlationId", "contentType", "name", "examples", "traits"},
    ),
    "httpApiKey": ({"type", "name", "in"}, {"description"}),
    "http": ({"type", "scheme"}, {"description", "bearerFormat"}),
    "components": (
        set(),
        {"schemas", "servers", "channels", "operations", "messages", "securitySchemes", "replies"},
    ),
}
KEY = re.compile(r"[A-Za-z0-9._-]+")


@pytest.fixture(scope="module")
def written() -> Any:
    return yaml.safe_load(TARGET.read_text())


def objects(written: Any) -> Iterator[tuple[str, str, Any]]:
    """The kind, place and members of each object that the specification names."""
    yield "document", "", written
    yield "info", "info", written["info"]
    yield "components", "components", written["components"]
    for name, server in written["servers"].items():
        yield "server", name, server
        for each, variable in server["variables"].items():
            yield "variable", f"{name}.{each}", variable
    for name, channel in written["channels"].items():
        yield "channel", name, channel
        yield "ws", name, channel["bindings"]["ws"]
    for name, operation in written["operations"].items():
        yield "operation", name, operation
        if "reply" in operation:
            yield "reply", name, operation["reply"]
    for name, message in written["components"]["messages"].items():
        yield "message", name, message
    for name, scheme in written["components"]["securitySchemes"].items():
        yield scheme["type"], name, scheme


def faults(written: Any) -> list[str]:
    """What an AsyncAPI 3.0 linter would complain of."""
    found = []
    for kind, place, members in objects(written):
        needed, allowed = MEMBERS[kind]
        found += [f"{kind} {place} lacks {name}" for name in needed - members.keys()]
        found += [f"{kind} {place} has {name}" for name in members.keys() - needed - allowed]
    for server in written["servers"].values():
        named = set(re.findall(r"\{(\w+)\}", server["host"] + server.get("pathname", "")))
        found += [f"variable {name}" for name in named ^ server["variables"].keys()]
    for part in ("servers", "channels", "operations", *written["components"]):
        of = written.get(part) or written["components"][part]
        found += [f"key {name}" for name in of if not KEY.fullmatch(name)]
    return [*found, *_unled(written)]


def _unled(written: Any) -> Iterator[str]:
    """Operations send and receive messages of their channel, and of those none is left over."""
    used = set()
    for name, operation in written["operations"].items():
        if operation["action"] not in ("send", "receive"):
            yield f"{name} {operation['action']}"
        for part in (operation, operation.get("reply", {"messages": []})):
            place = part.get("channel", operation["channel"])["$ref"]
            used |= {message["$ref"] for message in part["messages"]}
            yield from (
                f"{name}: {message['$ref']}"
                for message in part["messages"]
                if not message["$ref"].startswith(f"{place}/messages/")
            )
    for name, channel in written["channels"].items():
        there = {f"#/channels/{name}/messages/{each}" for each in channel["messages"]}
        yield from sorted(there ^ {ref for ref in used if ref.startswith(f"#/channels/{name}/")})


def test_it_has_no_faults(written: Any) -> None:
    assert written["asyncapi"] == "3.0.0"
    assert re.fullmatch(r"\d+\.\d+\.\d+", written["info"]["version"])
    assert faults(written) == []


def test_every_schema_is_one(written: Any) -> None:
    for schema in written["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)
    for channel in written["channels"].values():
        query = channel["bindings"]["ws"]["query"]
        Draft7Validator.check_schema(query)
        assert query["type"] == "object"
        assert query["properties"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("info", "title"), None),
        (("operations", "ping", "action"), "publish"),
        (("operations", "ping", "message"), {}),
        (("operations", "ping", "messages"), [{"$ref": "#/components/messages/Ping"}]),
        (("channels", "live", "messages", "Extra"), {"$ref": "#/components/messages/Ping"}),
        (("servers", "aws", "url"), "wss://x"),
        (("servers", "aws", "variables", "stage"), {}),
        (("components", "messages", "Ping", "body"), {}),
        (("components", "securitySchemes", "ticket", "in"), None),
    ],
)
def test_each_fault_is_found(path: tuple[str, ...], value: object) -> None:
    broken = yaml.safe_load(TARGET.read_text())
    *places, last = path
    at = broken
    for place in places:
        at = at[place]
    if value is None:
        del at[last]
    else:
        at[last] = value
    assert faults(broken)
