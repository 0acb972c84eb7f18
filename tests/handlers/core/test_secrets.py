"""Real ccxt, real sealed keys, a venue that says everything back: no key shows anywhere."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.order_items import order_from_item, planned_item
from pilotfish.adapters.keys import KeySealer
from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import NoFurther
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.usecases import poll
from pilotfish_local.exchange import endpoints
from pilotfish_local.exchange_control import ExchangeControl
from tests.handlers.conftest import sample
from tests.handlers.core.batches import failed
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack, images

LEADER, FOLLOWER, VENUE = "ada-usdm", "ben-usdm", "binanceusdm"
ENTRY = "executor/planned_entry_usdm.json"
KEY = Credentials(api_key="CaNaRyKeY0123456789abcdef", secret="CaNaRySeCrEt0123456789abcdef")
SAID = f"{KEY.api_key} {KEY.secret} symbol=BTCUSDT&signature={'a1' * 32}"
ECHO = f"<html>POST /fapi/v1/order {SAID}</html>"
SIGNATURE = re.compile(r"signature\W+[0-9a-f]{16}", re.IGNORECASE)


class Confidential:
    """Gathers all that a function leaves where people look."""

    def __init__(self, stack: Stack, capture: Any, caplog: Any) -> None:
        self._stack = stack
        self._capture = capture
        self._caplog = caplog

    def traces(self) -> str:
        """Standard output and error, log records, every table, every input of an execution."""
        told = self._capture.readouterr()
        logged = [f"{record.getMessage()} {vars(record)}" for record in self._caplog.records]
        kept = [str(self._stack.contents()), str(self._stack.executions())]
        return "\n".join([told.out, told.err, self._caplog.text, *logged, *kept])

    def check(self) -> str:
        """Returns the traces, in which no key is."""
        traces = self.traces()
        assert KEY.api_key not in traces
        assert KEY.secret not in traces
        assert not SIGNATURE.search(traces)
        return traces


@pytest.fixture
def confidential(stack: Stack, capfd: Any, caplog: Any) -> Confidential:
    return Confidential(stack, capfd, caplog)


@pytest.fixture
def venue(exchange: ExchangeControl) -> Iterator[ExchangeControl]:
    yield exchange
    exchange.clear_faults()


def connect(stack: Stack, venue: ExchangeControl, account_id: str, *, known: bool = True) -> None:
    """The account at the venue, perhaps with another secret, and its sealed key with us."""
    secret = KEY.secret if known else "another"
    opened = {"name": account_id, "venue": VENUE, "key": KEY.api_key, "secret": secret}
    venue._call("POST", "reset", {})
    venue.open_accounts([opened])
    owner = account_id.partition("-")[0]
    sealed = KeySealer(stack.kms, stack.key)(owner, account_id, KEY)
    shard = "0" if account_id == LEADER else ""
    stack.accounts.save(Account(account_id, owner, VENUE, sealed, listen_shard=shard))


def arrive(stack: Stack) -> tuple[CopyOrder, Any]:
    """The sample's order as if it had been decided just now, and the event about it."""
    event = sample(ENTRY)
    now = utc_ms()
    order = order_from_item(images(ENTRY)[0])
    order = replace(order, traded_ms=now, seen_ms=now, decided_ms=now, expires_ms=now + 120_000)
    image = planned_item(order)
    event["Records"][0]["dynamodb"]["NewImage"] = image
    stack.put("CopyOrdersTable", image)
    return order, event


def started(start: Start, function: str, venue: ExchangeControl) -> Any:
    at = json.dumps(endpoints(venue.url))
    return start(function, real_venues=True, real_time=True, VenueEndpoints=at, LogLevel="DEBUG")


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize(
    ("known", "fault", "state"),
    [
        (True, {}, State.COPIED),
        (False, {}, State.REJECTED),
        (True, {"kind": "status", "status": 503, "body": "html"}, State.UNKNOWN),
        (True, {"kind": "status", "status": 429, "retry_after": 3}, State.UNSENT),
        (True, {"kind": "reset", "when": "after"}, State.UNKNOWN),
        (True, {"kind": "status", "body": "html", "text": ECHO}, State.UNKNOWN),
    ],
    ids=["healthy", "wrong secret", "503", "429", "reset", "echo"],
)
def test_an_executor_keeps_it(
    stack: Stack,
    start: Start,
    venue: ExchangeControl,
    confidential: Confidential,
    known: bool,
    fault: dict[str, Any],
    state: State,
) -> None:
    stack.pair(LEADER, FOLLOWER, VENUE)
    connect(stack, venue, FOLLOWER, known=known)
    if fault:
        venue.add_faults([fault | {"endpoint": "order_create", "times": 1}])
    order, event = arrive(stack)
    for _ in range(2):
        assert started(start, "executor", venue).handler(event, None) == failed()
    [left] = stack.copy_orders()
    assert left.state is state
    assert len(venue.orders()) == (state is State.COPIED or fault.get("when") == "after")
    assert order.client_order_id in confidential.check()


def test_a_saga_keeps_it(
    stack: Stack, start: Start, venue: ExchangeControl, confidential: Confidential
) -> None:
    stack.pair(LEADER, FOLLOWER, VENUE)
    connect(stack, venue, FOLLOWER)
    order, _ = arrive(stack)
    assert asyncio.run(stack.orders.claim(order, order.quantity, utc_ms()))
    key = {"follow_id": order.follow_id, "order_key": order.order_key}
    retry = started(start, "retry", venue)
    for fault in ({"kind": "reset"}, {"kind": "status", "body": "html", "text": ECHO}):
        venue.clear_faults()
        venue.add_faults([fault | {"endpoint": "order_lookup"}])
        answer = retry.handler(key, None)
        assert answer["state"] == "UNKNOWN"
        assert str(answer["finding"]).startswith("look-up failed")
        assert str(answer["finding"]) in confidential.check()


def test_a_back_fill_keeps_it(
    stack: Stack, start: Start, venue: ExchangeControl, confidential: Confidential
) -> None:
    connect(stack, venue, FOLLOWER)
    asked = {"action": "start", "account_id": FOLLOWER, "symbols": ["BTC/USDT:USDT"]}
    [session] = started(start, "history", venue).handler(asked, None)["sessions"]
    venue.add_faults([{"kind": "status", "body": "html", "text": ECHO, "endpoint": "fills"}])
    key = {"account_id": FOLLOWER, "session_id": session["session_id"], "attempt": 1}
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 55_000)
    turn = started(start, "history_sync", venue)
    answer = turn.handler(key, context)
    assert (answer["standing"], answer["pages"]) == ("RUNNING", 0)
    with pytest.raises(NoFurther, match="POST") as failed:
        turn.handler(key | {"last": True}, context)
    traces = confidential.check() + str(failed.value)
    assert KEY.api_key not in traces
    assert "POST" in str(stack.items("SyncSessionsTable"))


def test_a_poller_keeps_it(
    stack: Stack,
    start: Start,
    venue: ExchangeControl,
    confidential: Confidential,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(poll, "RENEW_S", 0.05)
    connect(stack, venue, LEADER, known=False)
    app = started(start, "poller", venue)
    context = SimpleNamespace(
        get_remaining_time_in_millis=lambda: app.MARGIN_MS + 1_500, aws_request_id="run"
    )
    app.handler(sample("poller/shard_0.json"), context)
    assert f"listening to {LEADER}" in confidential.check()
