"""Times as a person types and reads them."""

import re
import time
from datetime import UTC, datetime, timedelta

import typer

_AGO = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def since(text: str | None) -> int | None:
    """UTC ms of `2h` (ago; s, m, h, d) or of an ISO 8601 time, UTC unless it says otherwise."""
    if text is None:
        return None
    if found := _AGO.fullmatch(text.strip()):
        ago = timedelta(**{_UNITS[found[2]]: int(found[1])})
        return int((time.time() - ago.total_seconds()) * 1000)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text} is neither a time ago, as 2h, nor as 2026-03-31T12:00")  # noqa: B904
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def marked(paper: bool | None) -> str:
    """Before what is done with play money, so that nobody takes it for real."""
    return "PAPER  " if paper else ""


def shown(at_ms: int) -> str:
    """`2026-03-31 12:00:00.123`, in UTC."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{at_ms % 1000:03d}"
