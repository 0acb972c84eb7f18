"""Fills a recording with what our code sends and makes of the answers now, for you to judge.

    python -m tests.contract.venues.record myvenue [fills|holdings|stream|orders|...]

Of `recorded/myvenue.json` it takes the answers, the requests and the sockets, prints what leaves
and what becomes of it, and writes that back as `sent`, `become` and `symbols`. Judge it by the
venue's documentation before you keep it: the contract suite only holds that it stays so.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from pilotfish.domain.asides import Aside
from pilotfish.domain.errors import VenueError
from pilotfish_venues.account import CcxtAccount
from tests.contract.venues.loopback import Loopback, fits, listening
from tests.contract.venues.opening import open_account, out_of, pool_of, send
from tests.contract.venues.recordings import (
    HERE,
    PAYMENT,
    Json,
    Recording,
    margin_in,
    order_of,
    told,
    told_fills,
    told_wallet,
)

QUIET_S = 2.0  # A stream that has said nothing for so long has said all.
WIDTH, SHORT = 100, 60
Do = Callable[[CcxtAccount], Awaitable[Any]]


class Recorder:
    """Does each case of a recording with our code, and notes what came of it."""

    def __init__(self, host: Loopback, recording: Recording) -> None:
        self._host, self._recording = host, recording
        self.file: Json = recording.whole()

    async def run(self, wanted: set[str]) -> None:
        named = {"fills", "holdings", "wallet", "stream", "tickers", "funding"}
        for name in wanted & named & set(self.file):
            await getattr(self, f"_{name}")(self.file[name])
        for group in ("orders", "lookups", "margin", "margin_of", "errors"):
            if group in wanted:
                for name, case in self.file.get(group, {}).items():
                    _say(f"--- {group} {name}")
                    await getattr(self, f"_{group}")(case)

    async def _do(self, case: Json, do: Do, page: int = 0) -> Any:
        """What it gives; what went wrong is printed."""
        self._host.strange.clear()
        self._host.heard.clear()
        async with AsyncExitStack() as stack:
            account = await open_account(stack, self._host, self._recording, page)
            self._host.answers = self._recording.answers(case)
            try:
                return await do(account)
            except VenueError as error:
                _say(f"!!! {type(error).__name__}: {error}")
                return None
            finally:
                for strange in self._host.strange:
                    _say(f"??? no answer is recorded for {strange}")

    async def _fills(self, case: Json) -> None:
        found = await self._do(
            case,
            lambda account: account.fills_since(case["since_ms"], case.get("symbols", [])),
            case.get("page", 0),
        )
        self._sent("fills")
        case["become"] = told_fills(_sound(found or []))
        _print(case["become"])

    async def _holdings(self, case: Json) -> None:
        held = await self._do(case, lambda account: account.positions())
        self._sent("holdings")
        case["become"] = [told(position) for position in held or []]
        symbols = await self._do(case, lambda account: account.symbols_traded(case["since_ms"]))
        case["symbols"] = sorted(symbols or [])
        _print([*case["become"], case["symbols"]])

    async def _wallet(self, case: Json) -> None:
        answered = self._recording.with_holdings(case)
        found = await self._do(answered, lambda account: account.wallet())
        self._sent("wallet")
        case["become"] = found and told_wallet(found)
        _print([case["become"]])

    async def _funding(self, case: Json) -> None:
        since_ms, page = case["since_ms"], case.get("page", 0)
        found = await self._do(case, lambda account: account.funding(since_ms), page)
        case["sent"] = out_of(self._host, self._recording, [])
        case["become"] = [told(payment, PAYMENT) for payment in found.payments] if found else []
        _print([*case["sent"], *case["become"]])

    async def _stream(self, case: Json) -> None:
        found: list[Any] = []
        connected = asyncio.Event()

        async def watch(account: CcxtAccount) -> None:
            try:
                async with asyncio.timeout(QUIET_S):
                    async for batch in account.watch_fills(connected):
                        found.extend(batch)
            except TimeoutError:
                pass

        await self._do(case, watch)
        self._sent("stream" if connected.is_set() else "stream, which was never confirmed")
        _print(self._host.heard)
        for message in case["heard"]:
            if not any(fits(heard, message) for heard in self._host.heard):
                _say(f"!!! not heard: {message}")
        case["become"] = told_fills(_sound(found))
        _print(case["become"])

    async def _tickers(self, case: Json) -> None:
        async def read(account: CcxtAccount) -> Any:
            pool = pool_of(self._host, self._recording)
            try:
                return await pool.tickers(self._recording.venue, case["symbols"])
            finally:
                await pool.close()

        found = await self._do(case, read)
        self._sent("tickers")
        case["become"] = [told(ticker) for ticker in found or []]
        _print(case["become"])

    async def _orders(self, case: Json) -> None:
        answer = await self._do(case, lambda account: send(account, case["request"]))
        self._note(case, answer)

    async def _lookups(self, case: Json) -> None:
        request = order_of(case["request"])
        self._note(case, await self._do(case, lambda account: account.find_order(request)))

    def _note(self, case: Json, answer: Any) -> None:
        case["become"] = answer and told(answer)
        case["sent"] = out_of(self._host, self._recording, case.get("sent", []))
        _print([*case["sent"], case["become"]])

    async def _margin(self, case: Json) -> None:
        wanted = margin_in(case)
        await self._do(case, lambda account: account.set_margin(case["symbol"], wanted))
        case["sent"] = out_of(self._host, self._recording, case.get("sent", []))
        _print(case["sent"])

    async def _margin_of(self, case: Json) -> None:
        self._note(case, await self._do(case, lambda account: account.margin_of(case["symbol"])))

    async def _errors(self, case: Json) -> None:
        """Only told: which outcome it has to have is for you to say."""
        order = next(iter(self.file["orders"].values()))
        refusal = {"call": order["sent"][-1]["call"], **case["answer"]}
        refused = {"answers": [refusal, *order.get("answers", [])]}
        _say(f"    wanted {case['outcome']}: {case['words']}")
        if await self._do(refused, lambda account: send(account, order["request"])):
            _say("!!! no error")

    def _sent(self, name: str) -> None:
        _say(f"--- {name}")
        _print(out_of(self._host, self._recording, []))


def _sound(found: list[Any]) -> list[Any]:
    for aside in found:
        if isinstance(aside, Aside):
            _say(f"!!! set aside: {aside}")
    return [fill for fill in found if not isinstance(fill, Aside)]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _print(rows: list[Any]) -> None:
    for row in rows:
        _say(f"    {json.dumps(row, ensure_ascii=False)}")


def text_of(value: Any, pad: int = 0) -> str:
    """JSON with whatever fits on one line there, and short fields sharing lines."""
    whole = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(whole) + pad <= WIDTH:
        return whole
    inner = pad + 1
    if isinstance(value, list):
        rows = [text_of(each, inner) for each in value]
        return _block("[", rows, "]", pad)
    rows, line = [], ""
    for name, each in value.items():
        field = f"{json.dumps(name)}: {text_of(each, inner)}"
        long = "\n" in field or len(field) > SHORT
        if line and (long or inner + len(line) + 2 + len(field) > WIDTH):
            rows, line = [*rows, line], ""
        if long:
            rows.append(field)
        else:
            line = f"{line}, {field}" if line else field
    return _block("{", [*rows, line] if line else rows, "}", pad)


def _block(begin: str, rows: list[str], end: str, pad: int) -> str:
    inner = " " * (pad + 1)
    return f"{begin}\n{inner}" + f",\n{inner}".join(rows) + f"\n{' ' * pad}{end}"


async def record(venue: str, wanted: set[str]) -> None:
    recording = Recording(venue)
    async with listening(Loopback()) as host:
        recorder = Recorder(host, recording)
        await recorder.run(wanted or set(recorder.file))
    (HERE / f"{venue}.json").write_text(text_of(recorder.file) + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1], set(sys.argv[2:])))
