"""What cannot be copied ends in one clear state, in the venue's words, and holds nobody up."""

from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rules import Rules
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
