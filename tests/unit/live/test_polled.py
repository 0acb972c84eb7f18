"""The commands of the WebSocket for who asks again and again."""

import json
from typing import Any

import pytest

from pilotfish.domain.logs import Entry
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.catching_up import CatchingUp
from pilotfish.usecases.connect import MESSAGES_A_SECOND, Connect
from pilotfish.usecases.polled import AGAIN_MS, FAMILIES, Polled, Unpaced
from pilotfish.usecases.subscribing import Subscribing
from tests.unit.live.test_connect import Nothing
from tests.unit.live.twins import MemoryConnections, MemoryLog, NoPast, Time, follows_only

ADA = Viewer("ada")


class Stage:
    """As it is wired for HTTP."""

    def __init__(self) -> None:
        self.clock = Time()
        self.connections = MemoryConnections(self.clock)
        self.log = MemoryLog(self.clock)
        subscribing = Subscribing(
            subscriptions=Polled(self.connections),
            log=self.log,
            may_see=follows_only(ada={"lead"}),
            find_market=lambda symbol, _: ("binance", symbol),
            wake=self._wake,
            clock=self.clock,
            families=FAMILIES,
        )
        self.connect = Connect(
            sessions=Unpaced(),
            subscribing=subscribing,
            catching_up=CatchingUp(log=self.log, past=NoPast(), clock=self.clock),
            states=Nothing(),
            clock=self.clock,
        )

    def _wake(self) -> None:
        raise AssertionError("nobody is told states for who polls")

    def say(self, **command: Any) -> list[Any]:
        return [json.loads(f) for f in self.connect.command("", ADA, json.dumps(command))]

    def happens(self, topic: str, name: str) -> None:
        """The broadcaster writes the logs that are kept."""
        if topic in self.connections.of_topics([topic]):
            body = Entry(name, 0, lambda seq: json.dumps({"type": "T", "n": seq}).encode())
            self.log.append({topic: [body]})


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_happens_between_two_questions_is_brought(stage: Stage) -> None:
    (ack,) = stage.say(action="subscribe", channel="copies", id=1)
    assert (ack["type"], ack["id"]) == ("ACK", 1)
    seq = ack["channels"]["copies"]
    stage.happens("copies|ada", "a")
    stage.happens("copies|ada", "b")
    batch, ack = stage.say(action="resume", channels={"copies": seq}, id=2)
    assert [each["n"] for each in batch["messages"]] == [seq + 1, seq + 2]
    assert ack["channels"] == {"copies": seq + 2}
    assert stage.say(action="resume", channels={"copies": seq + 2}) == [
        {**ack, "id": None, "channels": {"copies": seq + 2}}
    ]


def test_who_is_away_too_long_is_told_how_things_are(stage: Stage) -> None:
    (ack,) = stage.say(action="subscribe", channel="copies")
    stage.clock.now_ms += 3 * 3600 * 1000
    stage.happens("copies|ada", "lost")
    *_, snapshot, ack = stage.say(action="resume", channels=ack["channels"])
    assert snapshot["type"] == "SNAPSHOT"
    assert ack["snapshots"] == ["copies"]


def test_a_log_is_kept_for_as_long_as_somebody_asks(stage: Stage) -> None:
    (ack,) = stage.say(action="subscribe", channel="copies")
    for _ in range(20):
        stage.clock.now_ms += AGAIN_MS + 1
        *_, ack = stage.say(action="resume", channels=ack["channels"])
        assert ack["snapshots"] == []
    assert stage.connections.is_kept(["copies|ada"], stage.clock())


def test_it_is_not_kept_anew_at_each_question(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    keep = stage.connections.keep

    def noted(topics: list[str], now_ms: int) -> None:
        kept.extend(topics)
        keep(topics, now_ms)

    monkeypatch.setattr(stage.connections, "keep", noted)
    (ack,) = stage.say(action="subscribe", channel="copies")
    for _ in range(30):
        stage.clock.now_ms += 2_000
        stage.say(action="resume", channels=ack["channels"])
    assert kept == ["copies|ada"]


def test_states_are_asked_for(stage: Stage) -> None:
    (ack,) = stage.say(action="subscribe", channel="positions", id=3)
    assert (ack["type"], ack["channels"]) == ("ACK", {})
    (told,) = stage.say(action="get_positions", id=4)
    assert (told["type"], told["id"]) == ("POSITION_UPDATE", 4)
    assert stage.connections.of_topics(["positions|ada"]) == {}


@pytest.mark.parametrize("channel", ["price_updates:BTCUSDT", "risk_metrics_updates"])
def test_what_is_told_on_a_websocket_alone_is_refused(stage: Stage, channel: str) -> None:
    (error,) = stage.say(action="subscribe", channel=channel, id=5)
    assert (error["type"], error["code"], error["id"]) == ("ERROR", "not_told_here", 5)


def test_a_stranger_is_not_told_of_a_trader(stage: Stage) -> None:
    (error,) = stage.say(action="subscribe", channel="trader:other")
    assert error["code"] == "not_allowed"
    (error,) = stage.say(action="resume", channels={"trader:other": 0})
    assert error["code"] == "not_allowed"
    (ack,) = stage.say(action="subscribe", channel="trader:lead")
    assert ack["type"] == "ACK"


def test_requests_are_counted_elsewhere(stage: Stage) -> None:
    answers = [stage.say(action="ping")[0]["type"] for _ in range(3 * MESSAGES_A_SECOND)]
    assert set(answers) == {"PONG"}


def test_bad_commands_are_answered(stage: Stage) -> None:
    assert stage.say(action="nonsense", id=1)[0]["code"] == "unknown_command"
    (error,) = (json.loads(f) for f in stage.connect.command("", ADA, "{"))
    assert error["code"] == "bad_json"
