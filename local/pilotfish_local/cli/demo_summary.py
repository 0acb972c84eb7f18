"""What a run of the demo came to, for programs and for people."""

from rich.table import Table

from pilotfish_local.demo.judge import Latency
from pilotfish_local.demo.plan import Plan
from pilotfish_local.demo.run import Outcome


def as_document(plan: Plan, outcome: Outcome) -> dict[str, object]:
    """For `--json`: money as text, latencies in milliseconds, `websocket` as a client saw it."""
    verdict, seen = outcome.verdict, outcome.seen
    return {
        "leaders": plan.leaders,
        "followers": plan.followers,
        "venue": plan.venue,
        "market": plan.market,
        "prices": {
            symbol: {"low": str(low), "high": str(high)}
            for symbol, (low, high) in seen.prices().items()
        },
        "fills": verdict.fills,
        "copies": verdict.copies,
        "missing": verdict.missing,
        "doubled": verdict.doubled,
        "excused": verdict.excused,
        "latency_ms": {"first_follower": verdict.first_ms, "last_follower": verdict.last_ms},
        "websocket": {
            "fills": len(seen.fills),
            "copies": seen.copies,
            "changes": len(seen.changes),
            "unseen": outcome.unseen,
        },
        "iam_enforced": outcome.iam_enforced,
        "warm_up_not_counted": outcome.warm_up,
        "seconds": outcome.seconds,
        "profit": {name: f"{value:.2f}" for name, value in sorted(outcome.profits.items())},
    }


def as_table(plan: Plan, outcome: Outcome) -> Table:
    """For a terminal."""
    verdict, seen = outcome.verdict, outcome.seen
    table = Table(
        title="\nAs the venue's own order book has it",
        show_header=False,
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    for name in ("fills", "copies", "missing", "doubled"):
        count = getattr(verdict, name)
        bad = name in ("missing", "doubled") and count
        table.add_row(name, f"[red]{count}[/red]" if bad else str(count))
    for reason, count in verdict.excused.items():
        table.add_row(f"not copied: {reason}", str(count))
    table.add_row("fill to first follower", _latency(verdict.first_ms))
    table.add_row("fill to last follower", _latency(verdict.last_ms))
    told = f"{len(seen.fills)} fills, {len(seen.changes)} changes of {seen.copies} copies"
    table.add_row("told on the WebSocket", f"{told}; {outcome.unseen} untold")
    table.add_row("IAM", "enforced" if outcome.iam_enforced else "[red]not enforced[/red]")
    if warm := outcome.warm_up:
        text = f"{warm.fills} fills; the first copy, cold, took {warm.first_copy_ms} ms"
        table.add_row("warm-up, not counted", text)
    return table


def _latency(latency: Latency | None) -> str:
    if latency is None:
        return "–"
    return f"p50 {latency.p50} ms, p95 {latency.p95} ms, max {latency.max} ms"
