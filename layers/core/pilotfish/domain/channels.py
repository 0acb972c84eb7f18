"""What a client can listen to.

Channels of events tell each event once, under a number that grows by one: what is missing shows.
Channels of states tell how things are now, under a number that only grows: the last one counts.
What a user's channel tells is decided by who is connected, never by what is asked for.
"""

import re
from dataclasses import dataclass

from pilotfish.domain.viewers import Viewer

TRADES = "trades"
COPIES = "copies"
ORDERS = "orders"
ALERTS = "alerts"
SYNC = "sync"
POSITIONS = "positions"
PORTFOLIO = "portfolio_updates"
RISK = "risk_metrics_updates"
PRICES = "price_updates"
TRADER = "trader"

USER_EVENTS = (TRADES, COPIES, ORDERS, ALERTS, SYNC)
USER_STATES = (POSITIONS, PORTFOLIO, RISK)

EVERYBODY = "*"
SCOPED = "|"

_TRADER = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SYMBOL = re.compile(r"[A-Za-z0-9/:._-]{1,40}", re.ASCII)
_VENUE = re.compile(r"[a-z0-9]{1,30}", re.ASCII)


class UnknownChannel(Exception):
    """There is no such channel; says which there are."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel by its name; of prices `subject` is the symbol as it was asked for, and `venue`."""

    name: str
    family: str
    subject: str = ""
    venue: str = ""

    @property
    def of_states(self) -> bool:
        """Whether only the last message counts."""
        return self.family == PRICES or self.family in USER_STATES

    def topic(self, viewer: Viewer) -> str:
        """Under which this viewer hears the channel: an operator what concerns everybody."""
        if self.family in (PRICES, TRADER):
            return self.name
        if self.of_states:
            return user_topic(self.name, viewer.user)
        return user_topic(self.name, EVERYBODY if viewer.operator else viewer.user)


def parse_channel(name: str) -> Channel:
    """`trades`, `trader:<account id>`, `price_updates:<symbol>[@<venue>]`; or `UnknownChannel`."""
    if name in USER_EVENTS or name in USER_STATES:
        return Channel(name, name)
    family, colon, subject = name.partition(":")
    if colon and family == TRADER and _TRADER.fullmatch(subject):
        return Channel(name, TRADER, subject)
    if colon and family == PRICES:
        symbol, at, venue = subject.partition("@")
        if _SYMBOL.fullmatch(symbol) and (not at or _VENUE.fullmatch(venue)):
            return Channel(name, PRICES, symbol, venue)
    known = ", ".join((*USER_EVENTS, *USER_STATES))
    raise UnknownChannel(
        f"channels are {known}, {TRADER}:<account id> and {PRICES}:<symbol>[@<venue>]"
    )


def price_channel(symbol: str, venue: str = "") -> str:
    """The name of a symbol's channel; without a venue it is the first of ours that has it."""
    return f"{PRICES}:{symbol}@{venue}" if venue else f"{PRICES}:{symbol}"


def trader_channel(account_id: str) -> str:
    """A leader account's fills."""
    return f"{TRADER}:{account_id}"


def user_topic(channel: str, user: str) -> str:
    """A user's channel, as it is kept; `EVERYBODY` is what operators hear."""
    return f"{channel}{SCOPED}{user}"


def channel_of(topic: str) -> str:
    """The channel's name, as clients know it."""
    return topic.partition(SCOPED)[0]


def user_of(topic: str) -> str:
    """Whose it is; empty for what is public."""
    return topic.partition(SCOPED)[2]
