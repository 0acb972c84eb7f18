"""What follows come to, for themselves and for their leader's record; and what they owe."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.fees import Terms, month_of, statements
from pilotfish.domain.follows import Follow
from pilotfish.domain.managing import Connection
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.payments import Reading, fees_wanted
from pilotfish.domain.performance.counting import Head, coins_paid, looked_at, priced
from pilotfish.domain.performance.days import Day, day_of, together
from pilotfish.domain.performance.following import Followed, by_window, copies_of
from pilotfish.domain.performance.records import not_counted, track_record
from pilotfish.domain.venue_ids import is_paper
from pilotfish.ports import Clock, FeeStatements, Payments, TrackRecords, Wallets
from pilotfish.usecases.count_copies import CountCopies
from pilotfish.usecases.latest_prices import LatestPrices

# What came to its end is in the index of copies by then.
SETTLED_MS = 10_000
# So often a follow is looked at whose positions are open and that does nothing.
LOOK_MS = 60 * 60_000
SIDE_BY_SIDE = 8

logger = logging.getLogger(__name__)


class KeepFollows:
    """One that did nothing costs one query; several are asked at a time."""

    def __init__(
        self,
        *,
        records: TrackRecords,
        statements: FeeStatements,
        count_copies: CountCopies,
        payments: Payments,
        wallets: Wallets,
        clock: Clock,
    ) -> None:
        self._records = records
        self._statements = statements
        self._count_copies = count_copies
        self._payments = payments
        self._wallets = wallets
        self._clock = clock

    def __call__(
        self,
        leader: Connection,
        follows: Sequence[Follow],
        share: Decimal,
        prices: LatestPrices,
        until_ms: int,
    ) -> Mapping[str, Followed]:
        """All of a leader's, as far as there is time until `until_ms` (UTC), by follow."""
        rows = self._records.followed(leader.account_id)
        readings = self._payments.readings(follow.account_id for follow in follows)

        def keep(follow: Follow) -> Followed | None:
            row = rows.get(follow.follow_id)
            if self._clock() > until_ms:
                return row
            account_id = follow.account_id
            reading = readings.get(account_id, Reading(account_id))
            try:
                return self._keep(leader, follow, row, share, prices, reading)
            except Exception:
                # The others' records do not wait for this one's.
                logger.exception("no record of %s", follow.follow_id)
                return row

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            kept = list(pool.map(keep, follows))
        return rows | {row.follow_id: row for row in kept if row is not None}

    def _keep(
        self,
        leader: Connection,
        follow: Follow,
        row: Followed | None,
        share: Decimal,
        prices: LatestPrices,
        reading: Reading,
    ) -> Followed | None:
        until_ms = self._clock() - SETTLED_MS
        through = "" if row is None else row.through
        news = self._count_copies.news(follow.follow_id, through, until_ms)
        paid = row is None or reading.news(row.paid)
        if row is not None and not news and not paid and not _due(follow, row, until_ms):
            return row
        self._want(follow, news, reading, until_ms)
        counted = self._count_copies(follow.follow_id, news, until_ms, reading)
        coins = coins_paid(counted)
        if coins or any(held.quantity for held in counted.head.open.values()):
            for wallet in self._wallets.of([follow.account_id]).values():
                prices.learn(wallet)
        counted = priced(counted, prices.coins(follow.venue, coins))
        counted = looked_at(counted, *prices.of(counted.head.open), None)
        head = replace(counted.head, share=_share(counted.head, share))
        if not self._records.save(head, counted.ended):
            return row
        days = self._records.days(follow.follow_id)
        if not is_paper(follow.venue):
            self._state(leader, follow, head, days, until_ms)
        return self._publish(follow, head, days, until_ms, reading)

    def _want(
        self, follow: Follow, news: Sequence[CopyOrder], reading: Reading, until_ms: int
    ) -> None:
        """Have the fees of new copies looked for that their answers did not tell."""
        untold = [order for order in news if order.fee is None and order.venue_order_id]
        if not untold:
            return
        before = [
            each
            for each in self._payments.wanted(follow.account_id)
            if each.follow_id == follow.follow_id and each.asked_ms > reading.fees_ms
        ]
        self._payments.want(
            follow.account_id, fees_wanted(follow.follow_id, untold, before, until_ms)
        )

    def _publish(
        self,
        follow: Follow,
        head: Head,
        days: Mapping[str, Day],
        until_ms: int,
        reading: Reading,
    ) -> Followed:
        paper = is_paper(follow.venue)
        unknown = not_counted(reading, days, until_ms)
        record = track_record(follow.follow_id, days, until_ms, unknown, paper=paper)
        self._records.publish(record)
        pnl, base = by_window(record)
        row = Followed(
            follow_id=follow.follow_id,
            leader_id=follow.leader_id,
            account_id=follow.account_id,
            owner=follow.owner,
            live=follow.live,
            paper=paper,
            pnl=pnl,
            base=base,
            quality=record.quality,
            employed=record.employed,
            through=head.through,
            marked_ms=until_ms,
            counted_day=day_of(until_ms),
            paid=head.paid,
        )
        self._records.save_followed(row)
        self._together(follow, days, until_ms, reading)
        return row

    def _together(
        self, follow: Follow, days: Mapping[str, Day], until_ms: int, reading: Reading
    ) -> None:
        """The record of all that was copied to the account, by this follow and by others."""
        account_id = follow.account_id
        others = [each for each in self._records.copied(account_id) if each != follow.follow_id]
        all_days = together([days, *map(self._records.days, others)]) if others else days
        paper = is_paper(follow.venue)
        unknown = not_counted(reading, all_days, until_ms)
        record = track_record(copies_of(account_id), all_days, until_ms, unknown, paper=paper)
        self._records.publish(record)

    def _state(
        self,
        leader: Connection,
        follow: Follow,
        head: Head,
        days: Mapping[str, Day],
        until_ms: int,
    ) -> None:
        """Statements of the months that are over, and what the one that runs comes to."""
        if not days:
            return
        terms = Terms(
            follow.follow_id,
            follow.leader_id,
            follow.account_id,
            follow.owner,
            head.share or Decimal(0),
            leader.owner,
        )
        first = month_of(min(days)) == month_of(day_of(until_ms))
        made = [] if first else self._statements.of_follow(follow.follow_id)
        for each in statements(terms, days, made, day_of(until_ms), until_ms):
            if each.closed:
                self._statements.add(each)
            else:
                self._statements.estimate(each)


def _due(follow: Follow, row: Followed, until_ms: int) -> bool:
    """Whether one that did nothing is to be counted again nevertheless."""
    waits = row.employed and until_ms - row.marked_ms >= LOOK_MS
    return bool(waits or row.live is not follow.live or row.counted_day != day_of(until_ms))


def _share(head: Head, share: Decimal) -> Decimal:
    """What is raised later is not for who follows already; what is lowered is."""
    return share if head.share is None else min(head.share, share)
