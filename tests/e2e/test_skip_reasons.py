"""Every reason that ends an entry, led to by rules and acts over HTTP, and read back over HTTP.

One leader trades before many follows at once, each with the rules that one reason is about.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.instruments import DynamoInstruments
from pilotfish.clock import utc_ms
from pilotfish.domain.consents import RISKS
from pilotfish.domain.follows import follow_name
from pilotfish.domain.instruments import Kind
from pilotfish.domain.orders import Leg, Reason
from pilotfish.domain.venue_ids import is_paper, market_venue
from pilotfish_local.http_api import call
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.members import Member, sign_up
from pilotfish_local.onboarding import Trader, await_listening, connect, connect_on_paper
from tests.e2e.skip_reasons import (
    BTC,
    CLOSED,
    ELSEWHERE,
    ETH,
    INVERSE,
    NOT_BY_THE_API,
    ROWS,
    USDM,
    Row,
)
from tests.fakes.samples import an_instrument
from tests.stage import Scene

WAIT_S = 60
LEADERS = {
    "futures": Trader("skips-futures", USDM, ""),
    "spot": Trader("skips-spot", "binance", ""),
    "unheard": Trader("skips-unheard", USDM, ""),
}


def test_every_reason_has_its_row() -> None:
    rows = Counter(row.reason for row in ROWS)
    assert set(rows) | set(NOT_BY_THE_API) == set(Reason)
    assert not set(rows) & set(NOT_BY_THE_API)
    assert set(rows.values()) == {1}


class Play:
    """Leaders of Ada's, and a follow of Ben's for each row."""

    def __init__(self, local: LocalStack) -> None:
        self.local = local
        self.ada, self.ben = (sign_up(local, f"{n}-skips@example.com") for n in ("ada", "ben"))
        self.olga = sign_up(local, "olga-skips@example.com", operator=True)
        self.leaders = {n: replace(each, owner=self.ada.user) for n, each in LEADERS.items()}
        self.accounts: dict[Reason, Trader] = {}

    def ask(self, who: Member, method: str, path: str, body: Any = None) -> Any:
        """What the API answers; a refusal fails."""
        reply = call(self.local.api_url, method, path, body, who.headers)
        assert reply.status < 400, f"{method} {path}: {reply.text}"
        return reply.body if reply.text else None

    def open(self) -> None:
        """Leaders who are listened to and published, and followers who follow."""
        exchange = self.local.exchange
        leaders = list(self.leaders.values())
        connect(self.local, leaders, leaders=True)
        exchange.change_account("skips-spot", balances={"ETH": "5"})
        unheard = {"kind": "status", "status": 503, "endpoint": "stream"}
        exchange.add_faults([{**unheard, "account": "skips-unheard"}])
        await_listening(self.local, leaders)
        for leader in leaders:
            self.ask(self.ada, "PUT", f"/leaders/{leader.name}", {"name": leader.name})
        self._list_elsewhere()
        self._connect()
        for row in ROWS:
            self.follow(row)
            if row.beside is not None:
                self.follow(replace(row, rules=row.beside, leads="unheard"))

    def _connect(self) -> None:
        real = [row for row in ROWS if not is_paper(row.venue)]
        on_paper = [row for row in ROWS if is_paper(row.venue)]
        traders = [Trader(f"skips-{row.reason}", row.venue, self.ben.user) for row in real]
        connect(self.local, traders, leaders=False)
        papers = connect_on_paper(
            self.local, market_venue(ELSEWHERE), [self.ben.user] * len(on_paper)
        )
        pairs = zip([*real, *on_paper], [*traders, *papers], strict=True)
        self.accounts = {row.reason: trader for row, trader in pairs}
        refusal = {"kind": "status", "status": 429, "retry_after": 2, "endpoint": "order_create"}
        rules = [
            {**refusal, "account": f"skips-{row.reason}", "times": row.refused}
            for row in ROWS
            if row.refused
        ]
        self.local.exchange.add_faults(rules)

    def close(self) -> None:
        """Nobody trades elsewhere any more, so that nobody looks after it in vain."""
        for row in ROWS:
            if is_paper(row.venue) and row.reason in self.accounts:
                account = self.accounts[row.reason].name
                self.ask(self.ben, "DELETE", f"/connections/{account}?stop_follows=true")

    def _list_elsewhere(self) -> None:
        store = DynamoInstruments(
            self.local.aws.client("dynamodb"), self.local.name("InstrumentsTable"), utc_ms
        )
        listed = [
            an_instrument(INVERSE, kind=Kind.INVERSE),
            an_instrument(CLOSED, open=False),
        ]
        store.publish(market_venue(ELSEWHERE), listed, utc_ms())

    def follow(self, row: Row) -> None:
        wanted = {
            "leader_id": self.leaders[row.leads].name,
            "account_id": self.accounts[row.reason].name,
            "consent": RISKS.version,
            "rules": dict(row.rules),
        }
        self.ask(self.ben, "POST", "/follows", wanted)

    def trade(self, leader: str, *orders: tuple[str, str, str]) -> None:
        scene = Scene(self.local, self.leaders[leader])
        scene.trade(*orders)

    def name(self, row: Row) -> str:
        return follow_name(self.accounts[row.reason].name, self.leaders[row.leads].name)

    def act(self, row: Row) -> None:
        """What the follower does between the leader's trades."""
        path = f"/follows/{self.name(row)}"
        if row.then == "pause":
            self.ask(self.ben, "POST", f"{path}/pause")
        elif row.then == "pause_account":
            account = self.accounts[row.reason].name
            self.ask(self.ben, "POST", f"/connections/{account}/pause")
        elif row.then == "stop":
            self.await_copy(row, state="UNSENT")
            self.ask(self.ben, "POST", f"{path}/stop", {"how": "keep"})
        elif row.then == "close_only":
            self.await_copy(row, state="COPIED")
            self.ask(self.ben, "POST", f"{path}/stop", {"how": "close_only"})
        elif row.then == "stop_and_begin_anew":
            self.await_copy(row, state="COPIED")
            self.ask(self.ben, "POST", f"{path}/stop", {"how": "keep"})
            self.follow(row)

    def before(self) -> None:
        """What others lead, who are not heard as soon as they trade."""
        self.trade("spot", ("buy", "0.1", "ETH/USDT"))
        self.trade("unheard", ("buy", "1", ETH))
        for row in ROWS:
            if row.beside is not None:
                self.await_copy(replace(row, leads="unheard"), state="COPIED")

    def halted(self) -> None:
        """The leader buys while an operator has stopped entries of its trades.

        What is tried again until then ends for its own reason first: it would be halted, too.
        """
        for row in ROWS:
            if row.refused:
                self.await_reason(row)
        scope = {"scope": f"leader:{self.leaders['futures'].name}", "why": "a drill"}
        self.ask(self.olga, "POST", "/operations/halts", scope)
        time.sleep(0.6)
        try:
            self.trade("futures", ("buy", "1", ETH))
            [row] = [row for row in ROWS if row.reason is Reason.HALTED]
            self.await_reason(row)
        finally:
            self.ask(self.olga, "POST", "/operations/lifts", scope)

    def await_copy(self, row: Row, **wanted: str) -> list[dict[str, Any]]:
        """The follow's copies like that, as soon as there is one; else none, after a minute."""
        asked = "&".join(f"{name}={value}" for name, value in wanted.items())
        deadline = time.monotonic() + WAIT_S
        while True:
            path = f"/copies?follow_id={self.name(row)}&{asked}"
            found: list[dict[str, Any]] = self.ask(self.ben, "GET", path)["copies"]
            if found or time.monotonic() > deadline:
                return found
            time.sleep(0.3)

    def await_reason(self, row: Row) -> list[dict[str, Any]]:
        """The copies that ended for its reason; a venue's words may follow it."""
        deadline = time.monotonic() + WAIT_S
        while True:
            found = [
                copy
                for copy in self.await_copy(row)
                if copy["reason"].partition(": ")[0] == row.reason
            ]
            if found or time.monotonic() > deadline:
                return found
            time.sleep(0.3)


