"""A user's groups of accounts, and what they come to together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.performance.records import Figures, TrackRecord

NAME_CHARS = 40
ACCOUNTS = 100


class BadPortfolio(ValueError):
    """A portfolio that cannot be; `field` is what is wrong in it, the message says why."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.field = name


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Some of a user's accounts under a name; `revision` grows with every change."""

    portfolio_id: str
    owner: str
    name: str
    accounts: tuple[str, ...]
    created_ms: int
    revision: int = 1

    def __post_init__(self) -> None:
        if not (self.name.strip() and self.name.isprintable() and len(self.name) <= NAME_CHARS):
            raise BadPortfolio("name", f"a name has 1 to {NAME_CHARS} characters that can be shown")
        if not 0 < len(self.accounts) <= ACCOUNTS:
            raise BadPortfolio("accounts", f"a portfolio has 1 to {ACCOUNTS} accounts")
        if len({*self.accounts}) < len(self.accounts):
            raise BadPortfolio("accounts", "an account is named twice")

    def changed(self, name: str, accounts: Sequence[str]) -> "Portfolio":
        """The next revision; raises `BadPortfolio`."""
        return replace(self, name=name, accounts=tuple(accounts), revision=self.revision + 1)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An account beside others: what it earned in a window, and what it risks now.

    `exposure` is what is open at cost by the capital that the account took: 1 is all of it.
    """

    account_id: str
    figures: Figures
    employed: Decimal
    unrealized: Decimal

    @property
    def exposure(self) -> float | None:
        """None where there never was any capital in it."""
        return float(self.employed / self.figures.base) if self.figures.base > 0 else None

    @property
    def risk(self) -> float:
        """Higher is riskier: how deep it fell in the window, and how much is at stake now."""
        return (self.figures.drawdown or 0.0) + (self.exposure or 0.0)


def ranked(records: Mapping[str, TrackRecord], window: str) -> list[Ranked]:
    """Accounts by their ids; those that never traded too."""
    return [
        Ranked(account_id, record.windows[window], record.employed, record.unrealized)
        for account_id, record in records.items()
    ]


def top_performers(rows: Sequence[Ranked], limit: int) -> list[Ranked]:
    """The best return first; those without one are not among them."""
    earned = [row for row in rows if row.figures.roi is not None]
    return sorted(earned, key=lambda row: (-(row.figures.roi or 0.0), row.account_id))[:limit]


def highest_risk(rows: Sequence[Ranked], limit: int) -> list[Ranked]:
    """The riskiest first; those that risk nothing are not among them."""
    risky = [row for row in rows if row.risk > 0]
    return sorted(risky, key=lambda row: (-row.risk, row.account_id))[:limit]
