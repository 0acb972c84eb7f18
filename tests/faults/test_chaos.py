"""Venue, streams and workers misbehave at random from a seed: every copy is made exactly once."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from pilotfish_local.local_stack import LocalStack
from tests.conftest import WAIT_SCALE

from .chaos import Aftermath, Plan, wreak
from .leading import MARKETS
from .venue_book import Drift, Positions, compare, executions, expected_legs, quiet_after_s

LOTS = {market.symbol: market.lot for market in MARKETS}
SHORT = 200  # leader fills; a run below that is a sample of the chaos
VICTIMS = (
    "ExecutorFunction",
    "MapperFunction",
    "RetryFunction",
    "PollerFunction",
    "ExecutorFunction",
    "ExitSyncFunction",
)


@pytest.fixture
def plan(pytestconfig: pytest.Config) -> Plan:
    fills = pytestconfig.getoption("--chaos-fills")
    short = fills < SHORT
    return Plan(
        fills=fills,
        followers=pytestconfig.getoption("--chaos-followers"),
        seed=pytestconfig.getoption("--chaos-seed"),
        pause_s=0.2,
        hang_ms=400,
        kill_every_s=(2.0, 4.0) if short else (5.0, 15.0),
        redeliver_every_s=(0.3, 0.8) if short else (1.0, 4.0),
        patience_s=400,
    )


@pytest.fixture
def unhurried(local: LocalStack) -> Iterator[LocalStack]:
    """The running stack, with state machines that wait as long as they do on AWS."""
    local.aws.scale_waits(1)
    yield local
    local.aws.scale_waits(WAIT_SCALE)


def test_nothing_doubled_nothing_missing_no_drift(
    unhurried: LocalStack, plan: Plan, closing_line: Callable[[str], None]
) -> None:
    after = wreak(unhurried, plan, VICTIMS)

    trades = executions(after.book)
    wrong = compare(after.book, after.follows, after.records)
    adrift = Positions(trades).drifts(after.follows, LOTS)
    quiet_s = quiet_after_s(trades, after.follows, LOTS)
    closing_line(_figures(plan, after, adrift, quiet_s))
    assert not wrong, wrong
    assert not adrift, _why(adrift, after)


def _figures(plan: Plan, after: Aftermath, adrift: list[Drift], quiet_s: float) -> str:
    wrong = compare(after.book, after.follows, after.records)
    legs = expected_legs(executions(after.book), after.follows)
    states = Counter(str(record.state) for record in after.records)
    drift = f"{len(adrift)} beyond a lot" if adrift else f"at most a lot, {quiet_s:.1f} s after"
    return (
        f"chaos, seed {plan.seed}: {plan.fills} leader fills x {plan.followers} followers, "
        f"{len(legs)} legs: {len(wrong.doubled)} doubled, {len(wrong.missing)} missing, "
        f"{len(wrong.unfinished)} unfinished, {len(wrong.misremembered)} misremembered; "
        f"{_list(states)}; drift {drift} the last fill; "
        f"faults: {_list(after.faults)}; killed: {_list(after.killed)}; "
        f"{after.redelivered} records twice, {after.refused} orders refused; "
        f"traded {after.traded_s:.0f} s, settled {after.settled_s:.0f} s later"
    )


def _list(counts: Counter[str] | dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def _why(adrift: list[Drift], after: Aftermath) -> str:
    """Of each drift the orders that did less than was decided."""
    lines = []
    for drift in adrift:
        lines.append(f"{drift.follow_id} {drift.symbol}: {drift.lots:+f} lots")
        lines += [
            f"    {record.order_key} {record.side} {record.filled_quantity} of {record.quantity}: "
            f"{record.state} {record.reason}"
            for record in after.records
            if (record.follow_id, record.symbol) == (drift.follow_id, drift.symbol)
            and record.quantity != record.filled_quantity
        ]
    return "\n".join(lines)