@pytest.fixture(scope="module")
def play(local: LocalStack) -> Iterator[Play]:
    """All that is done, once for all rows."""
    pins: Sequence[tuple[str, str, str]] = (
        (USDM, "ETHUSDT", "2499.99"),
        ("delta", "ETHUSD", "2600"),
    )
    for venue, symbol, price in pins:
        local.exchange.pin_price(venue, symbol, price)
    made = Play(local)
    try:
        made.open()
        local.invoke("WalletsFunction", {"shard": "0"})
        time.sleep(1.1)  # A wallet of a second ago is too old for one of them.
        made.before()
        made.trade("futures", ("buy", "1", ETH), ("buy", "0.05", BTC), ("buy", "1", ETH))
        for row in ROWS:
            made.act(row)
        made.trade("futures", ("buy", "1", ETH), ("sell", "0.5", ETH))
        made.trade("unheard", ("sell", "1", ETH))
        made.halted()
        yield made
        made.close()
    finally:
        local.exchange.clear_faults()
        for venue, symbol, _ in pins:
            local.exchange.release_price(venue, symbol)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.reason))
def test_it_is_told_why_an_entry_was_not_copied(play: Play, row: Row) -> None:
    found = play.await_reason(row)
    assert found, [copy["why"] for copy in play.await_copy(row)]
    legs = {Leg(copy["leg"]) for copy in found if not Decimal(copy["filled_quantity"])}
    assert row.leg in legs, found
    assert {copy["state"] for copy in found if copy["leg"] == row.leg} <= {"SKIPPED", "EXPIRED"}
