"""Each part is looked at where its work shows."""

from dataclasses import replace
from typing import Any

import pytest

from pilotfish.domain.halts import Halt
from pilotfish.domain.health import Fitness, Part, overall
from pilotfish.domain.orders import Event, State
from pilotfish.domain.sync_sessions import SyncStatus
from pilotfish.usecases.check_health import (
    INSTRUMENTS_LATE_MS,
    LATE_MS,
    MOST,
    STUCK_MS,
    CheckHealth,
    Signs,
)
from tests.fakes import EPOCH_MS, ManualClock
from tests.fakes.samples import a_fill, a_session, an_order

NOW = EPOCH_MS
WELL: dict[str, Any] = {
    "held_until": lambda shard: NOW + 1,
    "undecided": lambda before_ms: [],
    "stale": lambda before_ms: [],
    "asides": list,
    "syncs": lambda status, limit: [],
    "halts": list,
    "demanded": list,
    "published_ms": lambda venue: NOW,
    "given_up": lambda: {"mapper": 0},
}


def look(**signs: Any) -> dict[str, Part]:
    check = CheckHealth(signs=Signs(**WELL | signs), venues=["okx", "gate"], clock=ManualClock())
    return {part.name: part for part in check()}


def moved(at_ms: int) -> Any:
    return replace(an_order(), history=(Event(at_ms, State.SENT, ""),))


def test_all_is_well() -> None:
    parts = look()
    assert overall(parts.values()) is Fitness.OK
    assert set(parts) == {
        "poller",
        "fills",
        "orders",
        "queues",
        "instruments",
        "market",
        "asides",
        "syncs",
        "halts",
    }


@pytest.mark.parametrize(
    ("name", "signs", "fitness", "says", "age_ms"),
    [
        ("poller", {"held_until": lambda _: NOW - 5}, "down", "nobody listens", 5),
        ("poller", {"held_until": lambda _: 0}, "down", "nobody listens", 0),
        (
            "fills",
            {"undecided": lambda _: [a_fill(seen_ms=NOW - LATE_MS), a_fill(seen_ms=NOW - 1)]},
            "degraded",
            "2 fills have no decision",
            LATE_MS,
        ),
        (
            "fills",
            {"undecided": lambda _: [a_fill(seen_ms=NOW - STUCK_MS - 1)] * MOST},
            "down",
            "100 or more fills",
            STUCK_MS + 1,
        ),
        ("orders", {"stale": lambda _: [moved(NOW - STUCK_MS)]}, "degraded", "1 orders", STUCK_MS),
        ("queues", {"given_up": lambda: {"b": 2, "a": 1, "c": 0}}, "degraded", "a 1, b 2", 0),
        (
            "instruments",
            {"published_ms": lambda v: NOW - INSTRUMENTS_LATE_MS - 1 if v == "okx" else NOW},
            "degraded",
            "lately: okx",
            INSTRUMENTS_LATE_MS + 1,
        ),
        ("instruments", {"published_ms": lambda _: 0}, "down", "okx, gate", NOW),
        ("syncs", {"syncs": lambda s, _: [a_session(status=s)]}, "degraded", "1 run, 1 failed", 0),
        ("halts", {"halts": lambda: [Halt("all", "o", NOW - 9, "")]}, "degraded", "halted: all", 9),
    ],
)
def test_what_is_not_well(
    name: str, signs: dict[str, Any], fitness: str, says: str, age_ms: int
) -> None:
    parts = look(**signs)
    assert parts[name].fitness == fitness
    assert says in parts[name].says
    assert parts[name].age_ms == age_ms


def test_the_market_rests_while_nobody_listens() -> None:
    def held(shard: str) -> int:
        return NOW - 7 if shard == "market" else NOW

    assert look(held_until=held)["market"].fitness is Fitness.OK
    late = look(held_until=held, demanded=lambda: ["price_updates:BTCUSDT"])["market"]
    assert (late.fitness, late.age_ms) == (Fitness.DEGRADED, 7)


def test_what_is_late_is_asked_for_from_then_on() -> None:
    asked = []
    look(undecided=lambda before_ms: asked.append(before_ms) or [])
    assert asked == [NOW - LATE_MS]


def test_a_back_fill_that_runs_is_no_trouble() -> None:
    running = lambda s, _: [a_session(status=s)] if s is SyncStatus.RUNNING else []  # noqa: E731
    assert look(syncs=running)["syncs"].fitness is Fitness.OK


def test_a_part_that_cannot_be_looked_at_is_down_and_hides_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(before_ms: int) -> Any:
        raise RuntimeError("secret")

    parts = look(undecided=broken)
    assert parts["fills"] == Part("fills", Fitness.DOWN, "could not be looked at: RuntimeError")
    assert parts["orders"].fitness is Fitness.OK
    assert overall(parts.values()) is Fitness.DOWN


@pytest.mark.parametrize(
    ("found", "worst"),
    [("", "ok"), ("ok ok", "ok"), ("ok degraded", "degraded"), ("down ok", "down")],
)
def test_the_whole_is_as_well_as_its_worst_part(found: str, worst: str) -> None:
    parts = [Part("a", Fitness(each), "") for each in found.split()]
    assert overall(parts) == worst
