"""The two state machines, turn by turn, with the waits of their definitions at their longest."""

import asyncio
from typing import TYPE_CHECKING

from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.usecases.retry import Turn
from pilotfish.usecases.sync_exit import Standing
from tests.matrix.workers import Crash

if TYPE_CHECKING:
    from tests.matrix.world import World

RETRY_TURNS = 40
SYNC_TURNS = 32


async def retry_order(world: "World", order: CopyOrder) -> None:
    """Turns until the order is at its end; a turn that fails is followed by another."""

    async def one() -> Turn:
        return await world.functions.retry(order.follow_id, order.order_key)

    world.open_sagas += 1
    try:
        wait_s = 1.0
        for turn in range(RETRY_TURNS):
            await asyncio.sleep(wait_s)
            wait_s = min(8, 2 ** (turn + 1)) if turn < 7 else 30
            try:
                found = await world.functions.invoke("retry", one)
            except (Crash, Exception):  # noqa: BLE001 - as the definition's Catch of States.ALL
                continue
            if found.state.terminal:
                if found.state is State.MANUAL:
                    world.left.append(f"{order.order_id}: {found.finding}")
                return
            wait_s = max(wait_s, found.wait_s)
        world.left.append(f"{order.order_id}: not settled")
    finally:
        world.open_sagas -= 1


async def exit_sync(world: "World", fill: Fill, *, late: bool) -> None:
    """Looks until every follower is there."""
    world.open_sagas += 1
    try:
        for turn in range(SYNC_TURNS):
            wait_s = min(60, 2 ** min(turn - 13, 6)) if turn >= 16 else 4
            await asyncio.sleep(wait_s if turn else 2)
            try:
                standing = await world.functions.invoke(
                    "exit_sync", lambda: world.functions.look_at_exit(fill, late=late)
                )
            except (Crash, Exception):  # noqa: BLE001 - as the definition's Catch of States.ALL
                continue
            if standing is not Standing.OPEN:
                return
        world.left.append(f"{fill.fill_id}: not synced")
    finally:
        world.open_sagas -= 1
