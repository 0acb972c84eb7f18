"""Workers die and records come twice while followers on paper copy: each order has one trade."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rules import Rules
from pilotfish_local.local_stack import LocalStack
from tests.conftest import WAIT_SCALE
from tests.stage import USDM_BTC, new_scene

from . import remains
from .workers import dying, redelivered

SEED = 7
FILLS, FOLLOWERS = 20, 10
VICTIMS = ("ExecutorFunction", "ExecutorFunction", "RetryFunction")
KILL_EVERY_S = (0.7, 1.5)
PATIENCE_S = 300


@pytest.fixture
def unhurried(local: LocalStack) -> Iterator[LocalStack]:
    """The running stack, with state machines that wait as long as they do on AWS."""
    local.aws.scale_waits(1)
    yield local
    local.aws.scale_waits(WAIT_SCALE)


def test_each_order_has_one_trade_and_the_wallets_are_their_sum(
    unhurried: LocalStack, closing_line: Callable[[str], None]
) -> None:
    local, scene = unhurried, new_scene(unhurried, "binanceusdm")
    followers = scene.add_paper_followers([Rules(lateness_s=3_600)] * FOLLOWERS)
    orders = [("buy" if n % 4 < 2 else "sell", "0.01", USDM_BTC) for n in range(FILLS)]

    with redelivered(local, SEED, (0.3, 0.8)) as again:
        with dying(local, VICTIMS, SEED, KILL_EVERY_S) as killed:
            scene.trade(*orders, pause_s=0.5)
            time.sleep(5)  # What was sent last is under way then.
        scene.settle(PATIENCE_S)
        await_quiet(local, scene.leader.name)
    records = scene.settle(PATIENCE_S)

    told = f"killed {dict(Counter(killed))}, {sum(again)} records twice"
    attempts = sum(record.attempts > 1 for record in records)
    closing_line(f"paper: {len(records)} orders, {attempts} sent again; {told}")
    assert "ExecutorFunction" in killed, told
    books = DynamoPaperBooks(local.aws.client("dynamodb"), local.name("PaperTable"))
    for follower in followers:
        trades = books.trades(follower.name, 0, 9_999_999_999_999, 1_000)[0]
        own = [record for record in records if record.account_id == follower.name]
        assert executed(trades) == copied(own), told
        assert len({trade.client_order_id for trade in trades}) == len(trades), told
        wallet = books.load(follower.name)
        assert wallet is not None
        held = wallet.positions.get(f"{USDM_BTC}#net")
        assert (held.quantity if held else 0) == sum(map(_signed, trades)), told
    assert len(records) >= FILLS * FOLLOWERS  # And what exit_sync planned besides.
    assert {record.state for record in records} <= {State.COPIED, State.SKIPPED}, told


def await_quiet(local: LocalStack, leader: str) -> None:
    """Until no saga goes on, which may yet plan what is left of an exit."""
    deadline = time.monotonic() + PATIENCE_S
    while remains.under_way(local, [leader]) or remains.sagas(local):
        assert time.monotonic() < deadline
        time.sleep(1)


def executed(trades: list[Fill]) -> dict[str, Decimal]:
    """What the venue's side says was filled, by client order id."""
    return {trade.client_order_id: trade.quantity for trade in trades}


def copied(records: list[CopyOrder]) -> dict[str, Decimal]:
    """What our side says was."""
    return {r.client_order_id: r.filled_quantity for r in records if r.filled_quantity}


def _signed(trade: Fill) -> Decimal:
    return trade.signed_quantity
