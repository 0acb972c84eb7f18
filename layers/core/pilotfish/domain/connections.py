"""Connected accounts: what their keys may do, whether one is accepted, and how listening goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

# A key that ends sooner than this is worth a warning.
EXPIRES_SOON_MS = 14 * 86_400_000


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a key may do; None where the venue does not tell. `expires_ms` 0: never, or not told."""

    read: bool | None = None
    trade: bool | None = None
    withdraw: bool | None = None
    ip_restricted: bool | None = None
    expires_ms: int = 0

    def ends_soon(self, now_ms: int) -> bool:
        """Whether a person should see to another key."""
        return 0 < self.expires_ms < now_ms + EXPIRES_SOON_MS


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What a venue says of a key: the balances that it shows, and what it may do.

    `untold` is why the venue did not say what the key may do, though it could.
    """

    balances: Mapping[str, Decimal]
    permissions: Permissions = Permissions()
    untold: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a key is accepted; `problems` say why not, and both what to do or to see to.

    Where it is not `sure`, the venue gave no answer, or not all of it, and nothing is known against
    the key. `refused` is a key that the venue does not take at all.
    """

    accepted: bool
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    report: KeyReport = KeyReport({})
    sure: bool = True
    refused: bool = False


def judge(report: KeyReport, now_ms: int, *, leads: bool, allow_withdrawal: bool) -> Verdict:
    """A leader's key need only read, a follower's has to trade; none may withdraw.

    Unless the operator allows keys that can withdraw; then what a venue did not say is no hindrance
    either.
    """
    may, problems, warnings = report.permissions, [], []
    if may.read is False:
        problems.append("the key may not read: switch on reading for it")
    if may.trade is False and not leads:
        problems.append("the key may not trade: switch on trading for it")
    if may.withdraw and not allow_withdrawal:
        problems.append("the key may withdraw, which copying never needs: switch that off for it")
    untold = bool(report.untold) and not allow_withdrawal
    if untold:
        problems.append(f"the venue did not say whether the key may withdraw: {report.untold}")
    elif may.withdraw is None:
        warnings.append("the venue does not tell whether the key may withdraw: see that it may not")
    if may.trade and leads:
        warnings.append("the key may trade, and a leader's need only read")
    if may.ip_restricted is False:
        warnings.append("the key works from any address: restrict it to that of Pilotfish")
    if 0 < may.expires_ms <= now_ms:
        problems.append("the key has expired: make a new one")
    elif may.ends_soon(now_ms):
        days = (may.expires_ms - now_ms) // 86_400_000
        warnings.append(f"the key expires in {days} days: make a new one before")
    sure = not untold or len(problems) > 1
    return Verdict(not problems, tuple(problems), tuple(warnings), report, sure=sure)


@dataclass(frozen=True, slots=True)
class Vitals:
    """How far a venue's clock is ahead of ours (ms), and the part of the request budget left."""

    clock_offset_ms: int = 0
    headroom: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Health:
    """How listening to an account goes; times are UTC milliseconds, 0 for never.

    `heard_ms` is when the venue last answered, `fill_ms` when the account last traded (the venue's
    time); `error` is the last trouble, of `error_ms`.
    """

    account_id: str
    at_ms: int = 0
    heard_ms: int = 0
    fill_ms: int = 0
    streams: bool = False
    error: str = ""
    error_ms: int = 0
    vitals: Vitals = field(default_factory=Vitals)

    @property
    def well(self) -> bool:
        """Whether the venue has answered since the last trouble."""
        return self.heard_ms > self.error_ms

    def heard(self, now_ms: int, fill_ms: int, streams: bool, vitals: Vitals) -> "Health":
        """After an answer of the venue's."""
        return replace(
            self,
            at_ms=now_ms,
            heard_ms=now_ms,
            fill_ms=max(fill_ms, self.fill_ms),
            streams=streams,
            vitals=vitals,
        )

    def failed(self, now_ms: int, error: str) -> "Health":
        """After trouble."""
        return replace(self, at_ms=now_ms, error=error, error_ms=now_ms)
