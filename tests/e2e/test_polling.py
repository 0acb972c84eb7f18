"""A member's client on the running stack: by a ticket of the API, and where sockets are blocked."""

import asyncio

import pytest

from pilotfish.client import HttpPolling, LiveClient, Options, Status, Tickets
from pilotfish.domain.messages import CopyUpdate
from pilotfish.domain.rules import Rules
from pilotfish_local.http_api import call
from pilotfish_local.members import Member, sign_up

from .conftest import USDM_BTC, Scene

HASTY = Options(min_connected=0.5, heartbeat=1.0, first_wait=0.1, failures=1, patience=0.2)
NOWHERE = "ws://127.0.0.1:9/"


@pytest.fixture
def mia(scene: Scene) -> Member:
    """A member with an account that follows the leader."""
    member = sign_up(scene.local, f"mia-{scene.leader.name}@example.com")
    scene.add_followers([Rules()], owners=[member.user])
    return member


async def copies_of(client: LiveClient, scene: Scene) -> None:
    """All that becomes of three copies is told, without a hole."""
    feed = await client.copies().ready()
    before = feed.seq
    await asyncio.to_thread(scene.trade, *[("buy", "0.02", USDM_BTC)] * 3)
    records = await asyncio.to_thread(scene.settle)
    wanted = {(r.order_id, n) for r in records for n in range(r.revision + 1)}
    told, seqs = set(), []
    async with asyncio.timeout(30):
        while not wanted <= told:
            message = await feed.get()
            assert isinstance(message, CopyUpdate)
            told.add((message.order, message.revision))
            seqs.append(message.seq)
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert before is None or seqs[0] == before + 1


async def test_where_sockets_are_blocked_nothing_is_lost(scene: Scene, mia: Member) -> None:
    polling = HttpPolling(f"{scene.local.api_url}/live", mia.access_token, interval=0.3)
    async with LiveClient(NOWHERE, options=HASTY, polling=polling) as client:
        async with asyncio.timeout(90):
            await copies_of(client, scene)
            assert client.status is Status.POLLING
            (held,) = (await client.get_positions()).positions
            assert held.quantity == pytest.approx(0.06)
            assert (await client.positions().get()).positions[0].symbol == held.symbol
            portfolio = (await client.get_portfolio()).portfolio
            assert portfolio.positions_count == 1
            assert (await client.prices("BTCUSDT", "binanceusdm").get()).price > 0
            risks = client.risk()
            while not (risk := (await risks.get()).risk).gross_exposure or risk.stale:
                pass
            assert risk.positions_count == 1


async def test_a_ticket_of_the_api_lets_the_client_in(scene: Scene, mia: Member) -> None:
    tickets = Tickets(scene.local.socket_url, scene.local.api_url, mia.access_token)
    async with LiveClient(tickets, options=HASTY) as client, asyncio.timeout(90):
        await copies_of(client, scene)
        assert client.status is Status.CONNECTED


def test_nobody_polls_without_a_token_or_for_another(scene: Scene, mia: Member) -> None:
    local = scene.local
    ask = {"action": "get_positions"}
    assert call(local.api_url, "POST", "/live", ask).status == 401
    other = sign_up(local, f"eve-{scene.leader.name}@example.com")
    (told,) = call(local.api_url, "POST", "/live", ask, other.headers).body
    assert told["positions"] == []
    spy = {"action": "subscribe", "channel": f"trader:{scene.leader.name}"}
    (error,) = call(local.api_url, "POST", "/live", spy, other.headers).body
    assert error["code"] == "not_allowed"
    (ack,) = call(local.api_url, "POST", "/live", spy, mia.headers).body
    assert ack["type"] == "ACK"
