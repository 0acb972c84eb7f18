"""How the model exchange misbehaves in the chaos, at random from a seed."""

from collections.abc import Sequence
from typing import Any

Rule = dict[str, Any]


def rules(
    leaders: Sequence[str], followers: Sequence[str], *, seed: int, hang_ms: int
) -> list[Rule]:
    """2 % timeouts, half of them accepted; 2 % 5xx; 1 % cut connections; streams that stutter.

    A rule hits one account, and each has a generator of its own: what a follower suffers does not
    depend on how fast the others are served. The leaders' own orders are left alone.
    """
    for_followers = [
        rule
        for name in followers
        for rule in (
            _rule(name, "order_create", "timeout_before", 0.01, ms=hang_ms),
            _rule(name, "order_create", "timeout_after", 0.01, ms=hang_ms),
            _rule(name, "order_create", "status", 0.01, status=503),
            _rule(name, "order_create", "status", 0.005, status=502, body="html", when="after"),
            _rule(name, "order_create", "status", 0.005, status=500, body="empty"),
            _rule(name, "order_create", "reset", 0.005),
            _rule(name, "order_create", "reset", 0.005, when="after"),
            _rule(name, "order_lookup", "status", 0.02, status=503),
        )
    ]
    for_leaders = [
        rule
        for name in leaders
        for rule in (
            _rule(name, "stream", "drop_socket", 0.01),
            _rule(name, "stream", "duplicate_socket", 0.02),
            _rule(name, "fills", "status", 0.02, status=503),
        )
    ]
    return [{**rule, "seed": seed} for rule in (*for_followers, *for_leaders)]


def _rule(account: str, endpoint: str, kind: str, probability: float, **more: Any) -> Rule:
    return {
        "account": account,
        "endpoint": endpoint,
        "kind": kind,
        "probability": probability,
        **more,
    }


def fired(rules_seen: Sequence[Rule]) -> dict[str, int]:
    """How often each kind of fault struck."""
    counts: dict[str, int] = {}
    for rule in rules_seen:
        if rule["endpoint"] != "order_create":
            name = f"{rule['endpoint']} {rule['kind']}"
        elif rule["kind"] == "status":
            name = "5xx"
        else:
            name = str(rule["kind"])
        counts[name] = counts.get(name, 0) + int(rule["fired"])
    return {name: count for name, count in counts.items() if count}
