"""The kill switch, lists and prices of the deployed stack, over its HTTP API with IAM enforced."""

import csv
import io
import json
import threading
import time
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.clock import utc_ms
from pilotfish.domain.orders import State
from pilotfish.domain.rules import Rules
from pilotfish_local.http_api import Reply, call
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.members import Member, sign_up
from tests.stage import USDM_BTC, Scene

# The API's promise: after its answer was on its way, no entry leaves later than this.
WITHIN_MS = 1_000


@pytest.fixture(scope="module")
def olga(local: LocalStack) -> Member:
    return sign_up(local, "olga@example.com", operator=True)


def ask(
    local: LocalStack, who: Member, method: str, path: str, body: Any = None, **query: str
) -> Reply:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return call(
        local.api_url, method, f"{path}?{asked}" if asked else path, body, headers=who.headers
    )


def switch(local: LocalStack, who: Member, path: str, scope: str) -> Reply:
    return ask(local, who, "POST", f"/operations/{path}", {"scope": scope, "why": "a drill"})


def test_entries_stop_exits_go_and_nothing_is_made_up_for(
    local: LocalStack, scene: Scene, olga: Member
) -> None:
    (follower,) = scene.add_followers([Rules()])
    scene.trade(("buy", "0.4", USDM_BTC))
    scene.settle()
    scope = f"leader:{scene.leader.name}"
    assert switch(local, olga, "halts", scope).status == 201
    time.sleep(0.5)
    try:
        scene.trade(("buy", "0.2", USDM_BTC))
        scene.settle()
        assert scene.position(follower) == Decimal("0.4")
        scene.trade(("sell", "0.6", USDM_BTC))
        scene.settle()
    finally:
        assert switch(local, olga, "lifts", scope).status == 204
    time.sleep(0.6)
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.settle()

    ends = [(order.state, order.reason) for order in scene.records_of(follower)]
    copied = (State.COPIED, "")
    assert ends == [copied, (State.SKIPPED, "halted"), copied, copied]
    assert scene.position(follower) == Decimal("0.1")
    trail = ask(local, olga, "GET", "/operations/trail", subject=scene.leader.name).body
    assert [(line["verb"], line["by"]) for line in trail["actions"]] == [
        ("lift", olga.user),
        ("halt", olga.user),
    ]


def test_everything_stops_within_a_second(
    local: LocalStack, scene: Scene, olga: Member, closing_line: Callable[[str], None]
) -> None:
    """A leader who does not stop trading, ten followers, and the switch in the midst of it."""
    followers = scene.add_followers([Rules()] * 10)
    trades = [("buy", "0.01", USDM_BTC)] * 30
    trading = threading.Thread(target=lambda: scene.trade(*trades, pause_s=0.1))
    trading.start()
    time.sleep(1.2)
    asked_ms = utc_ms()
    halted = switch(local, olga, "halts", "all")
    answered_ms = utc_ms()
    try:
        trading.join()
        orders = scene.settle()
    finally:
        assert switch(local, olga, "lifts", "all").status == 204

    names = {follower.name for follower in followers}
    sent = [o for o in local.exchange.orders() if o["account"] in names]
    last_ms = max(order["accepted_at"] // 1_000_000 for order in sent)
    skipped = [order for order in orders if order.reason == "halted"]
    closing_line(
        f"kill switch: answered in {answered_ms - asked_ms} ms; the last entry reached the venue "
        f"{last_ms - halted.body['at_ms']} ms after the halt was written; {len(sent)} copies sent, "
        f"{len(skipped)} skipped"
    )
    assert last_ms <= answered_ms + WITHIN_MS
    assert skipped
    assert len(sent) + len(skipped) == len(orders) == scene.pairs
    assert scene.verdict(orders).doubled == 0


def test_a_member_sees_the_own_copies_and_prices(local: LocalStack, scene: Scene) -> None:
    ann = sign_up(local, f"ann-{scene.leader.name}@example.com")
    scene.add_followers([Rules()] * 2, owners=[ann.user, "somebody else"])
    scene.trade(("buy", "0.1", USDM_BTC), ("sell", "0.1", USDM_BTC))
    scene.settle()

    copies, after = [], ""
    while after is not None:
        page = ask(local, ann, "GET", "/copies", limit="1", cursor=after).body
        copies += page["copies"]
        after = page["next"]
    assert [(each["side"], each["state"]) for each in copies] == [
        ("sell", "COPIED"),
        ("buy", "COPIED"),
    ]
    assert ask(local, ann, "GET", "/trades").body["trades"] == []

    market = f"{USDM_BTC}@binanceusdm".replace("/", "%2F").replace(":", "%3A")
    deadline = time.monotonic() + 30
    while True:
        [price] = ask(local, ann, "GET", "/market/prices", markets=market).body["prices"]
        if price["last"] is not None:
            break
        assert price["pending"]
        assert time.monotonic() < deadline, "the price never came"
        time.sleep(0.5)
    assert (price["venue"], price["symbol"]) == ("binanceusdm", USDM_BTC)


def test_health_sees_every_part(local: LocalStack, scene: Scene, olga: Member) -> None:
    told = ask(local, olga, "GET", "/health").body
    assert {part["name"]: part["fitness"] for part in told["parts"]}["poller"] == "ok"
    assert not [part for part in told["parts"] if "looked at" in part["says"]]


def test_a_replay_is_asked_of_its_function(local: LocalStack, scene: Scene, olga: Member) -> None:
    asked = {"orders": [{"follow_id": "no", "order_key": "such"}], "dry_run": True, "why": "drill"}
    told = ask(local, olga, "POST", "/operations/replays", asked)
    assert told.status == 200, told.body
    assert [each["verdict"] for each in told.body["orders"]] == ["refused"]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_copies_are_exported_to_a_file(local: LocalStack, scene: Scene, form: str) -> None:
    eve = sign_up(local, f"eve-{scene.leader.name}@example.com")
    scene.add_followers([Rules()], owners=[eve.user])
    scene.trade(("buy", "0.1", USDM_BTC), ("sell", "0.1", USDM_BTC))
    scene.settle()

    asked = ask(local, eve, "POST", "/exports", {"kind": "copies", "format": form})
    assert asked.status == 201, asked.text
    deadline = time.monotonic() + 30
    while True:
        told = ask(local, eve, "GET", f"/exports/{asked.body['export_id']}").body
        if told["status"] == "done":
            break
        assert told["status"] == "running"
        assert time.monotonic() < deadline, "the export was never written"
        time.sleep(0.3)
    with urllib.request.urlopen(told["url"], timeout=10) as answer:
        text = answer.read().decode()
    rows = json.loads(text) if form == "json" else [*csv.DictReader(io.StringIO(text))]
    assert [(row["side"], row["state"]) for row in rows] == [("buy", "COPIED"), ("sell", "COPIED")]
    assert (told["rows"], told["size"]) == (2, len(text.encode()))
