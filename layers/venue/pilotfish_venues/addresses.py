"""What a venue lets one IP address do, whoever's accounts are behind it, as data and as budgets."""

from collections.abc import Mapping
from dataclasses import dataclass

from pilotfish_venues.throttle import Bucket, SharedBudget

# The part of what may go at once that reads leave to orders, where those are counted too.
FOR_ORDERS = 0.25


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in any `period_s` seconds at a host, `burst_s` seconds' worth of it at once.

    It counts ccxt's costs, or with `each` every request as one; orders only with `orders`, and with
    a `section` only what ccxt has under that name. Where the venue tells what was used of the
    period, `used_header` names it, and `used_unit` is one of our costs there.
    """

    host: str
    most: float
    period_s: float
    burst_s: float
    each: bool = False
    orders: bool = False
    section: str = ""
    used_header: str = ""
    used_unit: float = 1.0

    def budget(self, addresses: int) -> SharedBudget:
        """For so many addresses; burst and refill together stay below `most` in every period."""
        per_second = addresses * self.most / (self.period_s + self.burst_s)
        at_once = per_second * self.burst_s
        return SharedBudget(Bucket(per_second, at_once), at_once * FOR_ORDERS * self.orders)

    def price(self, cost: float, section: str) -> float:
        """What a request of ccxt's `cost` takes of it."""
        if self.section and section != self.section:
            return 0.0
        return 1.0 if self.each else cost

    def left(self, headers: object) -> float | None:
        """What the venue says is left of this period; None: it does not say."""
        if not self.used_header or not isinstance(headers, Mapping):
            return None
        for name, value in headers.items():
            if str(name).lower() == self.used_header:
                return self.most - float(value) / self.used_unit
        return None


class Budgets:
    """The budgets of this process: venues at one host share one."""

    def __init__(self) -> None:
        self._of: dict[tuple[Limit, str], SharedBudget] = {}

    def of(self, limit: Limit | None, base: str, addresses: int) -> SharedBudget | None:
        """Of a limit, reached at `base` (empty: at its host); None without one."""
        if limit is None:
            return None
        key = (limit, base)
        if key not in self._of:
            self._of[key] = limit.budget(addresses)
        return self._of[key]
