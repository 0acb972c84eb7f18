"""Prices, positions, portfolio and risk, to whoever listens to them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pilotfish.domain.books import Book
from pilotfish.domain.channels import (
    PORTFOLIO,
    POSITIONS,
    PRICES,
    RISK,
    Channel,
    channel_of,
    parse_channel,
    user_of,
)
from pilotfish.domain.frames import frames
from pilotfish.domain.messages import MarketUpdate, State, encode
from pilotfish.domain.posting import Posted
from pilotfish.domain.quotes import Quote
from pilotfish.domain.valuing import Valued
from pilotfish.domain.wallets import Wallet
from pilotfish.ports import Clock

# Each second and each two; a little less, because who tells them looks four times a second.
POSITIONS_MS = 900
PORTFOLIO_MS = 1_900
# For so long nobody has to listen before a state is not looked after any more.
IDLE_MS = 20_000

Market = tuple[str, str]
FindMarket = Callable[[str, str], Market | None]


class Subscribers(Protocol):
    """Who listens to what."""

    def demanded(self) -> list[str]:
        """Topics of states that somebody may listen to."""

    def undemand(self, topic: str, before_ms: int) -> bool:
        """Nobody listens to the topic; False: somebody asked for it since then."""

    def of_topics(self, topics: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Connection ids by topic."""

    def forget(self, connection_id: str) -> None:
        """The connection is gone."""


class Books(Protocol):
    """Users' books."""

    def refresh(self, users: Iterable[str]) -> Mapping[str, Book]:
        """As of now."""


class Funds(Protocol):
    """Users' wallets."""

    def refresh(self, users: Iterable[str]) -> Mapping[str, Sequence[Wallet]]:
        """As they were read last."""


class Highest(Protocol):
    """The most that each user's copies ever stood at, over all runs."""

    def of(self, user: str, now_ms: int) -> Decimal | None: ...

    def raise_to(self, user: str, total: Decimal, now_ms: int) -> None:
        """Never lower."""


class Push(Protocol):
    """Sends to WebSocket connections."""

    def post(self, frames: Mapping[str, Sequence[bytes]]) -> Posted:
        """Send each connection its frames in order, and different connections side by side."""


@dataclass(slots=True)
class _Topic:
    """A topic of states: who was told what and when."""

    channel: Channel
    user: str
    market: Market | None = None
    seq: int = 0
    told_ms: int = 0
    quote: Quote | None = None
    stale: bool = False
    listeners: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    idle_since_ms: int | None = None

    def next_seq(self, now_ms: int) -> int:
        """The time, but always more than before: another run goes on from there."""
        self.seq = max(self.seq + 1, now_ms)
        return self.seq


