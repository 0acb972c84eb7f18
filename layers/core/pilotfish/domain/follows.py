"""Who follows whom, and by which rules."""

from dataclasses import dataclass, field
from decimal import Decimal

DEFAULT_LATENESS_S = 120

# A fill of one shard is decided in one DynamoDB transaction of at most 100 items: the
# ledger, and for a flip two orders for each follow.
FOLLOWS_PER_SHARD = 48


@dataclass(frozen=True, slots=True)
class Rules:
    """How a follow sizes and limits its copies.

    `multiplier` scales the leader's quantity; `max_order_notional` caps one entry (quote
    units); an entry older than `lateness_s` seconds expires; `symbols` maps a leader's
    symbol to the follower's where they differ.
    """

    multiplier: Decimal = Decimal(1)
    max_order_notional: Decimal | None = None
    lateness_s: int = DEFAULT_LATENESS_S
    symbols: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Follow:
    """One follower account mirroring one leader account since `started_ms` (UTC ms)."""

    follow_id: str
    leader_id: str
    account_id: str
    owner: str
    venue: str
    started_ms: int
    shard: int = 0
    active: bool = True
    rules: Rules = field(default_factory=Rules)
