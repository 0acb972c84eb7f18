"""The fee of streamed fills, where the venue tells it in its lists alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

logger = logging.getLogger(__name__)

# A streamed fill waits this long for its fee, and then goes on without it.
FEE_S = 1.0

TradesOf = Callable[[Any, str, str], Awaitable[list[Any]]]


async def add(exchange: Any, rows: list[Any], trades_of: TradesOf) -> None:
    """Into ccxt's trades, out of the lists of their orders; each counts without its fee too."""
    orders = {(row["order"], row["symbol"]) for row in rows if row["order"]}
    if not orders:
        return
    fees: dict[str, Any] = {}
    try:
        async with asyncio.timeout(FEE_S):
            reads = (trades_of(exchange, *order) for order in orders)
            for trades in await asyncio.gather(*reads):
                fees |= {trade["id"]: trade["fee"] for trade in trades}
    except Exception as error:  # noqa: BLE001 - whatever it is, the fill is told
        logger.warning("no fees of streamed fills: %s", type(error).__name__)
    for row in rows:
        row["fee"] = fees.get(row["id"])
