"""The exchange without its sockets: markets, accounts, the book, limits, faults and streams."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from pilotfish_local.exchange.catalogue import catalogue
from pilotfish_local.exchange.engine.accounts import Account, Balance
from pilotfish_local.exchange.engine.clock import Clock
from pilotfish_local.exchange.engine.instruments import (
    BINANCE,
    BYBIT,
    DELTA,
    KANA,
    KRAKEN,
    OKX,
    VENUES,
    Instrument,
)
from pilotfish_local.exchange.engine.market import TRADING, Market
from pilotfish_local.exchange.engine.matching import Engine
from pilotfish_local.exchange.engine.prices import (
    PriceSource,
    RandomWalk,
    Replay,
    read_trades,
    symbol_of,
)
from pilotfish_local.exchange.faults import Faults
from pilotfish_local.exchange.limits import Limits, Meter
from pilotfish_local.exchange.streams import Hub


@dataclass(frozen=True, slots=True)
class Options:
    """How an exchange is started; replays map nothing, a file's name says its symbol."""

    seed: int = 7
    tick_ms: int = 100
    replays: tuple[Path, ...] = ()
    speed: float = 1.0
    limits: Mapping[str, Limits] = field(default_factory=dict)


class Exchange:
    """The state that every face of the exchange works on."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Clock()
        self.faults = Faults(options.seed)
        self.hub = Hub(self.faults)
        self.meter = Meter()
        self.meter.limits.update(options.limits)
        self.lag_ms: dict[tuple[str, str], int] = {}
        self.keys: dict[str, Account] = {}
        self.listen_keys: dict[str, str] = {}
        self._listen_key_number = 0
        markets = {(i.venue, i.symbol): Market(i, self._source(i)) for i in catalogue()}
        self.engine = Engine(markets, self.clock, _later)

    def _source(self, instrument: Instrument) -> PriceSource:
        for path in self.options.replays:
            venue, base = symbol_of(path)
            if base == instrument.base and venue in (None, instrument.venue):
                return Replay(read_trades(path), self.options.speed)
        seed = f"{self.options.seed}:{instrument.base}"
        return RandomWalk(seed, instrument.start_price, instrument.tick)

    def open_account(
        self,
        name: str,
        venue: str,
        key: str,
        secret: str,
        balances: dict[str, Decimal] | None = None,
        *,
        hedge: bool = False,
        leverage: int = 20,
        can_trade: bool = True,
        can_withdraw: bool = False,
        allowed_ips: frozenset[str] | None = None,
        passphrase: str | None = None,
    ) -> Account:
        """Open an account; names and keys are unique over all venues, or ValueError."""
        if venue not in VENUES:
            raise ValueError(f"venue is one of {VENUES}")
        if name in self.engine.accounts or key in self.keys:
            raise ValueError(f"account {name} or its key exists")
        if balances is None:
            balances = default_balances(venue)
        account = Account(
            name=name,
            venue=venue,
            key=key,
            secret=secret.encode(),
            user_id=100_001 + len(self.engine.accounts),
            passphrase=passphrase,
            can_trade=can_trade,
            can_withdraw=can_withdraw,
            allowed_ips=allowed_ips,
            hedge=hedge,
            default_leverage=leverage,
            balances={asset: Balance(amount) for asset, amount in balances.items()},
        )
        self.engine.accounts[name] = account
        self.keys[key] = account
        return account

    def listen_key(self, account: Account) -> str:
        """The key of an account's user stream, made when there is none."""
        for key, name in self.listen_keys.items():
            if name == account.name:
                return key
        self._listen_key_number += 1
        seed = f"{account.name}:{self._listen_key_number}".encode()
        key = sha256(seed).hexdigest()
        self.listen_keys[key] = account.name
        return key

    def forget_listen_key(self, account: Account) -> None:
        """Let an account's listen key expire."""
        kept = {k: name for k, name in self.listen_keys.items() if name != account.name}
        self.listen_keys = kept

    def lag_ns(self, venue: str, kind: str) -> int:
        """How long what was just accepted stays invisible to a kind of look-up."""
        return self.lag_ms.get((venue, kind), 0) * 1_000_000

    def change_instrument(self, market: Market, changes: dict[str, Decimal]) -> None:
        """Put other filters or fees on a symbol while it trades."""
        values: dict[str, object] = dict(changes)
        market.instrument = replace(market.instrument, **values)  # type: ignore[arg-type]

    def reset(self, *, keep_accounts: bool) -> None:
        """Start over with the same markets and prices: an empty book, no faults, no limits used.

        Accounts that are kept lose their positions and keep their balances.
        """
        self.engine.start_over()
        for market in self.engine.markets.values():
            market.status, market.pinned = TRADING, False
        self.faults.clear()
        self.meter.forgive()
        self.lag_ms.clear()
        for venue in VENUES:
            self.clock.set_offset(venue, 0)
        for account in self.engine.accounts.values():
            account.positions.clear()
            for balance in account.balances.values():
                balance.locked = Decimal(0)
        if not keep_accounts:
            self.engine.accounts.clear()
            self.keys.clear()
            self.listen_keys.clear()


WITH_SPOT = {"USDT": 100_000, "BTC": 1, "ETH": 10}
OWNS = {
    BINANCE: WITH_SPOT,
    BYBIT: WITH_SPOT,
    OKX: WITH_SPOT,
    DELTA: {"USD": 100_000},
    KRAKEN: {"USD": 100_000, **WITH_SPOT},
    KANA: {"USD": 100_000},
}


def default_balances(venue: str) -> dict[str, Decimal]:
    """What a new account owns when nothing else is said."""
    owns = OWNS.get(venue, {"USDT": 100_000})
    return {asset: Decimal(amount) for asset, amount in owns.items()}


def _later(seconds: float, action: object) -> object:
    assert callable(action)
    return asyncio.get_running_loop().call_later(seconds, action)
