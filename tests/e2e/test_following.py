"""A leader by invitation, a follower who pauses and stops: over HTTP, under the deployed roles."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.consents import RISKS
from pilotfish.domain.follows import follow_name
from pilotfish_local.http_api import Reply, call
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.members import Member, sign_up
from pilotfish_local.onboarding import Trader, await_listening, connect
from tests.stage import USDM_BTC, Scene

VENUE = "binanceusdm"


@pytest.fixture(scope="module")
def ada(local: LocalStack) -> Member:
    return sign_up(local, "ada-leads@example.com")


@pytest.fixture(scope="module")
def ben(local: LocalStack) -> Member:
    return sign_up(local, "ben-follows@example.com")


@pytest.fixture
def scene(local: LocalStack, ada: Member) -> Scene:
    leader = Trader("adas-account", VENUE, ada.user)
    connect(local, [leader], leaders=True)
    await_listening(local, [leader])
    return Scene(local, leader)


@pytest.fixture
def follower(local: LocalStack, ben: Member) -> Trader:
    trader = Trader("bens-account", VENUE, ben.user)
    connect(local, [trader], leaders=False)
    return trader


def until(there: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not there():
        if time.monotonic() > deadline:
            pytest.fail(f"not in time: {what}")
        time.sleep(0.1)


def test_from_an_invitation_to_being_flat_again(
    local: LocalStack, scene: Scene, follower: Trader, ada: Member, ben: Member
) -> None:
    def ask(who: Member, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        return call(local.api_url, method, path, body, {**who.headers, **headers})

    leader, name = scene.leader.name, follow_name(follower.name, scene.leader.name)
    shown = ask(ada, "PUT", f"/leaders/{leader}", {"name": "Ada", "visibility": "invited"})
    assert shown.status == 201, shown.text
    wanted = {
        "leader_id": leader,
        "account_id": follower.name,
        "consent": RISKS.version,
        "rules": {"multiplier": "0.5"},
    }
    assert ask(ben, "POST", "/follows", wanted).status == 409
    made = ask(ada, "POST", f"/leaders/{leader}/invitations", {"uses": 1}).body
    assert ask(ben, "POST", "/invitations", {"code": made["code"]}).body["name"] == "Ada"
    begun = ask(ben, "POST", "/follows", wanted | {"invitation": made["code"]})
    assert begun.status == 201, begun.text
    assert ask(ada, "GET", f"/follows/{name}").status == 404

    scene.trade(("buy", "0.2", USDM_BTC))
    until(lambda: scene.position(follower) == Decimal("0.1"), "the first copy")
    paused = ask(ben, "POST", f"/follows/{name}/pause")
    assert (paused.status, paused.body["status"]) == (200, "paused")
    scene.trade(("buy", "0.2", USDM_BTC), ("sell", "0.1", USDM_BTC))
    until(lambda: scene.position(follower) == Decimal("0.075"), "an exit, while it is paused")
    rules = {"rules": {"multiplier": "1"}}
    changed = ask(
        ben, "PUT", f"/follows/{name}/rules", rules, **{"If-Match": paused.headers["etag"]}
    )
    assert changed.status == 200, changed.text
    assert ask(ben, "POST", f"/follows/{name}/resume").body["status"] == "active"
    scene.trade(("buy", "0.1", USDM_BTC))
    until(lambda: scene.position(follower) == Decimal("0.175"), "an entry by the new rules")

    [held] = ask(ben, "GET", f"/follows/{name}").body["positions"]
    assert (held["symbol"], held["quantity"]) == (USDM_BTC, "0.175")
    ended = ask(ben, "POST", f"/follows/{name}/stop", {"how": "close"})
    assert (ended.status, ended.body["follow"]["status"]) == (200, "stopped"), ended.text
    until(lambda: scene.position(follower) == 0, "the copies are closed")
    swept = local.invoke("SweepFunction", {})
    assert (swept["ending"] >= 1, swept["failed"]) == (True, 0)
    book = local.exchange.orders(account=follower.name)
    assert [order["reduce_only"] for order in book] == [False, True, False, True]
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.await_fills()
    assert len(local.exchange.orders(account=follower.name)) == len(book)
