"""What an account has, on the model venues over real sockets; test_contract.py has each venue's."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish.domain.errors import Rejected
from pilotfish.domain.venues import Position
from pilotfish_venues import wallets
from pilotfish_venues.dialects.base import Dialect
from pilotfish_venues.table import VENUES

D = Decimal
# Kana reads one chain account and has no balance that we read.
UNTOLD = {"kana"}
CASH = {"binanceusdm": "USDT", "delta": "USD"}


async def test_a_spot_account_has_coins(opened: Any, order: Any) -> None:
    account = await opened("binance")
    before = (await account.wallet()).coins
    await account.create_order(order("binance", "0.01"))
    after = await account.wallet()
    assert after.positions == ()
    assert abs(before["USDT"] - after.coins["USDT"] - 600) < 1
    assert D("0.0099") < after.coins["BTC"] - before.get("BTC", 0) <= D("0.01")


@pytest.mark.parametrize("venue", ["binanceusdm", "delta"])
async def test_open_profit_is_not_in_the_wallet(
    opened: Any, order: Any, exchange: Any, venue: str
) -> None:
    account = await opened(venue)
    await account.create_order(order(venue, "0.1"))
    bought = await account.wallet()
    assert set(bought.coins) == {CASH[venue]}
    [position] = bought.positions
    assert position.quantity == D("0.1")
    assert position.entry_price is not None
    assert abs(position.entry_price - 60_000) < 1
    market = {"binanceusdm": "BTCUSDT", "delta": "BTCUSD"}[venue]
    await exchange.post("price", venue=venue, symbol=market, price="66000")
    assert await account.wallet() == bought


async def test_a_venue_that_tells_no_wallet_says_so() -> None:
    exchange = SimpleNamespace(shared=SimpleNamespace(spec=VENUES["kana"], dialect=Dialect()))
    with pytest.raises(Rejected, match="kana does not tell"):
        await wallets.contents(exchange)


def test_every_venue_with_derivatives_has_its_margin_read() -> None:
    """Where balances are of spot wallets alone, margin stands elsewhere."""
    unified = {"bybit", "okx", "bitgetuta"}
    derivatives = {name for name, spec in VENUES.items() if spec.positions}
    assert derivatives - unified - UNTOLD == wallets.MARGINS.keys()
    assert all(VENUES[name].balances for name in unified)


async def test_a_unified_gate_account_has_one_wallet() -> None:
    exchange = answering("gate", {"load_unified_status": True})
    assert await wallets.MARGINS["gate"](exchange) == {}


async def test_coins_of_several_wallets_add_up_and_positions_stand_beside_them() -> None:
    class Two(Dialect):
        async def balances(self, exchange: Any, params: Any) -> dict[str, Decimal]:
            return {"USDT": D(10), "BTC": D(1), "ETH": D(0)}

        async def positions(self, exchange: Any, params: Any) -> list[Position]:
            return []

    margin = {"data": [{"currency": "USDT", "equity": "80.5", "unrealized": "-20"}]}
    exchange = answering("mexc", {"contractPrivateGetAccountAssets": margin}, Two())
    found = await wallets.contents(exchange)
    assert (found.coins, found.positions) == ({"USDT": D("110.5"), "BTC": D(1)}, ())


def answering(venue: str, answers: dict[str, Any], dialect: Any = None) -> Any:
    """An exchange that gives documented answers."""

    def says(answer: Any) -> Any:
        async def say(*_: Any) -> Any:
            return answer

        return say

    codes = {"XBT": "BTC"}
    return SimpleNamespace(
        shared=SimpleNamespace(spec=VENUES[venue], dialect=dialect or Dialect()),
        safe_currency_code=lambda code: codes.get(code, code),
        **{name: says(answer) for name, answer in answers.items()},
    )
