"""Exports from the request to the file, on moto: API, function and bucket."""

import csv
import io
import json
import urllib.parse
from collections.abc import Callable
from types import ModuleType
from typing import Any

import boto3
import pytest

from pilotfish.adapters import files
from pilotfish.clock import utc_ms
from tests.handlers.api.conftest import SETTINGS, Call, app, call, dynamodb
from tests.handlers.api.test_records import records
from tests.handlers.conftest import Load

__all__ = ["app", "call", "dynamodb", "records"]

Started = list[dict[str, str]]


class Context:
    """Fourteen minutes left, unless a test says otherwise."""

    def __init__(self, left_ms: int = 840_000) -> None:
        self._left_ms = left_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._left_ms


@pytest.fixture
def bucket(dynamodb: Any) -> Any:
    client = boto3.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket=SETTINGS["EXPORTS_BUCKET"], CreateBucketConfiguration=where)
    return client


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What the API has the function write."""
    from botocore.client import BaseClient

    asked: Started = []
    calls = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make(self: Any, operation: str, arguments: Any) -> Any:
        if operation != "Invoke":
            return calls(self, operation, arguments)
        assert arguments["InvocationType"] == "Event"
        asked.append(json.loads(arguments["Payload"]))
        return {"StatusCode": 202}

    monkeypatch.setattr(BaseClient, "_make_api_call", make)
    return asked


@pytest.fixture
def write(load: Load, started: Started, bucket: Any) -> Callable[..., Any]:
    """The function, as it was started last."""
    function: list[ModuleType] = []

    def run(context: Context | None = None) -> Any:
        if not function:
            function.append(load("exports"))
        return function[0].handler(started[-1], context or Context())

    return run


def fetched(bucket: Any, url: str) -> str:
    """What the link names, read with the rights of its owner."""
    path = urllib.parse.urlsplit(url)
    key = path.path.lstrip("/").removeprefix("exports/")
    body = bucket.get_object(Bucket="exports", Key=urllib.parse.unquote(key))["Body"].read()
    return str(body.decode())


def test_copies_as_csv(call: Call, records: Any, write: Any, started: Started, bucket: Any) -> None:
    asked = call("POST", "/exports", {"kind": "copies", "states": ["SKIPPED"]})
    assert (asked.status, asked.body["status"], asked.body["url"]) == (201, "running", None)
    name = asked.body["export_id"]
    assert started == [{"owner": "ada", "export_id": name}]
    assert write() == {"status": "done", "rows": 1, "size": write()["size"]}

    done = call("GET", f"/exports/{name}").body
    assert (done["status"], done["rows"]) == ("done", 1)
    assert 0 < done["url_expires_ms"] - utc_ms() <= 300_000
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(done["url"]).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["response-content-disposition"][0].startswith("attachment; filename=")
    [row] = csv.DictReader(io.StringIO(fetched(bucket, done["url"])))
    assert (row["state"], row["reason"], row["account_id"]) == ("SKIPPED", "halted", "ada-1")
    assert [each["export_id"] for each in call("GET", "/exports").body["exports"]] == [name]


def test_trades_as_json(call: Call, records: Any, write: Any, bucket: Any) -> None:
    name = call("POST", "/exports", {"kind": "trades", "format": "json"}).body["export_id"]
    write()
    rows = json.loads(fetched(bucket, call("GET", f"/exports/{name}").body["url"]))
    assert [(row["trade_id"], row["price"], row["history"]) for row in rows] == [
        ("t0", "100", False),
        ("t1", "100", False),
    ]


@pytest.mark.parametrize(("form", "content"), [("csv", "traded_ms,"), ("json", "[\n]\n")])
def test_nothing_is_a_file_too(
    call: Call, write: Any, bucket: Any, form: str, content: str
) -> None:
    asked = {"kind": "trades", "format": form}
    name = call("POST", "/exports", asked).body["export_id"]
    write()
    assert fetched(bucket, call("GET", f"/exports/{name}").body["url"]).startswith(content)


def test_another_s_export_and_account_are_not_there(
    call: Call, records: Any, write: Any, started: Started
) -> None:
    name = call("POST", "/exports", {"kind": "trades"}).body["export_id"]
    write()
    assert call("GET", f"/exports/{name}", user="ben").status == 404
    assert call("GET", "/exports", user="ben").body["exports"] == []
    theirs = {"kind": "trades", "account_id": "ben-1"}
    assert call("POST", "/exports", theirs).status == 404
    assert len(started) == 1


def test_three_at_a_time(call: Call, write: Any, started: Started) -> None:
    for _ in range(3):
        assert call("POST", "/exports", {"kind": "trades"}).status == 201
    assert call("POST", "/exports", {"kind": "trades"}).status == 409
    write()
    assert call("POST", "/exports", {"kind": "trades"}).status == 201


def test_too_much_for_one_file_says_what_to_do(call: Call, records: Any, write: Any) -> None:
    name = call("POST", "/exports", {"kind": "trades"}).body["export_id"]
    assert write(Context(0))["status"] == "failed"
    told = call("GET", f"/exports/{name}").body
    assert (told["status"], told["url"]) == ("failed", None)
    assert "narrow the period" in told["error"]


def test_a_file_of_many_parts(
    call: Call, records: Any, write: Any, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 takes no small parts but the last."""
    monkeypatch.setattr(files, "PART", 64)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)
    name = call("POST", "/exports", {"kind": "copies"}).body["export_id"]
    told = write()
    text = fetched(bucket, call("GET", f"/exports/{name}").body["url"])
    assert len(text.encode()) == told["size"]
    assert len([*csv.DictReader(io.StringIO(text))]) == told["rows"] == 3


def test_what_breaks_in_between_leaves_nothing(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PART", 4)

    def pieces() -> Any:
        yield from [b"1234", b"5678"]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.S3Files(bucket, "exports").write("ann/file", "text/csv", pieces())
    assert "Contents" not in bucket.list_objects_v2(Bucket="exports")
    assert "Uploads" not in bucket.list_multipart_uploads(Bucket="exports")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "secrets"},
        {"kind": "trades", "format": "xls"},
        {"kind": "trades", "since_ms": -1},
        {"kind": "copies", "states": ["LOST"]},
        {"kind": "copies", "search": "x" * 101},
    ],
)
def test_what_makes_no_sense(call: Call, started: Started, body: dict[str, Any]) -> None:
    assert call("POST", "/exports", body).status == 422
    assert started == []
