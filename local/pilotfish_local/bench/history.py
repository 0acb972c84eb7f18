"""A back-fill from the model exchange into the embedded AWS, and how fast its parts are alone."""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pilotfish.adapters.dynamo.past_fills import DynamoPastFills
from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.fills import Fill
from pilotfish.domain.sync_sessions import DAY_MS
from pilotfish.usecases.write_past import Pace, WritePast
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import Trader, connect
from pilotfish_venues.endpoints import parse_endpoints
from pilotfish_venues.pool import CcxtVenues

VENUE, SYMBOL, MARKET = "binanceusdm", "BTC/USDT:USDT", "BTCUSDT"
FUNCTION = "HistorySyncFunction"
DAYS = 30
LONGEST_S = 1_800.0
LOOK_S = 0.25
UNLIMITED = 1e9
KILL_S = (10.0, 30.0)
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 429, "retry_after": 1},
    {"kind": "status", "status": 502, "body": "html"},
    {"kind": "status", "status": 503},
    {"kind": "junk"},
    {"kind": "reset"},
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """What was done with how many trades, and what happened on the way."""

    what: str
    trades: int
    seconds: float
    faults: int = 0
    kills: int = 0

    @property
    def per_minute(self) -> int:
        """The promise is 10,000."""
        return round(self.trades / self.seconds * 60)


def an_old_account(local: LocalStack, name: str, trades: int) -> Trader:
    """An account that traded this often within the last 30 days, which nobody listens to."""
    trader = Trader(name, VENUE, "bench")
    connect(local, [trader], leaders=False)
    until_ms = utc_ms() - DAY_MS
    since_ms = until_ms - (DAYS - 2) * DAY_MS
    local.exchange.trade_in_the_past(name, [MARKET], trades, since_ms, until_ms)
    return trader


def whole(
    local: LocalStack, what: str, name: str, trades: int, say: Say, *, trouble: bool = False
) -> Row:
    """Through the state machine, at the pace that was deployed.

    With `trouble` a third of the venue's answers fail, and the worker is killed time and again.
    """
    trader = an_old_account(local, name, trades)
    where = {"account": name, "endpoint": "fills", "probability": 0.08, "seed": 7}
    local.exchange.clear_faults()
    if trouble:
        local.exchange.add_faults([fault | where for fault in FAULTS])
    asked = {"account_id": trader.name, "symbols": [SYMBOL]}
    [session] = local.invoke("HistoryFunction", {"action": "start", **asked})["sessions"]
    killer = _Killer(local, what) if trouble else None
    deadline = time.monotonic() + LONGEST_S
    while session["status"] == "RUNNING" and time.monotonic() < deadline:
        time.sleep(LOOK_S)
        if killer:
            killer.look()
        key = {name: session[name] for name in ("account_id", "session_id")}
        [session] = local.invoke("HistoryFunction", {"action": "show", **key})["sessions"]
        say(f"{what}: {session['trades_synced']:,} trades in {session['pages']} pages")
    if (session["status"], session["trades_synced"]) != ("COMPLETED", trades):
        raise RuntimeError(f"it is not complete: {json.dumps(session)}")
    fired = sum(rule["fired"] for rule in local.exchange.faults())
    local.exchange.clear_faults()
    seconds = session["duration_ms"] / 1000
    return Row(what, trades, seconds, fired, killer.kills if killer else 0)


class _Killer:
    """Kills the function's workers once in a while."""

    def __init__(self, local: LocalStack, seed: str) -> None:
        self._local = local
        self._chance = random.Random(seed)
        self._next = time.monotonic() + self._chance.uniform(*KILL_S)
        self.kills = 0

    def look(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._chance.uniform(*KILL_S)
        for pid in self._local.aws.worker_pids(self._local.name(FUNCTION)):
            os.kill(pid, signal.SIGKILL)
            self.kills += 1


async def reading(local: LocalStack, name: str, trades: int) -> tuple[Row, list[Fill]]:
    """The venue's pages alone, one after the other, in this process."""
    trader = an_old_account(local, name, trades)

    async def key(_account: Account) -> Credentials:
        return trader.credentials

    pool = CcxtVenues(parse_endpoints(local.endpoints), key)
    try:
        venue = await pool.account(Account(name, trader.owner, VENUE, b""))
        fills: list[Fill] = []
        token: str | None = None
        begun, until_ms = time.perf_counter(), utc_ms()
        while token is not None or not fills:
            page = await venue.history(until_ms - DAYS * DAY_MS, until_ms, [SYMBOL], token)
            fills += page.fills
            token = page.next_token
        return Row("reading alone", len(fills), time.perf_counter() - begun), fills
    finally:
        await pool.close()


async def writing(local: LocalStack, fills: list[Fill]) -> Row:
    """The table alone, in the back-fill's own transactions, as fast as it takes them."""
    past_fills = DynamoPastFills(local.aws.client("dynamodb"), local.name("FillsTable"))
    write = WritePast(past_fills, Pace(UNLIMITED, utc_ms))
    begun = time.perf_counter()
    tally = await write(Account(fills[0].account_id, "bench", VENUE, b""), "bench", fills)
    if tally.synced != len(fills):
        raise RuntimeError(f"{tally} of {len(fills)} trades")
    return Row("writing alone", len(fills), time.perf_counter() - begun)
