"""What a person can mend is said in a line or two, with a conventional exit code."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotfish_local.cli import app, doctor, running_stack
from pilotfish_local.local_stack import NotBuilt

pytestmark = pytest.mark.usefixtures("nothing_starts")


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake is found before anything is started."""

    @contextmanager
    def refuse(**_: object) -> Iterator[None]:
        raise NotBuilt("not there yet: .build/layers. Run `make build` first.")
        yield

    for module in ("up", "demo", "running_stack"):
        monkeypatch.setattr(f"pilotfish_local.cli.{module}.started", refuse)


def _run(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, [*map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--leaders", "0"], "--leaders"),
        (["demo", "--followers", "0"], "--followers"),
        (["demo", "--fills", "many"], "--fills"),
        (["demo", "--pause", "-1"], "--pause"),
        (["demo", "--venue", "mtgox"], "binanceusdm"),
        (["demo", "--replay", "nofile"], "nofile"),
        (["up", "--replay", "nofile"], "nofile"),
        (["invoke"], "function"),
        (["dance"], "dance"),
    ],
)
def test_a_bad_option_is_exit_code_2(arguments: list[str], words: str) -> None:
    result = _run(*arguments)

    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("trades.csv", "1,61800.0,1,1,1723075200000,true", "BTCUSDT-trades"),
        ("XRPUSDT-trades.csv", "1,0.5,1,1,1723075200000,true", "lists no XRP"),
        ("SOLUSDT-trades.csv", "1,150.0,1,1,1723075200000,true", "BTC and ETH"),
        ("BTCUSDT-trades.csv", "", "holds no trade"),
        ("BTCUSDT-trades.csv", "id,price,qty\nx,y,z", "no recording"),
        ("BTCUSDT-trades.csv.gz", "not gzipped", "no recording"),
        ("spot_btcusdt.csv", "1,61800.0,1,1,1723075200000,true", "--venue binance"),
    ],
)
def test_a_recording_that_cannot_be_replayed_says_why(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    (tmp_path / name).write_text(text)

    result = _run("demo", "--replay", tmp_path / name)

    assert result.exit_code == 2
    assert words in result.stderr


def test_an_unknown_function_is_answered_with_the_known_ones() -> None:
    result = _run("invoke", "trader")

    assert result.exit_code == 64
    assert result.stderr.count("\n") == 1
    assert "no function trader" in result.stderr
    known = result.stderr.partition("there are ")[2].strip().split(", ")
    assert {"poller", "mapper", "executor", "retry", "sweep"} <= set(known)


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [(None, "no file", 66), ("{", "is not JSON", 65), ("\xff", "is not JSON", 65)],
)
def test_an_event_that_cannot_be_read_is_one_line(
    tmp_path: Path, text: str | None, words: str, code: int
) -> None:
    path = tmp_path / "event.json"
    if text is not None:
        path.write_text(text, encoding="latin-1")

    result = _run("invoke", "mapper", "-e", path)

    assert result.exit_code == code
    assert result.stderr.count("\n") == 1
    assert words in result.stderr


def test_invoke_without_a_stack_says_what_keeps_one_and_what_to_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = tmp_path / "up.json"
    stale.write_text(json.dumps({"aws": "http://127.0.0.1:1", "functions": {}}))
    monkeypatch.setattr(running_stack, "UP_FILE", stale)

    result = _run("invoke", "sweep")

    assert result.exit_code == 69
    assert "`pilotfish up` keeps one" in result.stderr
    assert "make build" in result.stderr


@pytest.mark.parametrize("command", ["up", "demo"])
def test_what_is_not_built_is_said_in_one_line(command: str) -> None:
    result = _run(command)

    assert result.exit_code == 69
    assert result.stderr == "not there yet: .build/layers. Run `make build` first.\n"


def test_doctor_says_what_is_missing_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "EMULATOR_PYTHON", tmp_path / "python")

    result, as_json = _run("doctor"), _run("doctor", "--json")

    assert result.exit_code == as_json.exit_code == 69
    assert "apt-get install make" in result.stderr
    found = {row["name"]: row for row in json.loads(as_json.stdout)}
    assert (found["make"]["there"], found["make"]["needed"]) == (False, True)
    assert (found["sam"]["there"], found["sam"]["needed"]) == (False, False)
    assert (found["embedded AWS"]["there"], found["embedded AWS"]["advice"]) == (
        False,
        "make setup",
    )


def test_doctor_asks_the_daemon_of_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    answers = []
    for exit_code in (0, 1):
        docker.write_text(f"#!/bin/sh\nexit {exit_code}\n")
        docker.chmod(0o755)
        found = {row["name"]: row for row in json.loads(_run("doctor", "--json").stdout)}
        answers.append(found["docker, and its daemon"]["there"])

    assert answers == [True, False]


def test_doctor_is_content_when_only_what_is_optional_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tmp_path / "make"
    make.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "EMULATOR_PYTHON", make)
    monkeypatch.setattr(doctor, "LAYERS", {"CoreLayer": tmp_path})

    assert _run("doctor").exit_code == 0
