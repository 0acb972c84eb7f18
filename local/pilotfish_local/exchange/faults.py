"""Rules by which the exchange misbehaves, reproducibly: each has its own seeded generator."""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from random import Random

REQUEST_KINDS = frozenset(
    {
        "timeout_before",
        "timeout_after",
        "reset",
        "status",
        "empty_body",
        "junk",
        "delay_ms",
        "lag_ms",
        "partial_fill",
    }
)
STREAM_KINDS = frozenset({"drop_socket", "mute_socket", "skip_socket", "duplicate_socket"})
ENDPOINTS = frozenset(
    {
        "any",
        "order_create",
        "order_cancel",
        "order_lookup",
        "fills",
        "positions",
        "balance",
        "settings",
        "market",
        "stream",
    }
)


class BadRule(ValueError):
    """A rule that says nothing the exchange can do."""


@dataclass(slots=True)
class Rule:
    """One fault: whom it hits, how often, and what it does. None matches everything."""

    id: int
    kind: str
    venue: str | None = None
    account: str | None = None
    endpoint: str = "any"
    times: int | None = None
    probability: float = 1.0
    skip: int = 0
    when: str = "before"
    ms: int = 30_000
    status: int = 503
    body: str = "json"
    text: str | None = None
    code: int | str | None = None
    message: str | None = None
    retry_after: int | None = None
    pieces: int = 1
    interval_ms: int = 0
    fraction: Decimal = Decimal(1)
    seed: int | None = None
    fired: int = 0
    seen: int = 0
    rng: Random = field(default_factory=Random, repr=False)

    def hits(self, venue: str, account: str | None, endpoint: str) -> bool:
        """Whether the rule applies to a request or message, counting it if so."""
        if self.times is not None and self.fired >= self.times:
            return False
        if self.venue not in (None, venue) or self.account not in (None, account):
            return False
        if self.endpoint not in ("any", endpoint):
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        if self.probability < 1.0 and self.rng.random() >= self.probability:
            return False
        self.fired += 1
        return True

    def view(self) -> dict[str, object]:
        """The rule and how often it fired, as JSON."""
        names = [name for name in self.__slots__ if name != "rng"]
        found = {name: getattr(self, name) for name in names}
        return {**found, "fraction": str(self.fraction)}


class Faults:
    """The rules in force, in the order in which they were made."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ids = count(1)
        self.rules: list[Rule] = []

    def add(self, spec: dict[str, object]) -> Rule:
        """Make a rule of a JSON object, or raise BadRule."""
        known = set(Rule.__slots__) - {"id", "fired", "seen", "rng"}
        unknown = set(spec) - known
        if unknown:
            raise BadRule(f"unknown fields {sorted(unknown)}")
        if spec.get("kind") not in REQUEST_KINDS | STREAM_KINDS:
            raise BadRule(f"kind is one of {sorted(REQUEST_KINDS | STREAM_KINDS)}")
        if spec.get("endpoint", "any") not in ENDPOINTS:
            raise BadRule(f"endpoint is one of {sorted(ENDPOINTS)}")
        if spec.get("when", "before") not in ("before", "after"):
            raise BadRule("when is before or after")
        rule_id = next(self._ids)
        values = {**spec, "fraction": Decimal(str(spec.get("fraction", 1)))}
        seed = spec.get("seed")
        rng = Random(f"{self._seed if seed is None else seed}:{rule_id}")
        rule = Rule(id=rule_id, rng=rng, **values)  # type: ignore[arg-type]
        self.rules.append(rule)
        return rule

    def remove(self, rule_id: int) -> bool:
        """Take a rule back; False when there is none of that id."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if rule.id != rule_id]
        return len(self.rules) < before

    def clear(self) -> None:
        """Behave again, and start the numbering afresh so that a run can be repeated."""
        self.rules.clear()
        self._ids = count(1)

    def on_request(self, venue: str, account: str | None, endpoint: str) -> list[Rule]:
        """The rules that hit a request."""
        return self._fired(REQUEST_KINDS, venue, account, endpoint)

    def on_message(self, venue: str, account: str | None) -> list[Rule]:
        """The rules that hit a message of a user stream."""
        return self._fired(STREAM_KINDS, venue, account, "stream")

    def _fired(
        self, kinds: frozenset[str], venue: str, account: str | None, endpoint: str
    ) -> list[Rule]:
        if not self.rules:
            return []
        candidates = [rule for rule in self.rules if rule.kind in kinds]
        return [rule for rule in candidates if rule.hits(venue, account, endpoint)]
