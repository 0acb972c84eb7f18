"""Waiting for several things at once, and being cancelled in good order."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


async def to_its_end(work: Coroutine[None, None, T]) -> T:
    """Await work that goes on when we are cancelled, and then end only after it.

    A thread that writes cannot be called back: whoever listens next must not load the positions
    while it still moves them.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def within(timeout_s: float, event: asyncio.Event) -> None:
    """Wait for the event, but no longer than `timeout_s`."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), timeout_s)


async def side_by_side(*works: Coroutine[None, None, None]) -> None:
    """Run side by side until one ends; stop the others and raise what it raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
