"""What an account has at its venue: coins, and beside them its positions in derivatives.

Where margin stands in an account of its own, each venue tells it in its own way. Profit that is
still open is never among the coins: some call what has it in a balance, others an equity. The
names are as the venues' API documents have them.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from ccxt.base.errors import AccountNotEnabled

from pilotfish.domain.errors import Rejected
from pilotfish.domain.wallets import Contents, in_derivatives
from pilotfish_venues.amounts import ZERO
from pilotfish_venues.dialects.base import number
from pilotfish_venues.spec import VenueSpec

Coins = dict[str, Decimal]
Margin = Callable[[Any], Awaitable[Coins]]


async def contents(exchange: Any) -> Contents:
    """All that is not zero; raises `Rejected` where the venue does not tell."""
    spec: VenueSpec = exchange.shared.spec
    dialect, margin = exchange.shared.dialect, MARGINS.get(spec.venue)
    if margin is None and not spec.balances:
        raise Rejected(f"{spec.venue} does not tell what an account has")
    coins = [dialect.balances(exchange, params) for params in spec.balances]
    if margin is not None:
        coins.append(margin(exchange))
    held, answers = await asyncio.gather(
        asyncio.gather(*coins),
        asyncio.gather(*(dialect.positions(exchange, params) for params in spec.positions)),
    )
    positions = (position for answer in answers for position in answer if position.quantity)
    return Contents(_together(held), in_derivatives(positions))


def _together(lists: Iterable[Mapping[str, Decimal]]) -> Coins:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for coins in lists:
        for code, amount in coins.items():
            total[code] += amount
    return {code: amount for code, amount in total.items() if amount != ZERO}


async def _binance_usdm(exchange: Any) -> Coins:
    """`walletBalance`; ccxt's total is `marginBalance`, which has the open profit."""
    answer = await exchange.fapiPrivateV3GetAccount()
    return {_code(exchange, row["asset"]): number(row["walletBalance"]) for row in answer["assets"]}


async def _delta(exchange: Any) -> Coins:
    """By their symbols: ccxt's `fetch_balance` calls them by numbers when nothing says whose."""
    answer = await exchange.privateGetWalletBalances()
    return {
        _code(exchange, row["asset_symbol"]): number(row["balance"]) for row in answer["result"]
    }


async def _kraken_futures(exchange: Any) -> Coins:
    """The multi-collateral wallet, which linear contracts are traded from."""
    answer = await exchange.privateGetAccounts()
    coins = answer["accounts"]["flex"]["currencies"]
    return {_code(exchange, coin): number(row["quantity"]) for coin, row in coins.items()}


async def _bitget(exchange: Any) -> Coins:
    """`accountEquity` has the open profit."""
    asked = [
        exchange.privateMixGetV2MixAccountAccounts(dict(params))
        for params in exchange.shared.spec.positions
    ]
    rows = [row for answer in await asyncio.gather(*asked) for row in answer["data"]]
    return _without_profit(exchange, rows, "marginCoin", "accountEquity", "unrealizedPL")


async def _mexc(exchange: Any) -> Coins:
    rows = (await exchange.contractPrivateGetAccountAssets())["data"]
    return _without_profit(exchange, rows, "currency", "equity", "unrealized")


async def _kucoin(exchange: Any) -> Coins:
    """Asked for one currency at a time."""
    asked = [
        exchange.futuresPrivateGetAccountOverview({"currency": code}) for code in ("USDT", "USDC")
    ]
    rows = [answer["data"] for answer in await asyncio.gather(*asked)]
    return _without_profit(exchange, rows, "currency", "accountEquity", "unrealisedPNL")


async def _htx(exchange: Any) -> Coins:
    """`equity` has the open profit; the older endpoints of linear swaps are gone from ccxt."""
    try:
        answer = await exchange.contractPrivateGetV5AccountBalance()
    except AccountNotEnabled:
        return {}
    rows = answer["data"]["details"]
    return _without_profit(exchange, rows, "currency", "equity", "profit_unreal")


async def _gate(exchange: Any) -> Coins:
    """Of a unified account perpetuals have no wallet of their own."""
    if await exchange.load_unified_status():
        return {}
    try:
        row = await exchange.privateFuturesGetSettleAccounts({"settle": "usdt"})
    except AccountNotEnabled:
        return {}
    return {_code(exchange, row["currency"]): number(row["total"])}


MARGINS: Mapping[str, Margin] = {
    "binanceusdm": _binance_usdm,
    "delta": _delta,
    "deltaindia": _delta,
    "krakenfutures": _kraken_futures,
    "bitget": _bitget,
    "mexc": _mexc,
    "kucoin": _kucoin,
    "htx": _htx,
    "gate": _gate,
}


def _without_profit(
    exchange: Any, rows: Iterable[Any], coin: str, equity: str, profit: str
) -> Coins:
    """Several accounts may hold one coin."""
    return _together(
        {_code(exchange, row[coin]): number(row[equity]) - number(row[profit] or "0")}
        for row in rows
    )


def _code(exchange: Any, coin: str) -> str:
    return str(exchange.safe_currency_code(coin.upper()))
