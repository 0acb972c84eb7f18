"""Prices of markets as they move, without a key: from a venue's socket, or else asked for.

ccxt keeps the newest ticker of each symbol; what moves between two looks at them is of no use to
anybody. So the socket is kept alive, and its tickers are looked at a few times a second.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from pilotfish.domain.quotes import Quote
from pilotfish_venues.amounts import decimal, kind_of

logger = logging.getLogger(__name__)

LOOK_S = 0.1
ASK_S = 1.0
# A socket that tells nothing of any symbol for so long is opened again.
MUTE_S = 30.0
RETRY_S = (1.0, 2.0, 5.0, 15.0, 30.0)
# A socket tells what moves: what moved before it stood is asked for, and now and then all is.
CHECK_S = (1.0, 15.0)

Open = Callable[[], Any]
Batches = AsyncGenerator[list[Quote], None]


async def quotes(exchange: Any, symbols: Iterable[str], open_stream: Open) -> Batches:
    """Quotes that changed, in batches, for ever; symbols that the venue has not are left out.

    The first batch is asked for; while the socket is down, each second's is.
    """
    groups = [_Group(exchange, some, open_stream) for some in _together(exchange, symbols)]
    if not groups:
        return
    tasks = [asyncio.create_task(group.run()) for group in groups]
    told: dict[str, Quote] = {}
    try:
        while True:
            fresh = {
                symbol: quote
                for group in groups
                for symbol, quote in group.quotes.items()
                if _differs(told.get(symbol), quote)
            }
            if fresh:
                told |= fresh
                yield list(fresh.values())
            await asyncio.sleep(LOOK_S)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Group:
    """Symbols that a venue tells together."""

    def __init__(self, exchange: Any, symbols: list[str], open_stream: Open) -> None:
        self._exchange = exchange
        self._symbols = symbols
        self._open_stream = open_stream
        self._marks: dict[str, Decimal] = {}
        self.quotes: dict[str, Quote] = {}

    async def run(self) -> None:
        """Stream; ask while that does not work."""
        failures = 0
        while True:
            await self._ask()
            try:
                await self._stream()
            except Exception as error:  # noqa: BLE001 - whatever it is, prices are asked for
                logger.info("prices of %s are asked for: %r", self._symbols[0], error)
            pause_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
            failures += 1
            for _ in range(int(pause_s / ASK_S)):
                await asyncio.sleep(ASK_S)
                await self._ask()

    async def _ask(self) -> None:
        try:
            self._learn(await self._exchange.fetch_tickers(self._symbols))
        except Exception as error:  # noqa: BLE001 - the next time may be better
            logger.info("no prices of %s: %r", self._symbols[0], error)

    async def _stream(self) -> None:
        """Returns when the venue has no such socket; raises when it dies or is mute."""
        stream = self._open_stream()
        if not stream.has.get("watchTickers"):
            return await asyncio.sleep(0)
        marks = self._marked()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(stream, stream.watch_tickers))
                group.create_task(self._check())
                if marks is not None:
                    group.create_task(self._watch(marks, marks.watch_mark_prices))
        finally:
            for each in (stream, marks):
                if each is not None:
                    await each.close_ws_clients()
        return None

    async def _check(self) -> None:
        first_s, then_s = CHECK_S
        await asyncio.sleep(first_s)
        while True:
            await self._ask()
            await asyncio.sleep(then_s)

    def _marked(self) -> Any:
        """ccxt tells tickers and marks of one instance under one name: it takes a second one."""
        if "/" in self._symbols[0] and ":" not in self._symbols[0]:
            return None
        stream = self._open_stream()
        return stream if stream.has.get("watchMarkPrices") else None

    async def _watch(self, stream: Any, watch: Callable[[list[str]], Any]) -> None:
        while True:
            async with asyncio.timeout(MUTE_S):
                answer = await watch(self._symbols)
            self._learn(answer)

    def _learn(self, rows: Mapping[str, Any]) -> None:
        now_ms = self._exchange.shared.clock.now_ms()
        for row in rows.values():
            symbol, mark = row["symbol"], decimal(row.get("markPrice"))
            if mark is not None:
                self._marks[symbol] = mark
            known = self.quotes.get(symbol)
            quote = _quote(self._exchange.shared.spec.venue, row, self._marks.get(symbol), now_ms)
            if quote is not None and known is not None and quote.at_ms < known.at_ms:
                continue
            if quote is not None:
                self.quotes[symbol] = _filled(quote, known)
            elif known is not None and mark is not None:
                self.quotes[symbol] = _filled(known, known, mark)


def _together(exchange: Any, symbols: Iterable[str]) -> list[list[str]]:
    """A venue is asked once for each kind of market."""
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for symbol in sorted(set(symbols)):
        market = exchange.markets.get(symbol)
        if market is not None:
            settle = str(market.get("settle") or "")
            kinds.setdefault((market["type"], kind_of(market), settle), []).append(symbol)
    return list(kinds.values())


def _quote(venue: str, row: Any, mark: Decimal | None, now_ms: int) -> Quote | None:
    last = decimal(row.get("last"))
    if last is None:
        return None
    return Quote(
        venue=venue,
        symbol=row["symbol"],
        last=last,
        at_ms=int(row.get("timestamp") or now_ms),
        mark=mark,
        change=decimal(row.get("change")),
        change_percent=decimal(row.get("percentage")),
        high=decimal(row.get("high")),
        low=decimal(row.get("low")),
        volume=decimal(row.get("baseVolume")),
    )


def _filled(quote: Quote, known: Quote | None, mark: Decimal | None = None) -> Quote:
    """What this message did not say stays as it was."""
    if known is None:
        return quote
    return Quote(
        venue=quote.venue,
        symbol=quote.symbol,
        last=quote.last,
        at_ms=max(quote.at_ms, known.at_ms),
        mark=mark or quote.mark or known.mark,
        change=known.change if quote.change is None else quote.change,
        change_percent=(
            known.change_percent if quote.change_percent is None else quote.change_percent
        ),
        high=known.high if quote.high is None else quote.high,
        low=known.low if quote.low is None else quote.low,
        volume=known.volume if quote.volume is None else quote.volume,
    )


def _differs(told: Quote | None, quote: Quote) -> bool:
    return told is None or told != quote
