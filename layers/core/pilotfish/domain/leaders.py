"""Leaders as they show themselves: a profile by hand, and figures out of their track record."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

NAME_CHARS, TEXT_CHARS = 40, 2_000
TAGS = 8
MOST_FEE = Decimal("0.5")

_TAG = re.compile(r"[a-z0-9][a-z0-9-]{1,23}", re.ASCII)

PERIODS = ("7d", "30d", "90d", "180d", "all")
# What a track record says of a leader, by the names that it is stored and asked for by. ROI,
# drawdown and win rate are fractions, P&L and AUM are in dollars.
FIGURES = (
    *(f"roi_{period}" for period in PERIODS),
    *(f"pnl_{period}" for period in PERIODS),
    *("drawdown", "win_rate", "profit_factor", "sharpe", "sortino", "average_hold_s"),
    *("trades", "days_active", "aum", "followers", "followers_pnl", "latency_ms", "slippage"),
)


class BadProfile(ValueError):
    """A profile that cannot be; `field` is what is wrong in it, the message says why."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.field = name


class CannotLead(Exception):
    """The account cannot be published; the message says why."""


class NoSuchLeader(LookupError):
    """There is none of that name, or nobody may know of it."""


class Visibility(StrEnum):
    """Who may follow: anybody, or who has an invitation."""

    PUBLIC = "public"
    INVITED = "invited"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a leader says; raises `BadProfile`.

    `minimum_equity` (dollars) is what a follower's account has to hold, `fee` the share of a
    follower's profit (0.1 is 10 %). Nobody new may follow one that is not `open`.
    """

    name: str
    text: str = ""
    tags: tuple[str, ...] = ()
    visibility: Visibility = Visibility.PUBLIC
    open: bool = True
    minimum_equity: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not (self.name.strip() and self.name.isprintable() and len(self.name) <= NAME_CHARS):
            raise BadProfile("name", f"a name has 1 to {NAME_CHARS} characters that can be printed")
        if len(self.text) > TEXT_CHARS or not self.text.replace("\n", " ").isprintable():
            words = f"a text has at most {TEXT_CHARS} characters that can be printed"
            raise BadProfile("text", words)
        if len(self.tags) > TAGS or len({*self.tags}) < len(self.tags):
            raise BadProfile("tags", f"at most {TAGS} different tags")
        if wrong := [tag for tag in self.tags if not _TAG.fullmatch(tag)]:
            raise BadProfile("tags", f"{wrong[0]!r} is not 2 to 24 of a-z, 0-9 and -")
        if not (self.minimum_equity.is_finite() and self.minimum_equity >= 0):
            raise BadProfile("minimum_equity", "the least equity is 0 or more")
        if not (self.fee.is_finite() and 0 <= self.fee <= MOST_FEE):
            raise BadProfile("fee", f"the share of profit is from 0 to {MOST_FEE}")


@dataclass(frozen=True, slots=True)
class Leader:
    """An account that was published as a leader's; times are UTC milliseconds.

    `figures` are those of `FIGURES` that are known, as of `computed_ms` (0: none yet). `version`
    grows with each change that its owner makes.
    """

    leader_id: str
    owner: str
    venue: str
    profile: Profile
    published_ms: int
    published: bool = True
    version: int = 0
    figures: Mapping[str, Decimal] = field(default_factory=dict)
    computed_ms: int = 0

    @property
    def public(self) -> bool:
        """Whether everybody finds it."""
        return self.published and self.profile.visibility is Visibility.PUBLIC


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of leaders: by which figure, and whether the highest comes first."""

    by: str
    descending: bool = True


NEWEST = "published_ms"
# Each is an index. One who lacks the figure is not in its list; all are among the newest.
SORTS: Mapping[str, Sort] = {
    "newest": Sort(NEWEST),
    "roi_30d": Sort("roi_30d"),
    "roi_90d": Sort("roi_90d"),
    "roi_all": Sort("roi_all"),
    "pnl_30d": Sort("pnl_30d"),
    "drawdown": Sort("drawdown", descending=False),
    "sharpe": Sort("sharpe"),
    "win_rate": Sort("win_rate"),
    "aum": Sort("aum"),
    "followers": Sort("followers"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks for among public leaders; what is empty is not asked for.

    `at_least` and `at_most` are by figure; who lacks a figure that is asked about is not found.
    `tags` are all asked for, `search` is a part of the name.
    """

    sort: str = "newest"
    search: str = ""
    tags: tuple[str, ...] = ()
    venue: str = ""
    open_only: bool = False
    most_fee: Decimal | None = None
    equity: Decimal | None = None
    at_least: Mapping[str, Decimal] = field(default_factory=dict)
    at_most: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise ValueError(f"sort is one of {', '.join(SORTS)}, not {self.sort}")
        for name in {*self.at_least, *self.at_most} - {*FIGURES}:
            raise ValueError(f"there is no figure {name}")

    def takes(self, leader: Leader) -> bool:
        """Whether it is one of those."""
        profile, figures = leader.profile, leader.figures
        return (
            leader.public
            and self.search.lower() in profile.name.lower()
            and {*self.tags} <= {*profile.tags}
            and self.venue in ("", leader.venue)
            and (profile.open or not self.open_only)
            and (self.most_fee is None or profile.fee <= self.most_fee)
            and (self.equity is None or profile.minimum_equity <= self.equity)
            and all(name in figures for name in {*self.at_least, *self.at_most})
            and all(figures[name] >= least for name, least in self.at_least.items())
            and all(figures[name] <= most for name, most in self.at_most.items())
        )
