"""A connection's life, on the in-memory twins."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotfish.domain.commands import BadCommand
from pilotfish.domain.logs import Entry
from pilotfish.domain.messages import Portfolio, PortfolioUpdate, PositionUpdate
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.catching_up import MISSED, CatchingUp
from pilotfish.usecases.connect import MESSAGES_A_SECOND, Connect
from pilotfish.usecases.subscribing import SUBSCRIPTIONS, SYMBOLS, Subscribing
from tests.unit.live.twins import (
    MemoryConnections,
    MemoryLog,
    MemorySessions,
    NoPast,
    Time,
    follows_only,
)

ADA = Viewer("ada")
ROOT = Viewer("root", operator=True)
TRADERS = {"lead", *(f"lead-{i}" for i in range(100))}


class Nothing:
    """A user who holds nothing."""

    def positions(self, viewer: Viewer) -> PositionUpdate:
        return PositionUpdate(channel="positions", seq=9, timestamp=9, positions=())

    def portfolio(self, viewer: Viewer) -> PortfolioUpdate:
        nothing = Portfolio(balance=0, total_pnl=0, positions_count=0, realized_pnl=0)
        return PortfolioUpdate(channel="portfolio_updates", seq=9, timestamp=9, portfolio=nothing)


class Stage:
    """Everything that a connection touches."""

    def __init__(self) -> None:
        self.clock = Time()
        self.connections = MemoryConnections(self.clock)
        self.log = MemoryLog(self.clock)
        self.sessions = MemorySessions()
        self.woken = 0
        subscribing = Subscribing(
            subscriptions=self.connections,
            log=self.log,
            may_see=follows_only(ada=TRADERS, eve={"lead"}),
            find_market=lambda symbol, _: ("binance", symbol) if symbol != "NONE" else None,
            wake=self._wake,
            clock=self.clock,
        )
        self.connect = Connect(
            sessions=self.sessions,
            subscribing=subscribing,
            catching_up=CatchingUp(log=self.log, past=NoPast(), clock=self.clock),
            states=Nothing(),
            clock=self.clock,
        )

    def _wake(self) -> None:
        self.woken += 1

    def say(self, viewer: Viewer, /, **command: Any) -> Any:
        """The last answer; time goes on, so that nobody speaks too often."""
        return self.hear(viewer, **command)[-1]

    def hear(self, viewer: Viewer, /, **command: Any) -> list[Any]:
        self.clock.now_ms += 1_000
        sent = self.connect.command("c1", viewer, json.dumps(command))
        return [one for frame in sent for one in inner(json.loads(frame))]

    def tell(self, topic: str, *names: str) -> None:
        self.log.append({topic: [Entry(name, 0, told(name)) for name in names]})


def told(name: str) -> Callable[[int], bytes]:
    return lambda seq: json.dumps({"type": "X", "name": name, "seq": seq}).encode()


def inner(message: Any) -> list[Any]:
    return list(message["messages"]) if message["type"] == "BATCH" else [message]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_nothing_is_heard_that_was_not_asked_for(stage: Stage) -> None:
    stage.connect.connect("c1", ADA)
    assert stage.connections.topics_of("c1") == frozenset()
    assert stage.sessions.open_now == {"c1": ADA}


def test_what_to_hear_from_the_start_is_said_in_connecting(stage: Stage) -> None:
    stage.connect.connect("c1", ADA, "copies,positions")
    stage.connect.connect("c2", ROOT, "copies")
    assert stage.connections.topics_of("c1") == {"copies|ada", "positions|ada"}
    assert stage.connections.topics_of("c2") == {"copies|*"}


@pytest.mark.parametrize("asked", ["trader:lead", "copies,user:eve", "price_updates:BTCUSDT", "*"])
def test_of_other_channels_nobody_hears_from_the_start(stage: Stage, asked: str) -> None:
    with pytest.raises(BadCommand):
        stage.connect.connect("c1", ADA, asked)
    assert not stage.sessions.open_now


def test_after_the_end_nothing_is_left(stage: Stage) -> None:
    stage.connect.connect("c1", ROOT, "copies,trades")
    stage.connect.disconnect("c1")
    assert stage.connections.topics_of("c1") == frozenset()
    assert not stage.sessions.open_now


def test_ping_is_answered_with_time_id_and_where_each_channel_is(stage: Stage) -> None:
    stage.say(ADA, action="subscribe", channel="copies")
    stage.say(ADA, action="subscribe", channel="positions")
    stage.tell("copies|ada", "a", "b")
    assert stage.say(ADA, action="ping", id="p1") == {
        "type": "PONG",
        "id": "p1",
        "channels": {"copies": 3},
        "timestamp": stage.clock(),
        "channel": None,
        "seq": None,
    }


def test_a_followed_trader_may_be_heard_and_left(stage: Stage) -> None:
    heard = stage.say(ADA, action="subscribe", channel="trader:lead", id=1)
    assert heard == {
        "type": "ACK",
        "id": 1,
        "channels": {"trader:lead": 1},
        "snapshots": [],
        "timestamp": stage.clock(),
        "channel": "trader:lead",
        "seq": 1,
    }
    assert stage.connections.topics_of("c1") == {"trader:lead"}
    left = stage.say(ADA, action="unsubscribe", channel="trader:lead", id=2)
    assert (left["type"], left["id"], left["channel"]) == ("ACK", 2, "trader:lead")
    assert stage.connections.topics_of("c1") == frozenset()


def test_who_subscribes_is_told_the_number_before_the_next(stage: Stage) -> None:
    stage.connections.add("other", ADA, ["copies|ada"], stage.clock())
    stage.tell("copies|ada", "a", "b")
    assert stage.say(ADA, action="subscribe", channel="copies")["seq"] == 2


def test_a_stranger_may_not_be_watched(stage: Stage) -> None:
    for action in ("subscribe", "replay"):
        more = {"since_ms": 0, "until_ms": 1} if action == "replay" else {}
        answer = stage.say(Viewer("bob"), action=action, channel="trader:lead", id=9, **more)
        assert (answer["type"], answer["id"], answer["code"]) == ("ERROR", 9, "not_allowed")
    answer = stage.say(Viewer("bob"), action="resume", channels={"trader:lead": 0}, id=9)
    assert answer["code"] == "not_allowed"
    assert stage.connections.topics_of("c1") == frozenset()


def test_an_operator_may_watch_anybody(stage: Stage) -> None:
    assert stage.say(ROOT, action="subscribe", channel="trader:any")["type"] == "ACK"
    assert stage.connections.topics_of("c1") == {"trader:any"}


def test_tickers_are_channels_of_prices_and_wake_who_tells_them_once(stage: Stage) -> None:
    answer = stage.say(ADA, action="subscribe_ticker", symbol="BTCUSDT", id=1)
    assert (answer["type"], answer["channel"]) == ("ACK", "price_updates:BTCUSDT")
    assert stage.connections.topics_of("c1") == {"price_updates:BTCUSDT"}
    assert stage.connections.demanded() == ["price_updates:BTCUSDT"]
    stage.say(ADA, action="subscribe_ticker", symbol="BTCUSDT")
    assert stage.woken == 1
    stage.say(ADA, action="unsubscribe_ticker", symbol="BTCUSDT")
    assert stage.connections.topics_of("c1") == frozenset()


def test_a_market_that_there_is_not_is_said_so(stage: Stage) -> None:
    assert stage.say(ADA, action="subscribe_ticker", symbol="NONE")["code"] == "unknown_symbol"


def test_subscriptions_are_limited_but_the_same_one_again_is_not_another(stage: Stage) -> None:
    wanted = [f"trader:lead-{i}" for i in range(SUBSCRIPTIONS + 1)]
    kinds = [stage.say(ADA, action="subscribe", channel=name)["type"] for name in wanted]
    assert kinds == ["ACK"] * SUBSCRIPTIONS + ["ERROR"]
    refused = stage.say(ADA, action="subscribe", channel=wanted[-1], id=3)
    assert (refused["code"], refused["limit"]) == ("too_many_subscriptions", SUBSCRIPTIONS)
    assert stage.say(ADA, action="subscribe", channel=wanted[0])["type"] == "ACK"
    assert len(stage.connections.topics_of("c1")) == SUBSCRIPTIONS


def test_symbols_are_limited(stage: Stage) -> None:
    symbols = [f"S{i}" for i in range(SYMBOLS)]
    heard = stage.say(ADA, action="subscribe", channel="price_updates", symbols=symbols)
    assert heard["type"] == "ACK"
    refused = stage.say(ADA, action="subscribe_ticker", symbol="ONEMORE", id=3)
    assert (refused["code"], refused["limit"]) == ("too_many_symbols", SYMBOLS)
    assert stage.say(ADA, action="subscribe", channel="copies")["type"] == "ACK"


def test_messages_are_limited_by_the_second_bad_ones_too(stage: Stage) -> None:
    answers = [
        json.loads(stage.connect.command("c1", ADA, body)[-1])
        for body in ["{", '{"action": "ping"}'] * (MESSAGES_A_SECOND // 2)
    ]
    assert {answer.get("code") for answer in answers} == {"bad_json", None}
    refused = json.loads(stage.connect.command("c1", ADA, '{"action": "ping", "id": 8}')[-1])
    assert (refused["code"], refused["id"]) == ("too_many_messages", 8)
    assert refused["limit"] == MESSAGES_A_SECOND
    stage.clock.now_ms += 1_000
    assert json.loads(stage.connect.command("c1", ADA, '{"action": "ping"}')[-1])["type"] == "PONG"


def test_a_bad_command_costs_nothing(stage: Stage) -> None:
    stage.connect.connect("c1", ADA, "copies")
    assert json.loads(stage.connect.command("c1", ADA, "{")[0])["code"] == "bad_json"
    assert stage.say(ADA, action="fly", id=4)["code"] == "unknown_command"
    assert stage.connections.topics_of("c1") == {"copies|ada"}
    assert stage.say(ADA, action="ping")["type"] == "PONG"


def test_positions_and_portfolio_are_answered_with_the_id(stage: Stage) -> None:
    assert stage.say(ADA, action="get_positions", id=1) == {
        "type": "POSITION_UPDATE",
        "positions": [],
        "id": 1,
        "timestamp": 9,
        "channel": "positions",
        "seq": 9,
    }
    assert stage.say(ADA, action="get_portfolio", id=2)["id"] == 2


def test_who_resumes_hears_what_it_missed_in_order_and_goes_on_listening(stage: Stage) -> None:
    stage.say(ADA, action="subscribe", channel="copies")
    stage.tell("copies|ada", "a", "b", "c")
    stage.connections.drop("c1")

    heard = stage.hear(ADA, action="resume", channels={"copies": 2}, id=5)

    assert [one.get("name") for one in heard] == ["b", "c", None]
    assert (heard[-1]["type"], heard[-1]["id"], heard[-1]["channels"]) == ("ACK", 5, {"copies": 4})
    assert heard[-1]["snapshots"] == []
    assert stage.connections.topics_of("c1") == {"copies|ada"}


def test_who_resumes_states_is_told_them_on_the_connection_and_not_in_the_answer(
    stage: Stage,
) -> None:
    (ack,) = stage.hear(ADA, action="resume", channels={"positions": 0})
    assert (ack["type"], ack["channels"]) == ("ACK", {})
    assert stage.connections.topics_of("c1") == {"positions|ada"}


def test_who_missed_nothing_hears_nothing(stage: Stage) -> None:
    stage.say(ADA, action="subscribe", channel="copies")
    (ack,) = stage.hear(ADA, action="resume", channels={"copies": 1, "positions": 0})
    assert ack["channels"] == {"copies": 1}


@pytest.mark.parametrize("last", [0, 7])
def test_what_the_log_cannot_say_is_told_anew(stage: Stage, last: int) -> None:
    stage.say(ADA, action="subscribe", channel="copies")
    stage.tell("copies|ada", "a")

    snapshot, ack = stage.hear(ADA, action="resume", channels={"copies": last}, id=5)

    assert (snapshot["type"], snapshot["channel"], snapshot["seq"]) == ("SNAPSHOT", "copies", 2)
    assert ack["snapshots"] == ["copies"]


def test_what_was_not_kept_while_nobody_listened_is_no_nothing(stage: Stage) -> None:
    last = stage.say(ADA, action="subscribe", channel="copies")["seq"]
    stage.connections.drop("c1")
    stage.clock.now_ms += 3 * 3_600_000

    snapshot, _ = stage.hear(ADA, action="resume", channels={"copies": last})

    assert snapshot["type"] == "SNAPSHOT"


def test_too_much_to_tell_again_is_told_anew(stage: Stage) -> None:
    last = stage.say(ADA, action="subscribe", channel="copies")["seq"]
    stage.tell("copies|ada", *map(str, range(MISSED + 1)))
    kinds = {one["type"] for one in stage.hear(ADA, action="resume", channels={"copies": last})}
    assert kinds == {"SNAPSHOT", "ACK"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ACTIONS = st.sampled_from(
    [
        "ping",
        "subscribe",
        "unsubscribe",
        "subscribe_ticker",
        "unsubscribe_ticker",
        "get_positions",
        "get_portfolio",
        "resume",
        "replay",
        "PING",
        "",
    ]
)
CHANNELS = st.sampled_from(
    [
        "copies",
        "positions",
        "trader:lead",
        "trader:other",
        "trader:",
        "price_updates",
        "price_updates:BTCUSDT",
        "copies|bob",
        "user:bob",
        "*",
        "ticket#0",
    ]
)
COMMANDS = st.fixed_dictionaries(
    {},
    optional={
        "action": ACTIONS | JSON,
        "channel": CHANNELS | st.text() | JSON,
        "channels": st.dictionaries(CHANNELS | st.text(), st.integers() | JSON, max_size=3) | JSON,
        "symbol": st.sampled_from(["BTCUSDT", "NONE", "copies|bob", "A|*"]) | JSON,
        "symbols": st.lists(st.sampled_from(["BTCUSDT", "A/B:B"]) | JSON, max_size=3) | JSON,
        "venue": st.sampled_from(["okx", "*", "x|y"]) | JSON,
        "since_ms": JSON | st.just(0),
        "until_ms": JSON | st.just(5),
        "next": JSON,
        "id": JSON,
    },
)
EVES = {"copies|eve", "positions|eve", "trader:lead"}


@settings(max_examples=300)
@given(body=st.text() | (COMMANDS | JSON).map(json.dumps))
def test_whatever_is_said_is_answered_and_opens_nothing(body: str) -> None:
    stage = Stage()
    answers = [json.loads(frame) for frame in stage.connect.command("c1", Viewer("eve"), body)]
    kinds = {"ACK", "PONG", "ERROR", "HISTORY", "POSITION_UPDATE", "PORTFOLIO_UPDATE", "SNAPSHOT"}
    assert {answer["type"] for answer in answers} <= kinds
    for topic in stage.connections.topics_of("c1"):
        assert topic in EVES or topic.startswith("price_updates:")
        assert "|" not in topic or topic.endswith("|eve")
