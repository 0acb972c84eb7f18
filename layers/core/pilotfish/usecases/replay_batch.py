"""Replay the orders that a person named, or all that failed since a time."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pilotfish.domain.orders import CopyOrder
from pilotfish.ports import Audit, Orders
from pilotfish.usecases.replay import Replay, Replayed, Verdict

# What one call takes on, well within its function's time, and how many of them at a time.
MOST = 50
SIDE_BY_SIDE = 10

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of each order; when there is more, it failed from `more_since_ms` on."""

    orders: list[Replayed]
    more_since_ms: int | None = None


class ReplayBatch:
    """One order that cannot be replayed holds up no other."""

    def __init__(self, *, orders: Orders, audit: Audit, replay: Replay) -> None:
        self._orders = orders
        self._audit = audit
        self._replay = replay

    async def __call__(
        self, keys: Sequence[tuple[str, str]], since_ms: int | None, *, dry_run: bool
    ) -> Batch:
        """`keys` are follow id and order key; `since_ms` (UTC) is when orders failed."""
        failed: list[CopyOrder] = []
        if since_ms is not None:
            failed = await asyncio.to_thread(self._audit.failed_since, since_ms, MOST + 1)
        more = failed[MOST].history[-1].at_ms if len(failed) > MOST else None
        found = [await asyncio.to_thread(self._orders.get, *key) for key in keys]
        missing = [key for key, order in zip(keys, found, strict=True) if order is None]
        several = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(order: CopyOrder) -> Replayed:
            async with several:
                try:
                    return await self._replay(order, dry_run=dry_run)
                except Exception as error:
                    logger.exception("not replayed: %s", order.order_id)
                    return Replayed(order.order_id, order.state, Verdict.REFUSED, repr(error))

        orders = [order for order in found if order is not None] + failed[:MOST]
        replayed = await asyncio.gather(*map(one, orders))
        return Batch([*map(_unknown, missing), *replayed], more)


def _unknown(key: tuple[str, str]) -> Replayed:
    return Replayed("/".join(key), None, Verdict.REFUSED, "there is no such order")
