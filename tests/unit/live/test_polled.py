"""The commands of the WebSocket for who asks again and again."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from pilotfish.domain.channels import Channel
from pilotfish.domain.logs import Entry
from pilotfish.domain.messages import State
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.catching_up import CatchingUp
from pilotfish.usecases.connect import MESSAGES_A_SECOND, Connect
from pilotfish.usecases.polled import AGAIN_MS, DEMAND_MS, Polled, Unpaced
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
        self.woken = 0
        self.asked: list[str] = []
        subscribing = Subscribing(
            subscriptions=Polled(self.connections),
            log=self.log,
            may_see=follows_only(ada={"lead"}),
            find_market=lambda symbol, _: ("binance", symbol),
            wake=self._wake,
            clock=self.clock,
        )
        self.connect = Connect(
            sessions=Unpaced(),
            subscribing=subscribing,
            catching_up=CatchingUp(log=self.log, past=NoPast(), clock=self.clock),
            states=Nothing(),
            clock=self.clock,
            latest=self._latest,
        )

    def _wake(self) -> None:
        self.woken += 1

    def _latest(self, channels: Sequence[Channel], viewer: Viewer) -> list[State]:
        assert viewer == ADA
        self.asked += [channel.name for channel in channels]
        return [Nothing().positions(viewer) for _ in channels]

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
    assert stage.connections.demanded() == ["positions|ada"]


def test_resume_brings_how_states_are_and_has_them_looked_after(stage: Stage) -> None:
    states = ["price_updates:BTCUSDT", "risk_metrics_updates"]
    channels = dict.fromkeys([*states, "copies"], 0)
    for _ in range(10):
        *told, ack = stage.say(action="resume", channels=channels, id=5)
        assert [each["type"] for each in told if each["type"] != "SNAPSHOT"] == [
            "POSITION_UPDATE",
            "POSITION_UPDATE",
        ]
        assert (ack["type"], set(ack["channels"])) == ("ACK", {"copies"})
        stage.clock.now_ms += 2_000
    assert stage.asked == states * 10
    assert stage.woken == 1
    topics = ["price_updates:BTCUSDT", "risk_metrics_updates|ada"]
    assert stage.connections.demanded() == topics
    for topic in topics:
        assert not stage.connections.undemand(topic, stage.clock() - 2_000 - DEMAND_MS)
        assert stage.connections.undemand(topic, stage.clock())
    stage.clock.now_ms += DEMAND_MS
    stage.say(action="resume", channels=channels)
    assert stage.woken == 2


def test_states_are_not_demanded_anew_at_each_question(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    demand = stage.connections.demand

    def noted(topics: list[str], now_ms: int) -> bool:
        asked.extend(topics)
        return demand(topics, now_ms)

    monkeypatch.setattr(stage.connections, "demand", noted)
    for _ in range(4):
        stage.say(action="resume", channels={"positions": 0})
        stage.clock.now_ms += 2_000
    assert asked == ["positions|ada"]


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
