"""What the demo shows while it runs, fed by the stack's own WebSocket alone."""

import asyncio
import contextlib
import json
from collections import Counter, deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import aiohttp
from rich.console import Group
from rich.table import Table
from rich.text import Text

RECENT = 8
SHOWN_FOLLOWERS = 12
FLYING = ("PLANNED", "SENT", "UNSENT", "UNKNOWN")
ENDED = ("SKIPPED", "REJECTED", "EXPIRED", "MANUAL")

Json = dict[str, Any]


@dataclass(slots=True)
class FollowerRow:
    """What is known of one follow."""

    states: Counter[str] = field(default_factory=Counter)
    last: str = ""
    latency_ms: int = 0


@dataclass(slots=True)
class LiveView:
    """The state of the screen; every message moves it on."""

    fills: deque[Json] = field(default_factory=lambda: deque(maxlen=RECENT))
    fills_seen: set[tuple[str, str]] = field(default_factory=set)
    followers: dict[str, FollowerRow] = field(default_factory=dict)
    profits: dict[str, Decimal] = field(default_factory=dict)
    _seen: dict[str, tuple[int, str]] = field(default_factory=dict)

    def tell(self, message: Json) -> None:
        """Take in one frame of the socket."""
        if message["type"] == "BATCH":
            for inner in message["messages"]:
                self.tell(inner)
        elif message["type"] == "TRADE_UPDATE":
            self.fills_seen.add((message["leader"], message["fill"]))
            self.fills.append(message)
        elif message["type"] == "COPY_UPDATE":
            self._copy(message)

    def _copy(self, copy: Json) -> None:
        row = self.followers.setdefault(copy["follow"], FollowerRow())
        revision, before = self._seen.get(copy["order"], (-1, ""))
        if copy["revision"] <= revision:
            return  # Told twice, or late.
        row.states[before] -= 1
        row.states[copy["state"]] += 1
        self._seen[copy["order"]] = (copy["revision"], copy["state"])
        if copy["state"] == "COPIED":
            row.last = f"{copy['side']} {copy['filled']} {copy['symbol']} @ {copy['average_price']}"
            row.latency_ms = copy["latency_ms"]

    @property
    def copied(self) -> int:
        """Copy orders that ended COPIED."""
        return sum(row.states["COPIED"] for row in self.followers.values())

    def render(self) -> Group:
        """Two tables and a line of totals."""
        totals = Text(f"{len(self.fills_seen)} fills, {self.copied} copies", style="bold")
        return Group(totals, self._fills_table(), self._followers_table())

    def _fills_table(self) -> Table:
        table = Table(title="Leaders' fills", expand=True, title_justify="left")
        for column in ("leader", "side", "quantity", "symbol", "price"):
            table.add_column(column, justify="right" if column in ("quantity", "price") else "left")
        for fill in reversed(self.fills):
            style = "green" if fill["side"] == "buy" else "red"
            table.add_row(
                fill["leader"],
                Text(fill["side"], style=style),
                fill["quantity"],
                fill["symbol"],
                fill["price"],
            )
        return table

    def _followers_table(self) -> Table:
        table = Table(title="Followers", expand=True, title_justify="left")
        table.add_column("follower > leader")
        for column in ("copied", "in flight", "other", "P&L", "latency"):
            table.add_column(column, justify="right")
        table.add_column("last copy")
        for follow_id, row in sorted(self.followers.items())[:SHOWN_FOLLOWERS]:
            flying = sum(row.states[state] for state in FLYING)
            other = sum(row.states[state] for state in ENDED)
            profit = self.profits.get(follow_id.partition(">")[0])
            table.add_row(
                follow_id,
                str(row.states["COPIED"]),
                str(flying),
                str(other),
                "" if profit is None else f"{profit:+.2f}",
                f"{row.latency_ms} ms",
                row.last,
            )
        more = len(self.followers) - SHOWN_FOLLOWERS
        if more > 0:
            table.caption = f"and {more} more"
        return table


async def listen(url: str, view: LiveView, connected: asyncio.Event) -> None:
    """Feed the view from the stack's WebSocket until cancelled."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        connected.set()
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                with contextlib.suppress(KeyError):
                    view.tell(json.loads(frame.data))
