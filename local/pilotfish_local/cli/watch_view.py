"""How messages of the live protocol look in a terminal."""

from collections import deque
from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.text import Text

from pilotfish.client import LiveClient, Status
from pilotfish.domain.channels import parse_channel
from pilotfish.domain.messages import (
    Alert,
    CopyUpdate,
    MarketUpdate,
    OrderUpdate,
    PaperPortfolio,
    PortfolioUpdate,
    PositionUpdate,
    RiskUpdate,
    Snapshot,
    SyncUpdate,
    Told,
    TradeUpdate,
    members,
)
from pilotfish_local.cli.moments import marked, shown

RECENT = 20


class View:
    """The states as they are now, over the latest events."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._states: dict[str, Sequence[str]] = {
            name: (f"{name}: nothing yet",) for name in channels if parse_channel(name).of_states
        }
        self._events: deque[str] = deque(maxlen=RECENT)

    def show(self, message: Told) -> None:
        """From the next drawing on."""
        if message.channel in self._states:
            self._states[message.channel] = list(lines(message))
        else:
            self._events.extend(lines(message))

    def render(self, client: LiveClient) -> Group:
        """With how the connection is at the top."""
        states = [line for some in self._states.values() for line in some]
        rows = [*states, *([""] if states else []), *self._events]
        return Group(_status(client), *(_row(row) for row in rows))


def lines(message: Told) -> Iterator[str]:
    """A message in a line or a few."""
    if isinstance(message, Snapshot):
        name = message.channel
        yield f"{shown(message.timestamp)}  {name}: how things are, after too long away"
        for inner in message.messages:
            if isinstance(inner, Told):
                yield from lines(inner)
        return
    if isinstance(message, PositionUpdate) and message.positions:
        for each in message.positions:
            yield (
                f"{each.type:<4} {marked(each.paper)}{each.quantity:g} {each.symbol} "
                f"@ {_number(each.entry_price)}  "
                f"now {_number(each.current_price)}  P&L {_number(each.current_pnl)}"
                f"{_stale(each.stale)}"
            )
        return
    yield f"{shown(message.timestamp)}  {_text(message)}"


def _text(message: Told) -> str:
    if isinstance(message, TradeUpdate):
        it = message
        return f"{it.leader} {it.side} {it.quantity} {it.symbol} @ {it.price} on {it.venue}"
    if isinstance(message, CopyUpdate):
        filled = f" {message.filled} @ {message.average_price}" if message.average_price else ""
        return (
            f"{message.leader} → {message.account}  {marked(message.paper)}"
            f"{message.side} {message.quantity} "
            f"{message.symbol}  {message.state}{filled}  {message.reason}"
        ).rstrip()
    if isinstance(message, OrderUpdate):
        one = message.order
        return f"order {one.id}  {marked(one.paper)}{one.symbol}  {one.status}"
    if isinstance(message, Alert):
        return f"{message.alert.severity}: {message.alert.message}"
    return _state_text(message)


def _state_text(message: Told) -> str:
    if isinstance(message, SyncUpdate):
        it = message.sync
        return f"{it.account} {it.status}  {it.trades_synced} trades in {it.pages} pages"
    if isinstance(message, MarketUpdate):
        change = message.priceChangePercent
        moved = "" if change is None else f"  {change:+.2f} %"
        return f"{message.symbol} {_number(message.price)}{moved}{_stale(message.stale)}"
    if isinstance(message, PortfolioUpdate):
        held = message.portfolio
        return (
            f"balance {held.balance:,.2f}  P&L {held.total_pnl:+,.2f}  "
            f"{held.positions_count} positions{_stale(held.stale)}{_on_paper(held.paper)}"
        )
    if isinstance(message, RiskUpdate):
        risk = message.risk
        return (
            f"gross {risk.gross_exposure:,.2f}  net {risk.net_exposure:,.2f}  "
            f"largest {risk.largest_position:,.2f}  drawdown {risk.drawdown:,.2f}"
            f"{_stale(risk.stale)}"
        )
    if isinstance(message, PositionUpdate):
        return "no open positions"
    return " ".join(f"{name}={value}" for name, value in members(message).items())


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.10g}"


def _on_paper(paper: PaperPortfolio | None) -> str:
    return f"  on paper P&L {paper.total_pnl:+,.2f}" if paper else ""


def _stale(stale: bool | None) -> str:
    return "  (stale)" if stale else ""


def _row(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _status(client: LiveClient) -> Text:
    parts = [str(client.status)]
    if client.latency is not None:
        parts.append(f"answers in {client.latency * 1000:.0f} ms")
    if client.connections > 1:
        parts.append(f"connection {client.connections}")
    if client.status not in (Status.CONNECTED, Status.POLLING) and client.last_error:
        parts.append(str(client.last_error))
    return Text("   ".join(parts), style="bold", no_wrap=True, overflow="ellipsis")
