"""A follower on paper has the copies of a real one, and no venue hears of it."""

import time
from decimal import Decimal

import pytest

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
from pilotfish.clock import utc_ms
from pilotfish.domain.fills import Fill, PositionSide, Side, is_spot
from pilotfish.domain.orders import State
from pilotfish.domain.paper.wallet import PaperWallet, moved_on
from pilotfish.domain.rules import Rules
from pilotfish_local.demo.judge import judge
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import Trader, connect_on_paper

from .conftest import USDM_BTC, new_scene

ROUND = [("buy", "0.02"), ("buy", "0.03"), ("sell", "0.01"), ("sell", "0.04")]


def books_of(local: LocalStack) -> DynamoPaperBooks:
    return DynamoPaperBooks(local.aws.client("dynamodb"), local.name("PaperTable"))


def wallet_of(local: LocalStack, follower: Trader) -> PaperWallet:
    found = books_of(local).load(follower.name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("venue", "symbol", "currency"),
    [
        ("binanceusdm", USDM_BTC, "USDT"),
        ("okx", USDM_BTC, "USDT"),
        ("bybit", "BTC/USDT", "USDT"),
        ("kraken", "BTC/USD", "USD"),
        ("delta", "BTC/USD:USD", "USD"),
    ],
)
def test_paper_and_real_followers_have_the_same_copies(
    local: LocalStack, venue: str, symbol: str, currency: str
) -> None:
    scene, half = new_scene(local, venue), Rules(multiplier=Decimal("0.5"))
    (real,) = scene.add_followers([half])
    real_follow = scene.follows[0]
    (paper,) = scene.add_paper_followers([half])

    scene.trade(*[(side, quantity, symbol) for side, quantity in ROUND])
    scene.settle()

    theirs, ours = scene.records_of(real), scene.records_of(paper)
    assert {record.state for record in ours} == {State.COPIED}, ours
    assert [(r.side, r.leg) for r in ours] == [(r.side, r.leg) for r in theirs]
    # On spot a real venue may keep its fee of the coin, so that there is less to sell again.
    apart = [abs(our.quantity - their.quantity) for our, their in zip(ours, theirs, strict=True)]
    assert max(apart) <= (ours[0].lot if is_spot(symbol) else 0)
    assert {record.paper for record in ours} == {True}
    assert {record.venue for record in ours} == {f"paper:{venue}"}
    assert {record.paper for record in theirs} == {False}
    wallet = wallet_of(local, paper)
    left = sum((r.side.sign * r.filled_quantity for r in ours), Decimal(0))
    coins = {} if not left or not is_spot(symbol) else {"BTC": left}
    assert wallet.positions == {}
    assert {code: held for code, held in wallet.cash.items() if code != currency} == coins
    assert wallet.executed == len(ROUND)
    assert Decimal(8_000) < wallet.of(currency) < Decimal(10_000)  # Fees and slippage.
    assert local.exchange.accounts(account=paper.name) == []
    verdict = judge(local.exchange.orders(), [real_follow], theirs)
    assert (verdict.copies, verdict.doubled) == (len(ROUND), 0)
    assert verdict.clean, verdict


def test_a_paper_account_keeps_what_it_holds_and_reconciles(local: LocalStack) -> None:
    scene = new_scene(local, "binanceusdm")
    (paper,) = scene.add_paper_followers([Rules()])
    scene.trade(("buy", "0.02", USDM_BTC))
    scene.settle()
    answer = local.invoke("ReconcileFunction", {"leader_id": scene.leader.name})
    assert answer["accounts"] == 1, answer
    assert not answer["drifts"], answer
    assert not answer["failed"], answer
    assert wallet_of(local, paper).positions[f"{USDM_BTC}#net"].quantity == Decimal("0.02")


def test_more_than_the_margin_allows_is_refused_in_words(local: LocalStack) -> None:
    scene = new_scene(local, "binanceusdm")
    (paper,) = scene.add_paper_followers([Rules(multiplier=Decimal(100))])
    scene.trade(("buy", "0.02", USDM_BTC))
    (order,) = scene.settle()
    assert order.state is State.REJECTED
    assert "insufficient margin" in order.reason
    assert wallet_of(local, paper).executed == 0


def test_a_market_gate_holds_on_paper_too(local: LocalStack) -> None:
    """The paper price is the market's and the slippage; a gate that is tighter takes nothing."""
    scene = new_scene(local, "binanceusdm")
    scene.add_paper_followers([Rules(max_slippage=Decimal("0.00001"))])
    scene.trade(("buy", "0.02", USDM_BTC))
    (order,) = scene.settle()
    assert (order.state, order.reason) == (State.EXPIRED, "slippage")


def test_past_trades_of_a_paper_account_can_be_read(local: LocalStack) -> None:
    (paper,) = connect_on_paper(local, "binanceusdm", ["reader-of-the-past"])
    books, wallet = books_of(local), wallet_of(local, paper)
    past = Fill(
        account_id=paper.name,
        venue=paper.venue,
        symbol=USDM_BTC,
        trade_id="1",
        order_id="paper-1",
        side=Side.BUY,
        position_side=PositionSide.NET,
        price=Decimal(60_000),
        quantity=Decimal("0.02"),
        traded_ms=utc_ms() - 60_000,
        seen_ms=utc_ms() - 60_000,
        client_order_id="pf1",
    )
    assert books.advance(wallet, moved_on(wallet, executed=1), [past])
    local.invoke("HistoryFunction", {"action": "start", "account_id": paper.name})
    query = {
        "TableName": local.name("FillsTable"),
        "KeyConditionExpression": "pk = :account",
        "ExpressionAttributeValues": {":account": {"S": paper.name}},
    }
    deadline = time.monotonic() + 60
    while not (found := local.aws.client("dynamodb").query(**query)["Items"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (written,) = (fill_from_item(item) for item in found)
    assert (written.venue, written.history, written.price) == (paper.venue, True, past.price)
