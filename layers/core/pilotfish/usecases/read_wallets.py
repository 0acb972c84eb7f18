"""What accounts have at their venues, read now and then, and sooner while their owner looks."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from pilotfish.domain.accounts import Account
from pilotfish.domain.channels import PORTFOLIO, channel_of, user_of
from pilotfish.domain.errors import VenueError
from pilotfish.domain.follows import Follow
from pilotfish.domain.levels import Level
from pilotfish.domain.wallets import Contents, Wallet, markets_needed
from pilotfish.ports import Clock, Venue, Venues, Wallets
from pilotfish.usecases.read_payments import Seen

# A little less than the minutes between two looks, because one does not come on the dot.
WATCHED_MS = 50_000
EVERY_MS = 290_000
# Accounts at a time, so that trading finds room at venue and tables.
SIDE_BY_SIDE = 10
# Symbols of an account whose levels are read: some venues tell them of one at a time.
MOST_LEVELLED = 20
ERROR_CHARS = 300

logger = logging.getLogger(__name__)


class Accounts(Protocol):
    """Connected accounts."""

    async def get(self, account_id: str) -> Account | None: ...

    def leaders(self, shard: str) -> list[Account]: ...


class Follows(Protocol):
    """Who follows a leader."""

    def of_leader(self, leader_id: str) -> list[Follow]: ...


class Owned(Protocol):
    """What is a user's own."""

    def accounts(self, user: str) -> list[str]: ...


class Demand(Protocol):
    """What somebody listens to."""

    def demanded(self) -> list[str]:
        """Topics of states."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How many accounts were read, and how many could not be; and those that were."""

    read: int
    failed: int
    seen: tuple[Seen, ...] = ()


class ReadWallets:
    """Sends nothing. One account that cannot be read holds up no other, and says why."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        follows: Follows,
        own: Owned,
        demand: Demand,
        venues: Venues,
        wallets: Wallets,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._follows = follows
        self._own = own
        self._demand = demand
        self._venues = venues
        self._wallets = wallets
        self._clock = clock
        self._opened: dict[str, Venue] = {}

    async def __call__(self, shard: str) -> Looked:
        """The shard's leaders and their followers, and the accounts of those who look."""
        due, levels = await asyncio.to_thread(self._due, shard)
        several = asyncio.Semaphore(SIDE_BY_SIDE)
        looks = (self._look(each, several, levels=each in levels) for each in due)
        looked = await asyncio.gather(*looks)
        found = [wallet for wallet in looked if wallet is not None]
        prices = await self._prices(found)
        for wallet in found:
            priced = replace(wallet, prices=_own_prices(wallet, prices[wallet.venue]))
            await asyncio.to_thread(self._wallets.save, priced)
        failed = sum(bool(wallet.error) for wallet in found)
        seen = tuple(
            Seen(wallet.account_id, self._opened[wallet.account_id], wallet.positions)
            for wallet in found
            if not wallet.error
        )
        return Looked(len(found) - failed, failed, seen)

    def _due(self, shard: str) -> tuple[list[str], set[str]]:
        """Who is read now, and of whom the levels are wanted, too."""
        leaders = [account.account_id for account in self._accounts.leaders(shard)]
        follows = [follow for each in leaders for follow in self._follows.of_leader(each)]
        everyone = {follow.account_id for follow in follows}
        topics = self._demand.demanded()
        looking = {user_of(topic) for topic in topics if channel_of(topic) == PORTFOLIO}
        watched = {name for user in looking for name in self._own.accounts(user)}
        watched |= {
            follow.account_id
            for follow in follows
            if follow.rules.limits_losses or follow.rules.protects
        }
        levels = {follow.leader_id for follow in follows if follow.rules.copy_tp_sl}
        watched |= levels
        everyone |= {*leaders, *watched}
        known, now_ms = self._wallets.of(everyone), self._clock()
        due = sorted(
            name
            for name in everyone
            if name not in known
            or now_ms - known[name].asked_ms >= (WATCHED_MS if name in watched else EVERY_MS)
        )
        return due, levels

    async def _look(
        self, account_id: str, several: asyncio.Semaphore, *, levels: bool
    ) -> Wallet | None:
        account = await self._accounts.get(account_id)
        if account is None or not account.enabled:
            return None
        try:
            async with several:
                venue = self._opened[account_id] = await self._venues.account(account)
                contents = await venue.wallet()
                found = await self._levels(venue, contents) if levels else None
        except VenueError as trouble:
            why = f"{type(trouble).__name__}: {trouble}"
        except Exception as error:
            logger.exception("no wallet: %s", account_id)
            why = type(error).__name__
        else:
            held = contents.coins, contents.positions
            wallet = Wallet(account_id, account.venue, self._clock(), *held)
            if found is None:
                return wallet
            return replace(wallet, levels=found, levels_ms=wallet.at_ms)
        trouble_ms = self._clock()
        return Wallet(account_id, account.venue, error=why[:ERROR_CHARS], error_ms=trouble_ms)

    async def _levels(self, venue: Venue, contents: Contents) -> tuple[Level, ...] | None:
        """Of what is held, so much of it that the venue is not asked without end; None: not told.

        An account is still read whose levels cannot be.
        """
        held = sorted({position.symbol for position in contents.positions})
        if len(held) > MOST_LEVELLED:
            logger.warning("levels in %d of %d symbols", MOST_LEVELLED, len(held))
        try:
            return tuple(await venue.levels(held[:MOST_LEVELLED]))
        except VenueError as trouble:
            logger.warning("no levels: %s: %s", type(trouble).__name__, trouble)
            return None

    async def _prices(self, wallets: Iterable[Wallet]) -> Mapping[str, Mapping[str, Decimal]]:
        """By venue and symbol; where a venue tells none, what needs them is not known."""
        needed: dict[str, set[str]] = defaultdict(set)
        for wallet in wallets:
            needed[wallet.venue] |= markets_needed(wallet.coins, wallet.positions)
        answers = await asyncio.gather(*(self._ask(venue, some) for venue, some in needed.items()))
        return dict(zip(needed, answers, strict=True))

    async def _ask(self, venue: str, symbols: set[str]) -> Mapping[str, Decimal]:
        if not symbols:
            return {}
        try:
            tickers = await self._venues.tickers(venue, symbols)
        except VenueError as trouble:
            logger.warning("no prices of %s: %s", venue, trouble)
            return {}
        told = ((each.symbol, each.last if each.mark is None else each.mark) for each in tickers)
        return {symbol: price for symbol, price in told if price is not None}


def _own_prices(wallet: Wallet, prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
    needed = markets_needed(wallet.coins, wallet.positions)
    return {symbol: price for symbol, price in prices.items() if symbol in needed}
