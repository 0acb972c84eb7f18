"""Who is told which state, how often, and under which numbers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.books import Book
from pilotfish.domain.quotes import STALE_MS, Quote
from pilotfish.domain.viewers import Viewer
from pilotfish.domain.wallets import Wallet
from pilotfish.usecases.tell_states import IDLE_MS, TellStates
from tests.unit.live.test_books import MARKET, done
from tests.unit.live.twins import MemoryConnections, MemoryHighest, RecordedPush, Time

ADA = Viewer("ada")
PRICES = "price_updates:BTCUSDT"


class Purses:
    """Everybody's wallet, and who was asked for."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.of: dict[str, list[Wallet]] = {}

    def refresh(self, users: Iterable[str]) -> Mapping[str, list[Wallet]]:
        self.asked.append(set(users))
        return {user: self.of.get(user, []) for user in self.asked[-1]}


class Stage:
    """Everything that telling states touches; looks and tells four times a second."""

    def __init__(self) -> None:
        self.clock = Time()
        self.connections = MemoryConnections(self.clock)
        self.push = RecordedPush()
        self.books: dict[str, Book] = {"ada": Book(), "bob": Book()}
        self.books["ada"].add([done("1", "100")])
        self.asked: list[set[str]] = []
        self.quotes: dict[Any, Quote] = {}
        self.funds = Purses()
        self.highest = MemoryHighest()
        self.states = self.another_run()
        self.price("100")

    def another_run(self) -> TellStates:
        return TellStates(
            subscribers=self.connections,
            books=self,
            wallets=self.funds,
            highest=self.highest,
            push=self.push,
            find_market=lambda symbol, venue: MARKET if symbol == "BTCUSDT" else None,
            clock=self.clock,
        )

    def refresh(self, users: Iterable[str]) -> Mapping[str, Book]:
        self.asked.append(set(users))
        return {user: self.books[user] for user in users}

    def price(self, last: str, **more: Any) -> None:
        self.quotes[MARKET] = Quote(*MARKET, last=Decimal(last), at_ms=self.clock(), **more)

    def ticks(self, count: int) -> list[tuple[str, Any]]:
        """Who was told what within so many ticks."""
        before = len(self.push.posted)
        for _ in range(count):
            self.states.look()
            self.states.tell(self.quotes)
            self.clock.now_ms += 250
        return [
            (who, message)
            for posted in self.push.posted[before:]
            for who, frames in posted.items()
            for frame in frames
            for message in inner(json.loads(frame))
        ]


def inner(message: Any) -> list[Any]:
    return list(message["messages"]) if message["type"] == "BATCH" else [message]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_price_is_told_at_once_to_who_comes_and_then_when_it_moves(stage: Stage) -> None:
    stage.connections.add("c1", ADA, [PRICES], stage.clock())
    ((who, first),) = stage.ticks(3)
    assert (who, first["type"], first["symbol"], first["price"]) == (
        "c1",
        "MARKET_UPDATE",
        "BTCUSDT",
        100.0,
    )
    assert (first["channel"], first["stale"]) == (PRICES, False)
    stage.price("101", change=Decimal("1.5"), volume=Decimal("7"))
    ((_, second),) = stage.ticks(3)
    assert (second["price"], second["priceChange"], second["volume"]) == (101.0, 1.5, 7.0)
    assert second["seq"] > first["seq"]
    stage.connections.add("c2", Viewer("bob"), [PRICES], stage.clock())
    ((who, third),) = stage.ticks(3)
    assert (who, third["price"]) == ("c2", 101.0)


