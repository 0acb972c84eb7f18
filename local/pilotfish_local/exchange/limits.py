"""Rate limits: request weight per minute, orders per ten seconds, and bans."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """What one API key (or one address, with scope "ip") may use of a venue."""

    weight_per_minute: int
    orders_per_10s: int
    ban_after: int = 20
    ban_s: int = 120
    scope: str = "key"


DEFAULTS = {
    "binance": Limits(6000, 100),
    "binanceusdm": Limits(2400, 300),
    "delta": Limits(2000, 500),
    "bybit": Limits(3000, 200),
    "okx": Limits(3000, 300),
    "kraken": Limits(600, 300),
    "kana": Limits(3000, 300),
}


class Limited(Exception):
    """Too much: `status` is 429, or 418 while banned; `retry_after` is in seconds."""

    def __init__(self, status: int, what: str, limit: int, retry_after: int) -> None:
        super().__init__(f"{status} {what}")
        self.status = status
        self.what = what
        self.limit = limit
        self.retry_after = retry_after


@dataclass(slots=True)
class _Usage:
    minute: int = 0
    weight: int = 0
    ten_seconds: int = 0
    orders: int = 0
    violations: int = 0
    banned_until: float = 0.0


@dataclass(slots=True)
class Meter:
    """Counts what each key or address uses; windows are aligned to the clock."""

    limits: dict[str, Limits] = field(default_factory=lambda: dict(DEFAULTS))
    _usage: dict[tuple[str, str], _Usage] = field(default_factory=dict)

    def charge(
        self, venue: str, key: str, address: str, weight: int, orders: int, now: float
    ) -> dict[str, int]:
        """Charge a request, or raise Limited; returns what is used as {weight, orders}."""
        limits = self.limits[venue]
        who = key if limits.scope == "key" and key else address
        usage = self._usage.setdefault((venue, who), _Usage())
        _roll(usage, now)
        if usage.banned_until > now:
            raise Limited(418, "ban", 0, int(usage.banned_until - now) + 1)
        if usage.weight + weight > limits.weight_per_minute:
            self._violated(usage, limits, now)
            raise Limited(429, "weight", limits.weight_per_minute, 60 - int(now) % 60)
        if usage.orders + orders > limits.orders_per_10s:
            self._violated(usage, limits, now)
            raise Limited(429, "orders", limits.orders_per_10s, 10 - int(now) % 10)
        usage.weight += weight
        usage.orders += orders
        return {"weight": usage.weight, "orders": usage.orders}

    def _violated(self, usage: _Usage, limits: Limits, now: float) -> None:
        usage.violations += 1
        if usage.violations >= limits.ban_after:
            usage.violations = 0
            usage.banned_until = now + limits.ban_s

    def ban(self, venue: str, who: str, until: float) -> None:
        """Ban a key (or an address) until a moment, in seconds since 1970."""
        self._usage.setdefault((venue, who), _Usage()).banned_until = until

    def forgive(self) -> None:
        """Forget all usage and all bans."""
        self._usage.clear()


def _roll(usage: _Usage, now: float) -> None:
    minute, ten_seconds = int(now // 60), int(now // 10)
    if minute != usage.minute:
        usage.minute, usage.weight = minute, 0
    if ten_seconds != usage.ten_seconds:
        usage.ten_seconds, usage.orders = ten_seconds, 0
