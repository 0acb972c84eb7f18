"""One turn of the `history_sync` state machine."""

import asyncio
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from pilotfish.clock import utc_ms
from pilotfish.settings import HistorySyncSettings
from pilotfish.wiring import history

# A turn begins no page later than this, so that the last one is written before the function ends.
MARGIN_MS = 15_000

logger = Logger()
metrics = Metrics()
runner = asyncio.Runner()
sync_history = history.sync_history(HistorySyncSettings.from_env())


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes a session's key and attempt; answers where it stands and how long to wait.

    With `"last": true` it raises unless it comes further: a redrive begins with this step.
    """
    metrics.add_metric("HistoryTurns", MetricUnit.Count, 1)
    take = sync_history.last if event.get("last") else sync_history
    until_ms = utc_ms() + context.get_remaining_time_in_millis() - MARGIN_MS
    turn = runner.run(take(event["account_id"], event["session_id"], event["attempt"], until_ms))
    metrics.add_metric("TradesSynced", MetricUnit.Count, turn.tally.written)
    answer = {"standing": turn.standing, "pages": turn.pages, "trades": turn.tally.written}
    answer |= {"finding": turn.finding, "wait_s": turn.wait_s}
    logger.info("turn", extra=event | answer)
    return answer
