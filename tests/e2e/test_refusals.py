"""What cannot be copied ends in one clear state, in the venue's words, and holds nobody up."""

from decimal import Decimal

from pilotfish.domain.follows import Rules
from pilotfish.domain.orders import CopyOrder, State
from pilotfish_local.local_stack import LocalStack

from .conftest import USDM_BTC, Scene


def test_each_refusal_is_its_own_and_holds_nobody_up(scene: Scene) -> None:
    local = scene.local
    healthy, disabled, refused = scene.add_followers([Rules()] * 3)
    (elsewhere,) = scene.add_followers([Rules()], "binance")
    (closed,) = scene.add_followers([Rules(symbols={USDM_BTC: "SOL/USDT"})], "binance")
    _disable(local, disabled.name)
    local.exchange.change_account(refused.name, enabled=False)
    local.exchange.change_market("binance", "SOLUSDT", status="BREAK")

    try:
        scene.trade(("buy", "0.1", USDM_BTC))
        records = {order.account_id: order for order in scene.settle()}
    finally:
        local.exchange.change_market("binance", "SOLUSDT", status="TRADING")

    assert records[healthy.name].state is State.COPIED
    assert _end(records[disabled.name]) == (State.REJECTED, "account_disabled")
    assert records[refused.name].state is State.REJECTED
    assert "-2015" in records[refused.name].reason
    assert _end(records[elsewhere.name]) == (State.SKIPPED, "unknown_symbol")
    assert records[closed.name].state is State.REJECTED
    assert "-1013" in records[closed.name].reason
    assert scene.verdict(list(records.values())).copies == 1


def test_429_and_503_end_in_one_order_and_a_visible_retry(scene: Scene) -> None:
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


def test_a_lost_answer_is_looked_up_and_never_sent_again(scene: Scene) -> None:
    (follower,) = scene.add_followers([Rules()])
    rule = {"kind": "reset", "when": "after", "endpoint": "order_create"}
    scene.local.exchange.add_faults([{**rule, "account": follower.name, "times": 1}])

    scene.trade(("buy", "0.1", USDM_BTC))
    (order,) = scene.settle()

    assert order.state is State.COPIED
    assert [event.state for event in order.history] == ["PLANNED", "SENT", "UNKNOWN", "COPIED"]
    assert scene.position(follower) == Decimal("0.1")


def _fault(account: str, **what: object) -> dict[str, object]:
    rule = {"kind": "status", "endpoint": "order_create", "times": 1, "account": account}
    return {**rule, **what}


def _end(order: CopyOrder) -> tuple[State, str]:
    return order.state, order.reason


def _disable(local: LocalStack, account_id: str) -> None:
    client, table = local.aws.client("dynamodb"), local.name("AccountsTable")
    client.update_item(
        TableName=table,
        Key={"pk": {"S": account_id}},
        UpdateExpression="SET enabled = :no",
        ExpressionAttributeValues={":no": {"BOOL": False}},
    )


def _saga_states(local: LocalStack, order: CopyOrder) -> list[str]:
    """The event types of the retry_order execution of an order."""
    client = local.aws.client("stepfunctions")
    executions = client.list_executions(stateMachineArn=local.name("RetryOrder"))["executions"]
    (execution,) = [e for e in executions if e["name"].startswith(order.client_order_id)]
    history = client.get_execution_history(executionArn=execution["executionArn"])
    return [event["type"] for event in history["events"]]
