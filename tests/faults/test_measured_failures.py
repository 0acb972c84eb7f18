"""The six failures measured of other copiers, none of which may happen here."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rules import Rules
from pilotfish_local.local_stack import SHARD, LocalStack
from tests.stage import USDM_BTC, Scene

from .workers import kill, schedule_poller

Figure = Callable[[str], None]


@pytest.fixture(scope="module")
def figure(closing_line: Callable[[str], None]) -> Iterator[Figure]:
    """Takes down what became of a failure; all of them make one line at the end."""
    figures: list[str] = []
    yield figures.append
    closing_line(f"failures measured of other copiers: {'; '.join(figures)}")


@pytest.mark.parametrize("kind", ["reset", "status", "junk"])
def test_the_reply_is_lost_after_the_order_executed(
    scene: Scene, figure: Figure, kind: str
) -> None:
    (follower,) = scene.add_followers([Rules()])
    rule = {"kind": kind, "when": "after", "endpoint": "order_create"}
    scene.local.exchange.add_faults([{**rule, "account": follower.name, "times": 1}])

    scene.trade(("buy", "0.1", USDM_BTC))
    (order,) = scene.settle()

    assert order.state is State.COPIED
    assert [event.state for event in order.history] == ["PLANNED", "SENT", "UNKNOWN", "COPIED"]
    assert scene.position(follower) == Decimal("0.1")
    orders = len(scene.local.exchange.orders(account=follower.name))
    assert orders == 1
    figure(f"reply lost ({kind}): {orders} order")


def test_the_leader_closes_while_the_socket_is_down(scene: Scene, figure: Figure) -> None:
    (follower,) = scene.add_followers([Rules()])
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.settle()
    assert scene.position(follower) == Decimal("0.1")

    down = {"kind": "status", "endpoint": "stream", "account": scene.leader.name}
    scene.local.exchange.add_faults([down])
    scene.local.exchange.drop_streams([scene.leader.name])
    scene.trade(("sell", "0.1", USDM_BTC))
    scene.local.exchange.clear_faults()
    records = scene.settle()

    assert [order.state for order in records] == [State.COPIED, State.COPIED]
    assert scene.verdict(records).clean
    assert scene.position(follower) == 0
    figure("closed while the socket was down: flat")


def test_the_poller_restarts_and_the_leader_then_reduces(scene: Scene, figure: Figure) -> None:
    (follower,) = scene.add_followers([Rules(multiplier=Decimal(2))])
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.settle()

    before = _fence(scene.local)
    kill(scene.local, "PollerFunction")
    schedule_poller(scene.local)
    _await_fence_beyond(scene.local, before)
    scene.trade(("sell", "0.04", USDM_BTC))
    records = scene.settle()

    assert [order.state for order in records] == [State.COPIED, State.COPIED]
    assert records[1].reduce_only
    assert scene.position(follower) == Decimal("0.12")
    figure("reduced by 2/5 after a restart: reduced by 2/5")


def test_one_429_ends_in_one_order_and_a_visible_retry(scene: Scene, figure: Figure) -> None:
    limited, shaken = scene.add_followers([Rules()] * 2)
    scene.local.exchange.add_faults(
        [
            _fault(limited.name, status=429, retry_after=1),
            _fault(shaken.name, status=503),
        ]
    )

    scene.trade(("buy", "0.1", USDM_BTC))
    records = {order.account_id: order for order in scene.settle()}

    assert {order.state for order in records.values()} == {State.COPIED}
    assert scene.verdict().doubled == 0
    for follower in (limited, shaken):
        assert len(scene.local.exchange.orders(account=follower.name)) == 1
        states = _saga_states(scene.local, records[follower.name])
        assert "TaskStateEntered" in states
        assert states[-1] == "ExecutionSucceeded"
    figure("a 429, a 503: 1 order each")


def test_a_leader_with_btc_buys_eth(scene: Scene, figure: Figure) -> None:
    (follower,) = scene.add_followers([Rules()])
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.settle()

    scene.trade(("buy", "2", "ETH/USDT:USDT"))
    scene.settle()

    assert scene.position(follower, "BTCUSDT") == Decimal("0.1")
    assert scene.position(follower, "ETHUSDT") == 2
    assert len(scene.local.exchange.orders(account=follower.name)) == 2
    figure("ETH bought beside BTC: 1 order, in ETH")


def test_ten_small_fills_at_half_scale(scene: Scene, figure: Figure) -> None:
    (follower,) = scene.add_followers([Rules(multiplier=Decimal("0.5"))])

    scene.trade(*[("buy", "0.001", USDM_BTC)] * 10)
    records = scene.settle()

    held = scene.position(follower)
    assert held == Decimal("0.005")
    assert {order.reason for order in records if order.state is State.SKIPPED} == {"below_lot"}
    figure(f"10 fills of 0.001 at half scale: {held}")


def _fault(account: str, **what: object) -> dict[str, object]:
    rule = {"kind": "status", "endpoint": "order_create", "times": 1, "account": account}
    return {**rule, **what}


def _saga_states(local: LocalStack, order: CopyOrder) -> list[str]:
    """The event types of the retry_order execution of an order."""
    client = local.aws.client("stepfunctions")
    executions = client.list_executions(stateMachineArn=local.name("RetryOrder"))["executions"]
    (execution,) = [e for e in executions if e["name"].startswith(order.client_order_id)]
    history = client.get_execution_history(executionArn=execution["executionArn"])
    return [event["type"] for event in history["events"]]


def _fence(local: LocalStack) -> int:
    """The number of the lease that a run of the poller holds."""
    key = {"pk": {"S": SHARD}}
    client = local.aws.client("dynamodb")
    item = client.get_item(TableName=local.name("LeasesTable"), Key=key, ConsistentRead=True)
    return int(item["Item"]["fence"]["N"])


def _await_fence_beyond(local: LocalStack, fence: int) -> None:
    for _ in range(600):
        if _fence(local) > fence:
            return
        time.sleep(0.05)
    pytest.fail("no other run of the poller took the lease")
