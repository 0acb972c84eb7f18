"""What a venue says that a key may do: a request and how to read its answer, by venue.

Venues that are not listed tell nothing. The answers are as the venues' API documents have them.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from pilotfish.domain.connections import KeyReport, Permissions
from pilotfish.domain.errors import VenueError
from pilotfish_venues.amounts import ZERO
from pilotfish_venues.dialects.base import Dialect

Probe = Callable[[Any], Awaitable[Permissions]]


async def report(
    exchange: Any, as_outcome: Callable[[Exception], Awaitable[VenueError]]
) -> KeyReport:
    """The balances, which only a key that reads shows, and what it may do.

    Raises for the balances alone: why a venue does not say what the key may do is in the report.
    """
    spec = exchange.shared.spec
    balances = await _balances(exchange)
    probe = PROBES.get(spec.venue)
    if probe is None:
        return KeyReport(balances, _UNTOLD.get(spec.venue, Permissions(read=True)))
    try:
        return KeyReport(balances, await probe(exchange))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return KeyReport(balances, Permissions(read=True), str(await as_outcome(error)))


async def _balances(exchange: Any) -> dict[str, Decimal]:
    """All that is not zero: coins where they count as holdings, else the margin."""
    spec, dialect = exchange.shared.spec, exchange.shared.dialect
    if not spec.balances and not exchange.has.get("fetchBalance"):
        await dialect.positions(exchange, {})
        return {}
    lists = [(dialect, params) for params in spec.balances] or [(Dialect(), {})]
    answers = [await how.balances(exchange, params) for how, params in lists]
    held = {code: total for answer in answers for code, total in answer.items()}
    return {code: total for code, total in held.items() if total != ZERO}


async def _binance_spot(exchange: Any) -> Permissions:
    return _binance(await exchange.sapiGetAccountApiRestrictions(), "enableSpotAndMarginTrading")


async def _binance_usdm(exchange: Any) -> Permissions:
    return _binance(await exchange.sapiGetAccountApiRestrictions(), "enableFutures")


def _binance(answer: Any, trading: str) -> Permissions:
    """Without a list of addresses the right to trade ends at `tradingAuthorityExpirationTime`."""
    return Permissions(
        read=_flag(answer["enableReading"]),
        trade=_flag(answer[trading]),
        withdraw=_flag(answer["enableWithdrawals"]) or _flag(answer.get("enableInternalTransfer")),
        ip_restricted=_flag(answer["ipRestrict"]),
        expires_ms=int(answer.get("tradingAuthorityExpirationTime") or 0),
    )


async def _bybit(exchange: Any) -> Permissions:
    """A key that only reads has the same lists as one that trades, and `readOnly` 1."""
    key = (await exchange.privateGetV5UserQueryApi())["result"]
    scopes = key["permissions"]
    trades = bool(scopes.get("Spot") or scopes.get("ContractTrade"))
    writes = not int(key["readOnly"])
    return Permissions(
        read=True,
        trade=trades and writes,
        withdraw="Withdraw" in scopes.get("Wallet", ()) and writes,
        ip_restricted=key.get("ips") not in (None, [], ["*"]),
        expires_ms=_iso_ms(key.get("expiredAt")),
    )


async def _okx(exchange: Any) -> Permissions:
    [account] = (await exchange.privateGetAccountConfig())["data"]
    scopes = _names(account["perm"])
    return Permissions(
        read="read_only" in scopes or None,
        trade="trade" in scopes,
        withdraw="withdraw" in scopes,
        ip_restricted=bool(account.get("ip")),
    )


async def _coinbase(exchange: Any) -> Permissions:
    """Transfers go out of the account, and also between its portfolios."""
    key = await exchange.v3PrivateGetBrokerageKeyPermissions()
    return Permissions(
        read=_flag(key["can_view"]),
        trade=_flag(key["can_trade"]),
        withdraw=_flag(key["can_transfer"]),
    )


async def _kraken(exchange: Any) -> Permissions:
    key = (await exchange.privatePostGetApiKeyInfo())["result"]
    scopes = set(key["permissions"])
    return Permissions(
        read={"query-funds", "query-open-trades", "query-closed-trades"} <= scopes,
        trade="modify-trades" in scopes,
        withdraw="withdraw-funds" in scopes,
        ip_restricted=bool(key.get("ip_allowlist")),
        expires_ms=int(key.get("valid_until") or 0) * 1000,
    )


async def _kucoin(exchange: Any) -> Permissions:
    """`Transfer` and `Withdrawal` let funds out, `InnerTransfer` moves them within the account."""
    key = (await exchange.privateGetUserApiKey())["data"]
    scopes = _names(key["permission"])
    return Permissions(
        read="general" in scopes,
        trade=bool({"spot", "futures", "trade"} & scopes),
        withdraw=bool({"withdrawal", "withdraw", "transfer"} & scopes),
        ip_restricted=bool(key.get("ipWhitelist")),
    )


async def _bitget(exchange: Any) -> Permissions:
    """Its short names: `stow` writes spot orders, `coow` those of contracts, `wtow` withdrawals."""
    account = (await exchange.privateSpotGetV2SpotAccountInfo())["data"]
    scopes = {str(name).lower() for name in account["authorities"]}
    return Permissions(
        read=True,
        trade=bool({"trade", "readwrite", "stow", "coow"} & scopes),
        withdraw=bool({"withdraw", "wtow", "wwow"} & scopes),
        ip_restricted=bool(account.get("ips")),
    )


async def _bitget_unified(exchange: Any) -> Permissions:
    key = (await exchange.privateUtaGetV3AccountInfo())["data"]
    scopes = {str(name).lower() for name in key["permissions"]}
    writes = "write" in key["permType"]
    return Permissions(
        read="uta_mgt" in scopes,
        trade="uta_trade" in scopes and writes,
        withdraw=any("withdraw" in name for name in scopes) and writes,
        ip_restricted=bool(key.get("ips")),
    )


async def _htx(exchange: Any) -> Permissions:
    uid = (await exchange.spotPrivateGetV2UserUid())["data"]
    rows = (await exchange.spotPrivateGetV2UserApiKey({"uid": uid}))["data"]
    [key] = [row for row in rows if row["accessKey"] == exchange.apiKey]
    scopes = _names(key["permission"])
    return Permissions(
        read="readonly" in scopes,
        trade="trade" in scopes,
        withdraw="withdraw" in scopes,
        ip_restricted=bool(key.get("ipAddresses")),
    )


async def _gate(exchange: Any) -> Permissions:
    answer = await exchange.privateAccountGetMainKeys()
    rows = answer if isinstance(answer, list) else [answer]
    [key] = [row for row in rows if row["key"] == exchange.apiKey]
    writes = {perm["name"]: not _flag(perm.get("read_only")) for perm in key["perms"]}
    return Permissions(
        read=bool(writes),
        trade=bool(writes.get("spot") or writes.get("futures")),
        withdraw=bool(writes.get("withdrawal")),
        ip_restricted=bool(key.get("ip_whitelist")),
    )


async def _mexc(exchange: Any) -> Permissions:
    """Of the account, not of the key: what it may not do the key may not either."""
    account = await exchange.spotPrivateGetAccount()
    return Permissions(
        read=True,
        trade=None if _flag(account["canTrade"]) else False,
        withdraw=None if _flag(account["canWithdraw"]) else False,
    )


PROBES: Mapping[str, Probe] = {
    "binance": _binance_spot,
    "binanceusdm": _binance_usdm,
    "bybit": _bybit,
    "okx": _okx,
    "coinbase": _coinbase,
    "kraken": _kraken,
    "kucoin": _kucoin,
    "bitget": _bitget,
    "bitgetuta": _bitget_unified,
    "htx": _htx,
    "gate": _gate,
    "mexc": _mexc,
}
# Delta's API has no withdrawals, and Kana's key only reads.
_UNTOLD: Mapping[str, Permissions] = {
    "delta": Permissions(read=True, withdraw=False),
    "deltaindia": Permissions(read=True, withdraw=False),
    "kana": Permissions(read=True, trade=False, withdraw=False),
}


def _flag(value: object) -> bool:
    return value is True or str(value).lower() in {"true", "1"}


def _names(text: str) -> set[str]:
    return {name.strip().lower() for name in text.split(",")}


def _iso_ms(text: object) -> int:
    if not text:
        return 0
    return int(datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp() * 1000)
