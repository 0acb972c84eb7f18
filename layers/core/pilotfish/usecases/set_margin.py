"""Set a market's leverage and margin mode before an entry, where its follow asks for that."""

import asyncio
from dataclasses import replace
from weakref import WeakValueDictionary

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.margin_rules import wanted_margin
from pilotfish.domain.margining import Margin, MarginMark
from pilotfish.domain.orders import CopyOrder, Reason
from pilotfish.ports import Accounts, Clock, Margins, Venue, Venues

# All of it: an exit of the same follow may be waiting behind the entry.
WITHIN_S = 1.5
# How long a worker goes by what it read of a leader's market.
LEADERS_MS = 10_000
ATTEMPTS = 5


class SetMargin:
    """Asks the venue once for each market and setting, and remembers what stands there.

    A mark is written before the venue is asked and again after it: one that is not `done` proves
    nothing, and whoever finds it asks the venue again, as after a lost answer.

        worker A                          worker B
        mark 5x, begun (revision 1)
        venue: 5x                         reads revision 1, begun
                                          mark 10x, begun (revision 2)
        done? revision 1 is gone          venue: 10x
        reads 10x: not its own            mark 10x, done (revision 3)

    Of two follows that want one market otherwise the one has it that was there first, as long as it
    holds something in it: the entries of the other are skipped.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        venues: Venues,
        margins: Margins,
        clock: Clock,
        within_s: float = WITHIN_S,
    ) -> None:
        self._accounts = accounts
        self._venues = venues
        self._margins = margins
        self._clock = clock
        self._within_s = within_s
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._leaders: dict[tuple[str, str], tuple[int, Margin]] = {}

    async def bar(self, order: CopyOrder, venue: Venue) -> str:
        """Why the entry is skipped; "" once its market is as wanted. Raises `NotSent`."""
        try:
            async with asyncio.timeout(self._within_s):
                wanted = await self._wanted(order, venue)
                if wanted is None:
                    return Reason.LEVERAGE_UNKNOWN
                async with self._turn(order.account_id, order.symbol):
                    return await self._bring_about(order, venue, wanted)
        except TimeoutError:
            raise NotSent("leverage and margin mode were not set in time") from None
        except OutcomeUnknown as doubt:
            raise NotSent(f"whether the leverage was set is not known: {doubt}") from None

    async def _bring_about(self, order: CopyOrder, venue: Venue, wanted: Margin) -> str:
        asked = False
        for _ in range(ATTEMPTS):
            mark = await self._mark(order)
            others = mark.of_others(order.follow_id, wanted)
            if others and await self._taken(mark, others):
                return Reason.LEVERAGE_TAKEN
            if mark.stands(wanted, self._clock()) or (asked and mark.margin == wanted):
                if order.follow_id in mark.follows or await self._join(mark, order):
                    return ""
                continue
            begun = self._begun(mark, order, wanted)
            if not await asyncio.to_thread(self._margins.put, begun):
                continue
            try:
                await venue.set_margin(order.symbol, wanted)
            except Rejected as refusal:
                await self._put_after(begun, margin=Margin(), follows=frozenset())
                return f"{Reason.LEVERAGE_REFUSED}: {refusal}"
            asked = True
            if await self._put_after(begun, done=True):
                return ""
        raise NotSent("others set the leverage of this market at the same time")

    def _begun(self, mark: MarginMark, order: CopyOrder, wanted: Margin) -> MarginMark:
        """With those who want the same; who wanted it otherwise holds nothing here any more."""
        along = mark.follows if mark.margin == wanted else frozenset()
        return replace(
            mark,
            margin=wanted,
            follows=along | {order.follow_id},
            at_ms=self._clock(),
            done=False,
            revision=mark.revision + 1,
        )

    async def _join(self, mark: MarginMark, order: CopyOrder) -> bool:
        return await self._put_after(mark, follows=mark.follows | {order.follow_id})

    async def _put_after(self, mark: MarginMark, **changes: object) -> bool:
        after = replace(mark, revision=mark.revision + 1, **changes)  # type: ignore[arg-type]
        return await asyncio.to_thread(self._margins.put, after)

    async def _mark(self, order: CopyOrder) -> MarginMark:
        name = order.account_id, order.symbol
        return await asyncio.to_thread(self._margins.get, *name) or MarginMark(*name)

    async def _taken(self, mark: MarginMark, others: frozenset[str]) -> bool:
        if mark.fresh(self._clock()):
            return True
        return await asyncio.to_thread(self._margins.holds, others, mark.symbol)

    async def _wanted(self, order: CopyOrder, venue: Venue) -> Margin | None:
        leader = await self._leaders_margin(order) if order.follows_margin else Margin()
        return wanted_margin(order, leader, venue.most_leverage(order.symbol))

    async def _leaders_margin(self, order: CopyOrder) -> Margin:
        """Nothing where the leader's venue will not tell; raises where it may tell later."""
        name = order.leader_id, order.leader_symbol
        async with self._turn(*name):
            read_ms, known = self._leaders.get(name, (0, Margin()))
            if read_ms and self._clock() - read_ms < LEADERS_MS:
                return known
            leader = await self._accounts.get(order.leader_id)
            if leader is None or not leader.enabled:
                return Margin()
            try:
                known = await (await self._venues.account(leader)).margin_of(order.leader_symbol)
            except Rejected:
                return Margin()
            self._leaders[name] = self._clock(), known
            return known

    def _turn(self, account_id: str, symbol: str) -> asyncio.Lock:
        return self._turns.setdefault((account_id, symbol), asyncio.Lock())
