"""What sends orders, and what looks for those whose fate is not known."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pilotfish.settings import ExecutorSettings, ReplaySettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from pilotfish.ports import HaltGate, MarginGate
    from pilotfish.usecases.execute import Execute
    from pilotfish.usecases.replay_batch import ReplayBatch
    from pilotfish.usecases.retry import RetryOrder


def execute(settings: ExecutorSettings) -> "Execute":
    """The executor's use case."""
    from pilotfish.adapters.saga import StepFunctionsRetries
    from pilotfish.usecases.execute import Execute

    retries = StepFunctionsRetries(outside.states(), settings.retry_order_arn, outside.utc_ms)
    parts = _execution(settings)
    margins = _margins(settings, parts)
    return Execute(**parts, halts=_halts(settings), margins=margins, retries=retries)


def retry_order(settings: ExecutorSettings) -> "RetryOrder":
    """The task of the `retry_order` saga, which never starts another one."""
    from pilotfish.adapters.saga import StepFunctionsRetries
    from pilotfish.usecases.execute import Execute
    from pilotfish.usecases.retry import RetryOrder

    parts = _execution(settings)
    retries = StepFunctionsRetries(outside.states(), settings.retry_order_arn, outside.utc_ms)
    margins = _margins(settings, parts)
    execute = Execute(**parts, halts=_halts(settings), margins=margins, retries=retries)
    return RetryOrder(**parts, execute=execute)


def replay(settings: ReplaySettings) -> "ReplayBatch":
    """The replay's use case: it looks at venues and at the books, and starts sagas."""
    from pilotfish.adapters.dynamo.audit import DynamoAudit
    from pilotfish.adapters.dynamo.fills import DynamoFills
    from pilotfish.adapters.dynamo.follows import DynamoFollows
    from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
    from pilotfish.adapters.dynamo.positions import DynamoPositions
    from pilotfish.adapters.dynamo.replays import DynamoReplays
    from pilotfish.adapters.saga import StepFunctionsRetries
    from pilotfish.usecases.look_again import LookAgain
    from pilotfish.usecases.replay import Replay
    from pilotfish.usecases.replay_batch import ReplayBatch

    client, parts = outside.dynamodb(), _execution(settings)
    opened = parts.pop("venues")
    states = outside.states()
    one = Replay(
        **parts,
        fills=DynamoFills(client, settings.fills_table),
        follows=DynamoFollows(client, settings.follows_table, settings.accounts_table),
        ledgers=DynamoLedgers(client, settings.ledgers_table, settings.copy_orders_table),
        positions=DynamoPositions(client, settings.positions_table),
        replays=DynamoReplays(
            client,
            ledgers_table=settings.ledgers_table,
            orders_table=settings.copy_orders_table,
            positions_table=settings.positions_table,
        ),
        retries=StepFunctionsRetries(states, settings.retry_order_arn, outside.utc_ms),
        look_again=LookAgain(parts["accounts"], opened, outside.utc_ms),
    )
    audit = DynamoAudit(client, settings.copy_orders_table)
    return ReplayBatch(orders=parts["orders"], audit=audit, replay=one)


def _halts(settings: ExecutorSettings) -> "HaltGate":
    from pilotfish.adapters.dynamo.halts import DynamoHaltGate

    return DynamoHaltGate(outside.dynamodb(), settings.halts_table, outside.utc_ms)


def _margins(settings: ExecutorSettings, parts: Mapping[str, Any]) -> "MarginGate":
    from pilotfish.adapters.dynamo.margins import DynamoMargins
    from pilotfish.usecases.set_margin import SetMargin

    return SetMargin(
        accounts=parts["accounts"],
        venues=parts["venues"],
        margins=DynamoMargins(outside.dynamodb(), settings.positions_table),
        clock=parts["clock"],
    )


def _execution(settings: ExecutorSettings) -> dict[str, Any]:
    from pilotfish.adapters.dynamo.accounts import DynamoAccounts

    client = outside.dynamodb()
    orders = outside.orders(client, settings)
    accounts = DynamoAccounts(client, settings.accounts_table, outside.utc_ms)
    return {
        "orders": orders,
        "accounts": accounts,
        "venues": outside.venues(settings),
        "clock": outside.utc_ms,
    }
