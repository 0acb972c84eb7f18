"""Kana Labs: a class of our own, a socket of theirs, and two positions a market that are one."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from pilotfish.domain.asides import Report
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import Position
from pilotfish_venues import kana_stream
from pilotfish_venues.dialects.base import Dialect
from pilotfish_venues.streams import Watched


class Kana(Dialect):
    async def watch(
        self, account: Watched, connected: asyncio.Event
    ) -> AsyncGenerator[Sequence[Report], None]:
        """By its own socket: ccxt has no class for it."""
        async with aclosing(kana_stream.fills(account, connected)) as batches:
            async for reports in batches:
                yield reports

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        """A wallet may be long and short in a market at once: what it holds is the difference.

        Followers copy that, so that they need no hedge mode.
        """
        held: dict[str, list[Position]] = {}
        for position in await super().positions(exchange, params):
            held.setdefault(position.symbol, []).append(position)
        return [_netted(symbol, rows) for symbol, rows in held.items()]

    def position_side(self, row: Any) -> PositionSide:
        """One position a market."""
        return PositionSide.NET


def _netted(symbol: str, rows: list[Position]) -> Position:
    quantity = sum((row.quantity for row in rows), Decimal(0))
    entry = rows[0].entry_price if len(rows) == 1 else None
    leverage = rows[0].leverage if len({row.leverage for row in rows}) == 1 else None
    return Position(symbol, PositionSide.NET, quantity, entry, leverage)


DIALECT = Kana()
