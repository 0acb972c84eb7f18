"""Fills of a Kana wallet as they happen: its socket rings, and REST says what was filled.

The socket confirms nothing, begins with what is past, and has no id for a fill. So what REST showed
when the subscription was sent is known, and whatever it shows afterwards is new, each once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Any

from pilotfish.domain.asides import Report
from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.fills import Fill
from pilotfish_venues.kana import MARK
from pilotfish_venues.lines import Line, opened
from pilotfish_venues.reports import told_ms
from pilotfish_venues.streams import Watched

TOPIC = "trade_history"
# How long the list of fills may be behind the socket, as waits before each look.
PATIENCE_S = (0.0, 0.2, 0.4, 0.8, 1.6, 3.2)
OVERLAP_MS = 10_000
_PARTS = 5


async def fills(
    account: Watched, connected: asyncio.Event
) -> AsyncGenerator[Sequence[Report], None]:
    """Fills in batches, and what happened in a market that we do not know.

    Raises when the socket closes or stays mute, and when the list does not show what it rang for.
    """
    exchange = account.exchange
    shared = exchange.shared
    address = await exchange.profile_address()
    async with opened(shared.sockets, exchange.urls["api"]["ws"], shared.ping_s) as line:
        await line.send({"topic": TOPIC, "address": address})
        since_ms = await exchange.fetch_time() - OVERLAP_MS
        known = {fill.trade_id for fill in await account.read(since_ms)}
        told: Counter[str] = Counter()
        connected.set()
        async with aclosing(_rings(line)) as batches:
            async for batch in batches:
                rows = map(account.report, exchange.parse_trades_helper(False, batch))
                late = [row for row in rows if told_ms(row) >= since_ms]
                asides = [row for row in late if not isinstance(row, Fill)]
                if asides:
                    yield asides
                rung = [row.trade_id for row in late if isinstance(row, Fill)]
                told.update(rung)
                if rung:
                    async for new in _listed(account, since_ms, known, told):
                        yield new


async def _listed(
    account: Watched, since_ms: int, known: set[str], told: Counter[str]
) -> AsyncGenerator[list[Fill], None]:
    """What the list shows beyond what is known, until it shows all that was ever told.

    What was told once more than it is shown is either a fill like another or told twice.
    """
    shown: Counter[str] = Counter()
    for wait_s in PATIENCE_S:
        await asyncio.sleep(wait_s)
        rows = await account.read(since_ms)
        new = [fill for fill in rows if fill.trade_id not in known]
        known.update(fill.trade_id for fill in new)
        if new:
            yield new
        shown = Counter(_bare(fill.trade_id) for fill in rows)
        if shown >= told:
            return
    if missing := set(told) - set(shown):
        raise OutcomeUnknown(f"{len(missing)} fills were told but are not listed")


def _bare(trade_id: str) -> str:
    """Without the number that tells fills apart that look the same."""
    return MARK.join(trade_id.split(MARK)[:_PARTS])


async def _rings(line: Line) -> AsyncGenerator[list[Any], None]:
    """What the socket tells, in batches; it is read, and pinged, while a batch is looked up."""
    events: asyncio.Queue[list[Any] | BaseException] = asyncio.Queue()

    async def listen() -> None:
        try:
            while True:
                message = await line.receive()
                if message.get("message") == TOPIC:
                    events.put_nowait(message["data"])
        except Exception as error:  # noqa: BLE001 - whoever waits for the queue raises it
            events.put_nowait(error)

    reading = asyncio.create_task(listen())
    try:
        while True:
            batch = [await events.get()]
            while not events.empty():
                batch.append(events.get_nowait())
            yield [row for rows in batch if isinstance(rows, list) for row in rows]
            for event in batch:
                if isinstance(event, BaseException):
                    raise event
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
