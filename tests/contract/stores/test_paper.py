"""Paper accounts' books: a trade and what it makes of the wallet, once and together."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pilotfish.domain.accounts import Account
from pilotfish.domain.fills import Fill, Liquidity
from pilotfish.domain.managing import Connection
from pilotfish.domain.paper.wallet import Held, PaperWallet, opened
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_fill

D = Decimal


def a_wallet(**more: Any) -> PaperWallet:
    return replace(opened("pam", "okx", D(1000), EPOCH_MS), **more)


def a_trade(number: int, **more: Any) -> Fill:
    named: dict[str, Any] = {
        "account_id": "pam",
        "trade_id": str(number),
        "client_order_id": f"pf{number}",
        "traded_ms": EPOCH_MS + number,
        "liquidity": Liquidity.TAKER,
    }
    return replace(a_fill(), **(named | more))


def after(wallet: PaperWallet, cash: str) -> PaperWallet:
    return replace(wallet, version=wallet.version + 1, cash={"USDT": D(cash)})


def test_a_wallet_comes_back_as_it_was_written(workers: Workers, stores: Stores) -> None:
    wallet = a_wallet(
        cash={"USDT": D("12.3456789012345678"), "BTC": D("1E-8")},
        coins={"BTC": "BTC/USDT"},
        positions={"ETH/USDT:USDT#short": Held(D("-0.10"), D("2500.05"), D("2490"))},
        slippage=D("0.001"),
        leverage=D(5),
        leverages={"ETH/USDT:USDT": D("2.5")},
        version=7,
        epoch=2,
        executed=31,
        liquidated_ms=EPOCH_MS,
    )
    assert stores.paper.load("pam") is None
    assert stores.paper.open(wallet)
    assert workers.another().paper.load("pam") == wallet


def test_an_account_is_opened_once(stores: Stores) -> None:
    assert stores.paper.open(a_wallet())
    assert not stores.paper.open(a_wallet(cash={"USDT": D(1)}))
    assert stores.paper.load("pam") == a_wallet()


def test_a_trade_and_its_wallet_are_written_together(workers: Workers, stores: Stores) -> None:
    first, trade = a_wallet(), a_trade(1)
    stores.paper.open(first)
    assert stores.paper.advance(first, after(first, "900"), [trade])
    other = workers.another().paper
    assert other.load("pam") == after(first, "900")
    assert other.trade_of("pam", "pf1") == trade
    assert other.trade_of("pam", "pf2") is None
    assert other.trade_of("pat", "pf1") is None


async def test_an_account_without_a_key_is_registered_once(stores: Stores) -> None:
    connection = Connection("pam", "user-1", "paper:okx", "practice", connected_ms=EPOCH_MS)
    assert stores.register.open(connection)
    assert not stores.register.open(replace(connection, owner="user-2"))
    assert stores.register.get("pam") == connection
    assert stores.register.of_owner("user-1") == [connection]
    assert stores.register.due(EPOCH_MS * 2, 10) == []
    assert await stores.accounts.get("pam") == Account("pam", "user-1", "paper:okx", b"")
    assert stores.keyring.destroy(connection, EPOCH_MS)
    gone = stores.register.get("pam")
    assert gone is not None
    assert gone.deleted


def test_of_two_from_one_version_one_is_written(workers: Workers, stores: Stores) -> None:
    first = a_wallet()
    stores.paper.open(first)
    assert stores.paper.advance(first, after(first, "900"), [a_trade(1)])
    assert not workers.another().paper.advance(first, after(first, "800"), [a_trade(2)])
    assert stores.paper.load("pam") == after(first, "900")
    assert stores.paper.trade_of("pam", "pf2") is None


def test_an_order_has_one_trade_for_ever(stores: Stores) -> None:
    first = a_wallet()
    second = after(first, "900")
    stores.paper.open(first)
    stores.paper.advance(first, second, [a_trade(1)])
    again = a_trade(2, client_order_id="pf1")
    assert not stores.paper.advance(second, after(second, "800"), [again])
    assert stores.paper.load("pam") == second
    assert stores.paper.trade_of("pam", "pf1") == a_trade(1)


def test_liquidations_belong_to_no_order(stores: Stores) -> None:
    first = a_wallet()
    stores.paper.open(first)
    gone = [a_trade(1, client_order_id=""), a_trade(2, client_order_id="")]
    assert stores.paper.advance(first, after(first, "0"), gone)
    assert stores.paper.trades("pam", 0, EPOCH_MS * 2, 10) == (gone, "")


def test_trades_come_in_pages_in_their_order(stores: Stores) -> None:
    wallet = a_wallet()
    stores.paper.open(wallet)
    trades = [a_trade(number, traded_ms=EPOCH_MS + number // 4) for number in range(1, 13)]
    for trade in trades:
        later = after(wallet, "900")
        assert stores.paper.advance(wallet, later, [trade])
        wallet = later
    period = EPOCH_MS + 1, EPOCH_MS + 2
    found: list[Fill] = []
    token, pages = "", 0
    while pages == 0 or token:
        page, token = stores.paper.trades("pam", *period, 3, token)
        found += page
        pages += 1
    assert found == [t for t in trades if period[0] <= t.traded_ms <= period[1]]
    assert len(found) == 8