def test_a_price_that_stops_is_said_to_be_stale_once(stage: Stage) -> None:
    stage.connections.add("c1", ADA, [PRICES], stage.clock())
    told = [message["stale"] for _, message in stage.ticks(STALE_MS // 250 + 8)]
    assert told == [False, True]


def test_positions_are_told_each_second_and_worth_each_two(stage: Stage) -> None:
    topics = ["positions|ada", "portfolio_updates|ada", "risk_metrics_updates|ada"]
    stage.connections.add("c1", ADA, topics, stage.clock())
    kinds = [message["type"] for _, message in stage.ticks(4 * 8)]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "POSITION_UPDATE": 8,
        "PORTFOLIO_UPDATE": 4,
        "RISK_UPDATE": 4,
    }


def test_each_user_is_told_the_own_positions(stage: Stage) -> None:
    stage.connections.add("c1", ADA, ["positions|ada"], stage.clock())
    stage.connections.add("c2", Viewer("bob"), ["positions|bob"], stage.clock())
    told = {who: len(message["positions"]) for who, message in stage.ticks(1)}
    assert told == {"c1": 1, "c2": 0}
    assert stage.states.markets == {MARKET}


def test_drawdown_counts_from_the_highest(stage: Stage) -> None:
    stage.connections.add("c1", ADA, ["risk_metrics_updates|ada"], stage.clock())
    drawdowns = []
    for price in ("100", "130", "110"):
        stage.price(price)
        drawdowns += [message["risk"]["drawdown"] for _, message in stage.ticks(8)]
    assert drawdowns == [0.0, 0.0, 20.0]


def test_the_highest_outlasts_the_run_that_saw_it(stage: Stage) -> None:
    stage.connections.add("c1", ADA, ["risk_metrics_updates|ada"], stage.clock())
    stage.price("130")
    stage.ticks(1)
    stage.states.remember()
    stage.price("110")
    stage.states = stage.another_run()
    (_, message), *_ = stage.ticks(8)
    assert message["risk"]["drawdown"] == 20.0


def test_who_polls_has_books_and_prices_looked_after_and_is_posted_nothing(stage: Stage) -> None:
    topics = ["positions|ada", PRICES]
    for _ in range(4 * IDLE_MS // 8_000):
        stage.connections.demand(topics, stage.clock())
        assert stage.ticks(8_000 // 250) == []
        assert stage.asked[-1] == {"ada"}
        assert stage.states.markets == {MARKET}
    stage.ticks(2 * IDLE_MS // 250 + 4)
    assert stage.states.idle


def test_what_is_polled_is_never_let_go_between_two_looks(stage: Stage) -> None:
    seen = set()
    for _ in range(4 * IDLE_MS // 8_000):
        stage.connections.demand([PRICES], stage.clock())
        for _ in range(8_000 // 250):
            stage.ticks(1)
            seen.add(frozenset(stage.states.markets))
    assert seen == {frozenset({MARKET})}


def test_wallets_are_looked_at_for_those_who_listen_to_their_portfolio(stage: Stage) -> None:
    stage.funds.of["ada"] = [Wallet("acc", "binanceusdm", stage.clock(), {"USDT": Decimal(70)})]
    stage.connections.add("c1", ADA, ["portfolio_updates|ada"], stage.clock())
    stage.connections.add("c2", Viewer("bob"), ["positions|bob"], stage.clock())
    told = dict(stage.ticks(2))
    assert told["c1"]["portfolio"]["balance"] == 70.0
    assert stage.funds.asked[-1] == {"ada"}


def test_numbers_only_grow_over_a_handover_to_another_run(stage: Stage) -> None:
    stage.connections.add("c1", ADA, ["positions|ada", PRICES], stage.clock())
    before = {message["channel"]: message["seq"] for _, message in stage.ticks(9)}
    stage.states = stage.another_run()
    after = {message["channel"]: message["seq"] for _, message in stage.ticks(1)}
    assert set(after) == {"positions", PRICES}, "nobody waits for the next move"
    assert all(after[channel] > before[channel] for channel in after)


def test_what_nobody_listens_to_is_not_looked_after(stage: Stage) -> None:
    stage.connections.add("c1", ADA, ["positions|ada"], stage.clock())
    stage.ticks(2)
    stage.connections.drop("c1")
    assert stage.ticks(4) == []
    assert stage.funds.asked[-1] == set()
    assert not stage.states.idle
    stage.ticks(IDLE_MS // 250 + 2)
    assert stage.states.idle
    assert stage.asked[-1] == set()
    assert stage.connections.demanded() == []


def test_who_comes_back_in_time_is_told_on(stage: Stage) -> None:
    stage.connections.add("c1", ADA, ["positions|ada"], stage.clock())
    stage.ticks(2)
    stage.connections.drop("c1")
    stage.ticks(8)
    stage.connections.add("c2", ADA, ["positions|ada"], stage.clock())
    assert [who for who, _ in stage.ticks(1)] == ["c2"]


def test_the_gone_are_forgotten(stage: Stage) -> None:
    stage.connections.add("c1", ADA, ["positions|ada"], stage.clock() - 60_000)
    stage.push.gone.add("c1")
    stage.ticks(1)
    assert stage.connections.topics_of("c1") == frozenset()


def test_a_market_that_is_not_published_yet_is_looked_for_again(stage: Stage) -> None:
    found: list[Any] = [None, MARKET]
    stage.states._find_market = lambda symbol, venue: found.pop(0)  # type: ignore[method-assign]
    stage.connections.add("c1", ADA, [PRICES], stage.clock())
    assert len(stage.ticks(2)) == 1


def test_quotes_of_others_do_not_matter(stage: Stage) -> None:
    stage.connections.add("c1", ADA, [PRICES], stage.clock())
    stage.ticks(1)
    other = replace(stage.quotes[MARKET], venue="okx")
    stage.quotes["okx", MARKET[1]] = other
    assert stage.ticks(2) == []
