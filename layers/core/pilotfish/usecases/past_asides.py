"""What a back-fill was told and cannot be a trade: kept for a person, settled by a later one."""

import asyncio
import logging
from collections.abc import Iterable

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, trade_name
from pilotfish.domain.fills import Fill
from pilotfish.domain.sync_sessions import SyncSession
from pilotfish.ports import PastAsides

logger = logging.getLogger(__name__)


class SetPastAside:
    """One turn's. A trade of which the time is told belongs to the period, or it is not kept."""

    def __init__(self, past_asides: PastAsides, account: Account) -> None:
        self._past_asides = past_asides
        self.account = account
        self._open: dict[str, Aside] = {}

    async def begin(self, session: SyncSession) -> None:
        """Write what people have corrected; remember what waits for the venue to tell it better."""
        account_id = self.account.account_id
        for aside, fill in await asyncio.to_thread(self._past_asides.released, account_id):
            await self._settle(session, aside, fill)
        waiting = await asyncio.to_thread(self._past_asides.open, account_id)
        self._open = {trade_name(each.fill): each for each in waiting if each.fill is not None}

    async def page(
        self, session: SyncSession, asides: Iterable[Aside], fills: Iterable[Fill]
    ) -> None:
        """Keep what is new among a page's, and settle what the venue tells properly now."""
        for aside in asides:
            if _outside(session, aside):
                continue
            keep = self._past_asides.keep
            if await asyncio.to_thread(keep, self.account, session, aside):
                logger.warning("set aside, of the past: %s %s", aside.account_id, aside.flaw)
        for fill in fills:
            found = self._open.pop(trade_name(fill), None)
            if found is not None:
                await self._settle(session, found, fill)

    async def _settle(self, session: SyncSession, aside: Aside, fill: Fill) -> None:
        settle = self._past_asides.settle
        if await asyncio.to_thread(settle, self.account, session, aside, fill):
            logger.info("no longer set aside: %s %s", aside.account_id, aside.aside_id)


def _outside(session: SyncSession, aside: Aside) -> bool:
    """What was traded since belongs to the listener."""
    at_ms = aside.fill.traded_ms if aside.fill is not None else 0
    return at_ms > 0 and not session.since_ms <= at_ms <= session.until_ms
