"""What an account has: the model venues over real sockets, and each venue's documented answer."""

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


ANSWERS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "binanceusdm": (
        {
            "fapiPrivateV3GetAccount": {
                "assets": [
                    {"asset": "USDT", "walletBalance": "100.5", "marginBalance": "120.5"},
                    {"asset": "BNB", "walletBalance": "0", "marginBalance": "0"},
                ]
            }
        },
        {"USDT": "100.5"},
    ),
    "bitget": (
        {
            "privateMixGetV2MixAccountAccounts": {
                "data": [{"marginCoin": "USDT", "accountEquity": "60.25", "unrealizedPL": "10"}]
            }
        },
        {"USDT": "100.5"},
    ),
    "mexc": (
        {
            "contractPrivateGetAccountAssets": {
                "data": [
                    {"currency": "USDT", "equity": "80.5", "unrealized": "-20"},
                    {"currency": "BTC", "equity": "0", "unrealized": "0"},
                ]
            }
        },
        {"USDT": "100.5"},
    ),
    "kucoin": (
        {
            "futuresPrivateGetAccountOverview": {
                "data": {"currency": "USDT", "accountEquity": "60.25", "unrealisedPNL": "10"}
            }
        },
        {"USDT": "100.5"},
    ),
    "htx": (
        {
            "contractPrivatePostLinearSwapApiV1SwapCrossAccountInfo": {
                "data": [
                    {"margin_asset": "USDT", "margin_static": "100.5", "margin_balance": "120.5"}
                ]
            }
        },
        {"USDT": "100.5"},
    ),
    "gate": (
        {
            "load_unified_status": False,
            "privateFuturesGetSettleAccounts": {
                "currency": "USDT",
                "total": "100.5",
                "unrealised_pnl": "20",
            },
        },
        {"USDT": "100.5"},
    ),
    "krakenfutures": (
        {
            "privateGetAccounts": {
                "accounts": {
                    "cash": {"balances": {"usdt": "7"}},
                    "flex": {
                        "currencies": {
                            "USDT": {"quantity": "100.5", "value": "100.6"},
                            "XBT": {"quantity": "0.5", "value": "30000"},
                        }
                    },
                }
            }
        },
        {"USDT": "100.5", "BTC": "0.5"},
    ),
    "delta": ({"fetch_balance": {"total": {"USD": "100.5"}}}, {"USD": "100.5"}),
}


@pytest.mark.parametrize("venue", sorted(ANSWERS))
async def test_margin_is_read_without_open_profit(venue: str) -> None:
    answers, expected = ANSWERS[venue]
    told = await wallets.MARGINS[venue](answering(venue, answers))
    assert {code: total for code, total in told.items() if total} == {
        code: D(total) for code, total in expected.items()
    }


async def test_a_unified_gate_account_has_one_wallet() -> None:
    exchange = answering("gate", {"load_unified_status": True})
    assert await wallets.MARGINS["gate"](exchange) == {}


async def test_coins_of_several_wallets_add_up_and_positions_stand_beside_them() -> None:
    class Two(Dialect):
        async def balances(self, exchange: Any, params: Any) -> dict[str, Decimal]:
            return {"USDT": D(10), "BTC": D(1), "ETH": D(0)}

        async def positions(self, exchange: Any, params: Any) -> list[Position]:
            return []

    exchange = answering("mexc", ANSWERS["mexc"][0], Two())
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
