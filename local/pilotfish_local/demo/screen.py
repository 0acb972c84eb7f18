"""The live tables of the demo: who leads, who follows, and how far the copies are."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from rich.console import Group, JustifyMethod
from rich.table import Table
from rich.text import Text

from pilotfish_local.demo.judge import percentile
from pilotfish_local.demo.seen import Json, Seen, SeenFollow

SHOWN_LEADERS = 5
SHOWN_FOLLOWS = 12
OPEN = ("PLANNED", "SENT", "UNSENT", "UNKNOWN")
NOT_COPIED = ("SKIPPED", "REJECTED", "EXPIRED", "MANUAL")


@dataclass(slots=True)
class Screen:
    """What is seen, and of the rest what only a trader's own account says: its profit."""

    seen: Seen
    market: str
    fills: int
    copies: int
    scales: Mapping[str, Decimal]
    profits: Mapping[str, Decimal] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def render(self) -> Group:
        """A line of totals over two tables."""
        return Group(self._totals(), self._leaders(), "", self._followers())

    def _totals(self) -> Text:
        latencies = self.seen.latencies
        parts = [
            f"fills {len(self.seen.fills)} of {self.fills}",
            f"copies {self.seen.copies} of {self.copies}",
        ]
        if latencies:
            p50, p95 = percentile(latencies, 0.5), percentile(latencies, 0.95)
            parts.append(f"fill to copy p50 {p50:.0f} ms, p95 {p95:.0f} ms")
        parts.append(f"{time.monotonic() - self.started:.0f} s")
        totals = Text("   ".join(parts), style="bold", no_wrap=True, overflow="ellipsis")
        note = f"\n{self.market}\nlatency from fill to copy; P&L after fees\n"
        return totals.append(note, style="dim not bold")

    def _leaders(self) -> Table:
        table = _table("leader", ">fills", ">P&L", "last fill")
        for name, leader in list(self.seen.leaders.items())[:SHOWN_LEADERS]:
            last = _deal(leader.last, "quantity", "price")
            table.add_row(name, str(leader.fills), _signed(self.profits.get(name)), last)
        return _captioned(table, len(self.seen.leaders) - SHOWN_LEADERS)

    def _followers(self) -> Table:
        columns = [">scale", ">copies", ">open", ">not copied", ">latency", ">P&L"]
        several = len(self.seen.leaders) > 1
        table = _table("follower", *(["leader"] if several else []), *columns, "last copy")
        for follow_id, scale in list(self.scales.items())[:SHOWN_FOLLOWS]:
            follower, _, leader = follow_id.partition("~")
            row = self.seen.follows.get(follow_id) or SeenFollow()
            table.add_row(
                follower,
                *([leader] if several else []),
                f"×{scale}",
                str(row.states["COPIED"]),
                _count(row, OPEN),
                _count(row, NOT_COPIED),
                "" if row.typical_ms is None else f"{row.typical_ms} ms",
                _signed(self.profits.get(follower)),
                _deal(row.last, "filled", "average_price"),
            )
        return _captioned(table, len(self.scales) - SHOWN_FOLLOWS)


def _table(*columns: str) -> Table:
    table = Table(box=None, expand=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        justify: JustifyMethod = "right" if name.startswith(">") else "left"
        last = name.startswith("last")  # The one that gives way where the terminal is narrow.
        table.add_column(name.removeprefix(">"), justify=justify, no_wrap=not last)
    return table


def _captioned(table: Table, more: int) -> Table:
    if more > 0:
        table.caption, table.caption_justify = f"and {more} more", "left"
    return table


def _count(row: SeenFollow, states: tuple[str, ...]) -> str:
    count = sum(row.states[state] for state in states)
    return str(count) if count else "–"


def _signed(amount: Decimal | None) -> Text:
    if amount is None:
        return Text("")
    return Text(f"{amount:+,.2f}", style="green" if amount >= 0 else "red")


def _deal(message: Json | None, quantity: str, price: str) -> Text:
    if message is None:
        return Text("")
    style = "green" if message["side"] == "buy" else "red"
    text = Text(message["side"], style, no_wrap=True, overflow="ellipsis")
    base = message["symbol"].partition("/")[0]
    amount, paid = Decimal(message[quantity]).normalize(), Decimal(message[price])
    return text.append(f" {amount:f} {base} @ {paid:,.2f}", style="default")
