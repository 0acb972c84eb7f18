"""The choices that rules give."""

from enum import StrEnum


class Existing(StrEnum):
    """What becomes of positions that the leader has when the follow begins."""

    IGNORE = "ignore"
    JOIN = "join"


class OnDrift(StrEnum):
    """What becomes of copies that were closed elsewhere: told, given up, or bought back."""

    REPORT = "report"
    ACCEPT = "accept"
    RESTORE = "restore"


class Size(StrEnum):
    """What an entry's size goes by."""

    MULTIPLIER = "multiplier"
    EXACT = "exact"
    QUANTITY = "quantity"
    NOTIONAL = "notional"
    EQUITY = "equity"
    MARGIN = "margin"
    RISK = "risk"
    EXPRESSION = "expression"


class Rounding(StrEnum):
    """Which whole lots are ordered for what is missing."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


class BelowMinimum(StrEnum):
    """What becomes of an order of the leader's that is too small for the follower's venue."""

    ACCUMULATE = "accumulate"
    SKIP = "skip"
    LIFT = "lift"


class Sides(StrEnum):
    """Which of the leader's entries are copied."""

    BOTH = "both"
    BUY = "buy"
    SELL = "sell"


class OrderKinds(StrEnum):
    """Which of the leader's orders are entered, by their kind."""

    MARKET = "market"
    LIMIT = "limit"
    CONDITIONAL = "conditional"


class AfterWait(StrEnum):
    """What becomes of an entry whose price was not reached in time."""

    SKIP = "skip"
    MARKET = "market"


class LeverageRule(StrEnum):
    """Which leverage an account has in a market that the follow enters: its own, the leader's."""

    OWN = "own"
    FOLLOW = "follow"
    FIXED = "fixed"


class MarginRule(StrEnum):
    """In which margin mode a market is entered: the account's own, the leader's, or this one."""

    OWN = "own"
    FOLLOW = "follow"
    CROSS = "cross"
    ISOLATED = "isolated"


class OnLoss(StrEnum):
    """What becomes of a follow that reached a limit of its losses.

    PAUSE: no entries until the period is over, or a person says so where there is none. STOP: no
    entries until a person says so. CLOSE: it is stopped, and all its copies are closed.
    """

    PAUSE = "pause"
    STOP = "stop"
    CLOSE = "close"


class Direction(StrEnum):
    """Which positions the follow takes on."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"
