"""Keeps the track records of leaders, and of those who follow them, up to now."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pilotfish.domain.leaders import FIGURES, Leader
from pilotfish.domain.managing import Connection
from pilotfish.domain.payments import Reading
from pilotfish.domain.performance.counting import coins_paid, looked_at, priced
from pilotfish.domain.performance.following import Followed, followers, quality
from pilotfish.domain.performance.records import TrackRecord, not_counted, track_record
from pilotfish.domain.wallets import Wallet
from pilotfish.ports import Clock, Follows, Payments, Register, TrackRecords, Wallets
from pilotfish.usecases.count_fills import CountFills
from pilotfish.usecases.keep_follows import KeepFollows
from pilotfish.usecases.latest_prices import LatestPrices

PERIOD_MS = 5 * 60_000

logger = logging.getLogger(__name__)


class Leaders(Protocol):
    """Published leaders."""

    def get(self, leader_id: str) -> Leader | None: ...

    def save_figures(
        self, leader_id: str, figures: Mapping[str, Decimal | None], computed_ms: int
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run did; `left` are the accounts that it had no time for, `failed` those it could not.

    Another run takes them up.
    """

    accounts: int = 0
    follows: int = 0
    left: int = 0
    failed: int = 0


class KeepRecords:
    """Runs may overlap: whoever is slower writes nothing."""

    def __init__(
        self,
        *,
        register: Register,
        follows: Follows,
        leaders: Leaders,
        wallets: Wallets,
        records: TrackRecords,
        count_fills: CountFills,
        payments: Payments,
        keep_follows: KeepFollows,
        prices: Callable[[], LatestPrices],
        clock: Clock,
    ) -> None:
        self._register = register
        self._follows = follows
        self._leaders = leaders
        self._wallets = wallets
        self._records = records
        self._count_fills = count_fills
        self._payments = payments
        self._keep_follows = keep_follows
        self._prices = prices
        self._clock = clock

    def __call__(self, shard: str, until_ms: int, account_id: str = "") -> Kept:
        """All leaders of a shard, or the one, until `until_ms` (UTC)."""
        accounts = [each for each in self._register.of_shard(shard) if not each.deleted]
        if account_id:
            accounts = [account for account in accounts if account.account_id == account_id]
        # A run that has no time for all begins elsewhere than the one before.
        start = self._clock() // PERIOD_MS % max(1, len(accounts))
        prices, done, follows, failed = self._prices(), 0, 0, 0
        for account in accounts[start:] + accounts[:start]:
            if self._clock() > until_ms:
                break
            try:
                follows += self._leader(account, prices, until_ms)
                done += 1
            except Exception:
                # The others' records do not wait for this one's.
                logger.exception("no record of %s", account.account_id)
                failed += 1
        return Kept(done, follows, len(accounts) - done - failed, failed)

    def _leader(self, account: Connection, prices: LatestPrices, until_ms: int) -> int:
        """How many follows were counted."""
        leader_id = account.account_id
        counted = self._count_fills(leader_id, until_ms)
        if counted is None:
            return 0
        leader = self._leaders.get(leader_id)
        share = leader.profile.fee if leader is not None else Decimal(0)
        wallet = self._wallets.of([leader_id]).get(leader_id)
        if wallet is not None:
            prices.learn(wallet)
        follows = self._follows.ever_of_leader(leader_id).follows
        rows = self._keep_follows(account, follows, share, prices, until_ms)
        now_ms = self._clock()
        reading = self._payments.readings([leader_id]).get(leader_id, Reading(leader_id))
        counted = priced(counted, prices.coins(account.venue, coins_paid(counted)))
        counted = looked_at(
            counted, *prices.of(counted.head.open), _equity(wallet, reading, now_ms)
        )
        if not self._records.save(counted.head, counted.ended):
            return 0
        self._publish(leader_id, rows, reading, now_ms)
        return len(rows)

    def _publish(
        self, leader_id: str, rows: Mapping[str, Followed], reading: Reading, now_ms: int
    ) -> None:
        days = self._records.days(leader_id)
        record = track_record(
            leader_id,
            days,
            now_ms,
            not_counted(reading, days, now_ms),
            followers=followers(rows.values()),
            copies=quality(rows.values()),
        )
        self._records.publish(record)
        self._leaders.save_figures(leader_id, figures(record), now_ms)


def _equity(wallet: Wallet | None, reading: Reading, now_ms: int) -> Decimal | None:
    """What the account was worth, if all that had been paid until then is counted."""
    if wallet is None or wallet.old(now_ms) or not reading.up_to_the_hour(wallet.at_ms):
        return None
    return wallet.equity


def figures(record: TrackRecord) -> dict[str, Decimal | None]:
    """What leaders are sorted and found by; what is no figure is None."""
    windows, whole = record.windows, record.windows["all"]
    found: dict[str, Decimal | float | None] = {
        **{f"roi_{name}": window.roi for name, window in windows.items()},
        **{f"pnl_{name}": window.pnl for name, window in windows.items()},
        "drawdown": whole.drawdown,
        "win_rate": whole.win_rate,
        "profit_factor": whole.profit_factor,
        "sharpe": whole.sharpe,
        "sortino": whole.sortino,
        "average_hold_s": None if (held := whole.average_hold_ms) is None else held / 1000,
        "trades": Decimal(whole.trades),
        "days_active": Decimal(whole.days_active),
        "latency_ms": record.copying.average_latency_ms,
        "slippage": record.copying.slippage,
    }
    if record.followers is not None:
        found |= {
            "aum": record.followers.aum,
            "followers": Decimal(record.followers.count),
            "followers_pnl": record.followers.pnl["all"],
        }
    return {
        name: value if value is None or isinstance(value, Decimal) else Decimal(str(value))
        for name, value in found.items()
        if name in FIGURES
    }
