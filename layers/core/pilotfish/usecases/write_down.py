"""Write down what a leader's venue reports: each trade once, and aside what cannot be one."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, AsideState, Report, checked, trade_name
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings
from pilotfish.ports import Asides, Clock, Fills, Lease, Positions, Venue
from pilotfish.usecases.tasks import to_its_end

logger = logging.getLogger(__name__)

OnAside = Callable[[Aside], None]


class WriteDown:
    """One listener's pen: nothing else writes an account's fills and positions under its lease.

    A report that is flawed is set aside and holds up none of the others. A trade that was set
    aside becomes a fill when the venue reports it properly, or when a person has corrected it.
    """

    def __init__(
        self,
        account: Account,
        lease: Lease,
        *,
        fills: Fills,
        asides: Asides,
        positions: Positions,
        clock: Clock,
        on_aside: OnAside,
    ) -> None:
        self.holdings = Holdings()
        self.last_fill_ms = 0
        self.ahead_ms = 0  # The venue's clock before ours.
        self._account = account
        self._lease = lease
        self._fills = fills
        self._asides = asides
        self._positions = positions
        self._clock = clock
        self._on_aside = on_aside
        self._writing = asyncio.Lock()
        self._written: set[str] = set()
        self._aside: dict[str, Aside] = {}
        self._doubts: dict[str, Aside] = {}

    async def begin(self, holdings: Holdings) -> None:
        """Go on from what is stored."""
        self.holdings = holdings
        known = await asyncio.to_thread(self._asides.of_account, self._account.account_id)
        self._aside = {aside.aside_id: aside for aside in known}

    async def reports(self, reports: Sequence[Report]) -> None:
        """Write what is new, in its order; `LeaseLost` when another run has taken over."""
        async with self._writing:
            new = list(self._new(self._checked(reports)))
            if new:
                await to_its_end(asyncio.to_thread(self._write, new))

    def _checked(self, reports: Iterable[Report]) -> list[Report]:
        now_ms = self._clock() + self.ahead_ms
        return [checked(report, now_ms) for report in reports]

    def _new(self, reports: Iterable[Report]) -> Iterable[Report]:
        for report in reports:
            if isinstance(report, Aside):
                if report.aside_id not in self._aside:
                    yield report
            elif report.fill_id not in self._written:
                yield report

    def _write(self, reports: list[Report]) -> None:
        for kind, run in groupby(reports, key=self._kind):
            if kind is Fill:
                self._write_fills([report for report in run if isinstance(report, Fill)])
                continue
            for report in run:
                if isinstance(report, Aside):
                    self._set_aside(report)
                else:
                    self._settle(self._aside[trade_name(report)], report)

    def _kind(self, report: Report) -> type:
        """A fill that was set aside goes with the asides."""
        known = isinstance(report, Fill) and trade_name(report) not in self._aside
        return Fill if known else Aside

    def _write_fills(self, fills: list[Fill]) -> None:
        added = self._fills.add(self._account, self.holdings, fills, self._lease)
        self._written.update(fill.fill_id for fill in fills)
        self.last_fill_ms = max([self.last_fill_ms, *(fill.traded_ms for fill in fills)])
        for fill in fills:
            self._doubts.pop(trade_name(fill), None)
        logger.info("%d new fills of %s", len(added), self._account.account_id)

    def _set_aside(self, aside: Aside) -> None:
        """What leaves the position in doubt is kept once that is counted again, see `recount`."""
        if aside.leaves_doubt and aside.aside_id not in self._doubts:
            self._doubts[aside.aside_id] = aside
        elif not aside.leaves_doubt:
            self._keep(aside)

    def _keep(self, aside: Aside) -> None:
        kept = self._asides.keep(self._account, self.holdings, aside, self._lease)
        self._aside[aside.aside_id] = kept or aside
        if kept is not None:
            logger.warning("set aside: %s %s (%s)", kept.account_id, kept.aside_id, kept.flaw)
            self._on_aside(kept)

    def _settle(self, aside: Aside, fill: Fill) -> None:
        self._written.add(fill.fill_id)
        if aside.state in {AsideState.SETTLED, AsideState.DROPPED}:
            return
        written = self._asides.settle(self._account, self.holdings, aside, fill, self._lease)
        if written is not None:
            logger.info("no longer set aside: %s %s", aside.account_id, aside.aside_id)

    async def corrected(self) -> None:
        """Write what a person has corrected."""
        async with self._writing:
            await to_its_end(asyncio.to_thread(self._write_corrected))

    def _write_corrected(self) -> None:
        for aside, fill in self._asides.released(self._account.account_id):
            self._settle(aside, fill)
            self._aside[aside.aside_id] = aside

    async def recount(self, venue: Venue, since_ms: int, symbols: Iterable[str]) -> None:
        """After a report that nobody can read, the venue says what the account holds.

        Not while it trades: then the next look does it. `since_ms` is early enough for all that
        the venue may list late.
        """
        if not self._doubts:
            return
        held = await venue.positions()
        async with self._writing:
            again = self._checked(await venue.fills_since(since_ms, symbols))
            if any(isinstance(report, Fill) for report in self._new(again)):
                return
            account_id = self._account.account_id
            save = self._positions.save_baseline
            await to_its_end(asyncio.to_thread(save, account_id, held, self._lease))
            stored = await asyncio.to_thread(self._positions.of_account, account_id)
            self.holdings = stored or Holdings()
            doubts, self._doubts = list(self._doubts.values()), {}
            await to_its_end(asyncio.to_thread(self._keep_all, doubts))

    def _keep_all(self, asides: Iterable[Aside]) -> None:
        for aside in asides:
            self._keep(aside)