class TellStates:
    """`look` reads who wants what and may wait for tables; `tell` only works in memory, and posts.

    A message that a connection does not take is not sent again: the next one says more.
    """

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        books: Books,
        wallets: Funds,
        highest: Highest,
        push: Push,
        find_market: FindMarket,
        clock: Clock,
    ) -> None:
        self._subscribers = subscribers
        self._books = books
        self._wallets = wallets
        self._highest_ever = highest
        self._push = push
        self._find_market = find_market
        self._clock = clock
        self._topics: dict[str, _Topic] = {}
        self._known: Mapping[str, Book] = {}
        self._funds: Mapping[str, Sequence[Wallet]] = {}
        self._highest: dict[str, Decimal] = {}
        self._raised: set[str] = set()

    @property
    def markets(self) -> set[Market]:
        """Of which prices are needed."""
        shown = {topic.market for topic in self._topics.values() if topic.market}
        return shown.union(*(book.markets for book in self._known.values()))

    @property
    def idle(self) -> bool:
        """Whether nobody listens, and nobody did lately."""
        return not self._topics

    def look(self) -> None:
        """Who listens to what now, and what they hold."""
        now_ms = self._clock()
        demanded = self._subscribers.demanded()
        listening = self._subscribers.of_topics(demanded)
        self._topics = {name: self._topic(name) for name in demanded}
        for name, topic in list(self._topics.items()):
            listeners = listening.get(name, frozenset())
            topic.new |= listeners - topic.listeners
            topic.listeners = listeners
            self._rest(name, topic, now_ms)
        self._known = self._books.refresh(self._demanded_by(POSITIONS, PORTFOLIO, RISK))
        self._funds = self._wallets.refresh(self._listening_to(PORTFOLIO))
        self._recall(self._listening_to(RISK), now_ms)

    def tell(self, quotes: Mapping[Market, Quote]) -> Posted:
        """Tell what is due: prices that moved, and what is told by the clock."""
        now_ms = self._clock()
        valued = {
            user: Valued(book, quotes, now_ms, self._funds.get(user, ()))
            for user, book in self._due(now_ms)
        }
        messages: dict[str, list[bytes]] = defaultdict(list)
        for topic in self._topics.values():
            if not topic.listeners:
                continue
            told, whom = self._told(topic, quotes, valued, now_ms)
            if told is not None:
                body = encode(told)
                for who in whom:
                    messages[who].append(body)
        if not messages:
            return Posted()
        posted = self._push.post({who: list(frames(some)) for who, some in messages.items()})
        for who in posted.gone:
            self._subscribers.forget(who)
        return posted

    def remember(self) -> None:
        """Write down what the next run has to know."""
        now_ms = self._clock()
        for user in self._raised & self._highest.keys():
            self._highest_ever.raise_to(user, self._highest[user], now_ms)
        self._raised.clear()

    def _recall(self, users: set[str], now_ms: int) -> None:
        """What earlier runs knew of who listens now; of others nothing is kept here."""
        self.remember()
        self._highest = {u: high for u, high in self._highest.items() if u in users}
        for user in users - self._highest.keys():
            known = self._highest_ever.of(user, now_ms)
            if known is not None:
                self._highest[user] = known
                self._raised.add(user)

    def _demanded_by(self, *families: str) -> set[str]:
        """Who polls demands too, and listens to nothing."""
        return {t.user for t in self._topics.values() if t.channel.family in families}

    def _listening_to(self, *families: str) -> set[str]:
        topics = (t for t in self._topics.values() if t.channel.family in families)
        return {topic.user for topic in topics if topic.listeners}

    def _topic(self, name: str) -> _Topic:
        known = self._topics.get(name)
        if known is None:
            channel = parse_channel(channel_of(name))
            known = _Topic(channel, user_of(name))
        if known.market is None and known.channel.family == PRICES:
            known.market = self._find_market(known.channel.subject, known.channel.venue)
        return known

    def _rest(self, name: str, topic: _Topic, now_ms: int) -> None:
        """What nobody listens to for a while is not looked after."""
        if topic.listeners:
            topic.idle_since_ms = None
        elif topic.idle_since_ms is None:
            topic.idle_since_ms = now_ms
        elif now_ms - topic.idle_since_ms > IDLE_MS:
            if self._subscribers.undemand(name, topic.idle_since_ms):
                del self._topics[name]
            else:
                topic.idle_since_ms = now_ms

    def _due(self, now_ms: int) -> list[tuple[str, Book]]:
        users = {
            topic.user
            for topic in self._topics.values()
            if topic.user and topic.listeners and _is_due(topic, now_ms)
        }
        return [(user, self._known[user]) for user in sorted(users) if user in self._known]

    def _told(
        self,
        topic: _Topic,
        quotes: Mapping[Market, Quote],
        valued: Mapping[str, Valued],
        now_ms: int,
    ) -> tuple[State | None, frozenset[str]]:
        """What to tell on a topic now, if anything, and whom."""
        if topic.channel.family == PRICES:
            return self._price(topic, quotes, now_ms)
        worth = valued.get(topic.user)
        if worth is None or not _is_due(topic, now_ms):
            return None, frozenset()
        topic.told_ms, topic.new = now_ms, frozenset()
        seq = topic.next_seq(now_ms)
        if topic.channel.family == POSITIONS:
            return worth.positions(seq), topic.listeners
        if topic.channel.family == PORTFOLIO:
            return worth.portfolio(seq), topic.listeners
        if worth.total > self._highest.get(topic.user, worth.total - 1):
            self._highest[topic.user] = worth.total
            self._raised.add(topic.user)
        return worth.risk(seq, self._highest[topic.user]), topic.listeners

    def _price(
        self, topic: _Topic, quotes: Mapping[Market, Quote], now_ms: int
    ) -> tuple[State | None, frozenset[str]]:
        """To all when it moved or grew stale, and to those who are new."""
        quote = None if topic.market is None else quotes.get(topic.market)
        if quote is None:
            return None, frozenset()
        stale = quote.stale(now_ms)
        moved = quote != topic.quote or stale != topic.stale
        whom = topic.listeners if moved else topic.new & topic.listeners
        topic.quote, topic.stale, topic.new = quote, stale, frozenset()
        if not whom:
            return None, frozenset()
        return market_update(topic.channel, quote, topic.next_seq(now_ms), stale), whom


def market_update(channel: Channel, quote: Quote, seq: int, stale: bool) -> MarketUpdate:
    """Under the symbol that was asked for."""
    return MarketUpdate(
        channel=channel.name,
        seq=seq,
        timestamp=quote.at_ms,
        symbol=channel.subject,
        price=float(quote.last),
        priceChange=_number(quote.change),
        priceChangePercent=_number(quote.change_percent),
        high=_number(quote.high),
        low=_number(quote.low),
        volume=_number(quote.volume),
        venue=quote.venue,
        stale=stale,
    )


def _is_due(topic: _Topic, now_ms: int) -> bool:
    every_ms = {POSITIONS: POSITIONS_MS, PORTFOLIO: PORTFOLIO_MS, RISK: PORTFOLIO_MS}
    period_ms = every_ms.get(topic.channel.family)
    return period_ms is not None and (bool(topic.new) or now_ms - topic.told_ms >= period_ms)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
