"""The fills of a Delta account as they happen: its socket rings, and REST says what was filled.

The message alone is not the fill. It has no commission, and nothing says that its id and its time
are those of /v2/fills: in Delta's samples one id has dashes and the other none, and REST's times
end at the second. A fill known by two names would be copied twice. So the socket tells that an
order was filled, and REST, at once, with which fill.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.fills import Fill
from pilotfish_venues.delta_socket import DeltaSocket, Told, rings

# How long the list of fills may be behind the socket, as waits before each look.
PATIENCE_S = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
OVERLAP_MS = 10_000
_REMEMBERED = 1_000

Read = Callable[[int], Awaitable[list[Fill]]]


async def fills(
    exchange: Any, socket: DeltaSocket, ping_s: float, read: Read, connected: asyncio.Event
) -> AsyncGenerator[list[Fill], None]:
    """Fills as the socket rings and `read(since_ms)` lists them, in batches, each once.

    `connected` is set once the subscription stands. Raises when the socket closes, stays mute or
    has skipped a message, and when the list does not show what it rang for.
    """
    known = _Known()
    async with aclosing(rings(exchange, socket, ping_s, connected)) as batches:
        async for batch in batches:
            async with aclosing(_looked_up(known.new(batch), read, known)) as found:
                async for part in found:
                    yield part


async def _looked_up(
    wanted: list[Told], read: Read, known: "_Known"
) -> AsyncGenerator[list[Fill], None]:
    """The listed fills that were told, in the order in which they were told."""
    for wait_s in PATIENCE_S:
        if not wanted:
            return
        await asyncio.sleep(wait_s)
        rows = await read(min(told.traded_ms for told in wanted) - OVERLAP_MS)
        found = known.matched(wanted, rows)
        if found:
            yield [found[told] for told in wanted if told in found]
            wanted = [told for told in wanted if told not in found]
    if wanted:
        raise OutcomeUnknown(f"a fill of order {wanted[0].order_id} was told but is not listed")


class _Known:
    """What the socket has told and the list has shown, the last thousand of each."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._listed: dict[str, None] = {}

    def new(self, batch: list[Told]) -> list[Told]:
        """Those that were never told before."""
        return [told for told in batch if _first(self._told, told.fill_id)]

    def matched(self, wanted: list[Told], rows: list[Fill]) -> dict[Told, Fill]:
        """The row of each that is listed: the one with its id, or else the newest that fits."""
        found: dict[Told, Fill] = {}
        for told in reversed(wanted):
            unused = [row for row in reversed(rows) if row.trade_id not in self._listed]
            same = [row for row in unused if _bare(row.trade_id) == _bare(told.fill_id)]
            for row in (same or [row for row in unused if told.fits(row)])[:1]:
                _first(self._listed, row.trade_id)
                found[told] = row
        return found


def _first(names: dict[str, None], name: str) -> bool:
    """Whether a name is new; remembers it."""
    if name in names:
        return False
    names[name] = None
    if len(names) > _REMEMBERED:
        del names[next(iter(names))]
    return True


def _bare(text: str) -> str:
    return text.replace("-", "").lower()
