"""A trade of the venue's as a fill, or aside where it cannot be one; one never holds up others."""

from collections.abc import Iterable
from typing import Any, TypeVar

from pilotfish.domain.asides import Aside, Flaw, Report, flaw_of, raw_of
from pilotfish.domain.fills import Fill
from pilotfish_venues.trades import fill_of

AnyReport = TypeVar("AnyReport", bound=Report)


def report_of(exchange: Any, row: Any, account_id: str, secrets: Iterable[str]) -> Report:
    """ccxt's trade, from a list or a socket."""
    shared = exchange.shared
    seen_ms = shared.clock.local_ms()
    fill: Fill | None = None
    flaw: Flaw | None = Flaw.UNREADABLE
    try:
        fill = fill_of(exchange, row, account_id, seen_ms)
        listed = fill.symbol in exchange.markets
        flaw = flaw_of(fill, shared.clock.now_ms(), listed=listed)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, only this one waits for a person
        fill = None
    if fill is not None and flaw is None:
        return fill
    raw = raw_of(row.get("info") if isinstance(row, dict) else row, secrets)
    return Aside(account_id, shared.spec.venue, flaw or Flaw.UNREADABLE, seen_ms, raw, fill)


def in_order(reports: Iterable[AnyReport]) -> list[AnyReport]:
    """By time, then by trade id as a number where it is one, else as listed; each trade once."""
    unique = {_name(report): report for report in reports}
    return sorted(unique.values(), key=_age)


def in_unknown_market(report: Report) -> bool:
    """Whether the venue may have listed the market since its markets were read."""
    return isinstance(report, Aside) and report.flaw is Flaw.UNKNOWN_MARKET


def told_ms(report: Report) -> int:
    """When it happened (the venue's time); when we saw it, where that is all that is known."""
    fill = report.fill if isinstance(report, Aside) else report
    return (fill.traded_ms if fill else 0) or report.seen_ms


def _name(report: Report) -> tuple[str, str]:
    if isinstance(report, Aside):
        return "", report.aside_id
    return report.symbol, report.trade_id


def _age(report: Report) -> tuple[int, int]:
    fill = report.fill if isinstance(report, Aside) else report
    trade_id = fill.trade_id if fill else ""
    return told_ms(report), int(trade_id) if trade_id.isdecimal() else 0
