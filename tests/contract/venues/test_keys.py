"""What a key may do: the model venues over real sockets, and each venue's documented answer."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish.domain.connections import Permissions
from pilotfish.domain.errors import Rejected
from pilotfish_venues.keys import PROBES
from pilotfish_venues.table import VENUES

DAY_MS = 86_400_000


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
async def test_a_key_that_trades_and_one_that_withdraws(opened: Any, venue: str) -> None:
    report = await (await opened(venue)).key_report()
    assert report.balances["USDT"] > Decimal(0)
    may = report.permissions
    assert (may.read, may.trade, may.withdraw, may.ip_restricted) == (True, True, False, False)
    assert report.untold == ""
    other = await opened(venue, "bob", can_withdraw=True, can_trade=False)
    may = (await other.key_report()).permissions
    assert (may.trade, may.withdraw) == (False, True)


async def test_delta_has_no_withdrawals_and_does_not_say_more(opened: Any) -> None:
    report = await (await opened("delta")).key_report()
    assert report.permissions == Permissions(read=True, withdraw=False)
    assert report.balances


@pytest.mark.parametrize("venue", ["binance", "binanceusdm", "delta"])
async def test_a_key_that_is_refused_is_told_what_to_do(opened: Any, venue: str) -> None:
    account = await opened(venue, allowed_ips=["10.9.9.9"])
    with pytest.raises(Rejected, match=r"What to do: .*address"):
        await account.key_report()


async def test_why_a_venue_did_not_tell_is_in_the_report(opened: Any, exchange: Any) -> None:
    account = await opened("binance")

    async def failing() -> Any:
        raise ValueError("not JSON at all")

    account._exchange.sapiGetAccountApiRestrictions = failing
    report = await account.key_report()
    assert "not JSON at all" in report.untold
    assert report.permissions == Permissions(read=True)
    assert report.balances


async def test_what_is_left_of_the_budget_and_how_the_clock_is(opened: Any) -> None:
    account = await opened("binance")
    assert account.vitals().headroom > Decimal("0.9")
    account._exchange.bucket.take(1e9)
    assert account.vitals().headroom == 0
    account._clock.offset_ms = -1_500
    assert account.vitals().clock_offset_ms == -1_500


def binance(**more: Any) -> dict[str, Any]:
    key = {
        "ipRestrict": True, "enableReading": True, "enableWithdrawals": False,
        "enableInternalTransfer": False, "enableFutures": False,
        "enableSpotAndMarginTrading": False,
    }  # fmt: skip
    return {"sapiGetAccountApiRestrictions": key | more}


def bybit(**more: Any) -> dict[str, Any]:
    key = {
        "readOnly": 0, "ips": ["1.2.3.4"], "expiredAt": "2026-12-24T00:00:00Z",
        "permissions": {"ContractTrade": ["Order"], "Spot": ["SpotTrade"], "Wallet": []},
    }  # fmt: skip
    return {"privateGetV5UserQueryApi": {"result": key | more}}


def of(method: str, **data: Any) -> dict[str, Any]:
    return {method: {"data": data}}


OKX, COINBASE = "privateGetAccountConfig", "v3PrivateGetBrokerageKeyPermissions"
KRAKEN, KUCOIN = "privatePostGetApiKeyInfo", "privateGetUserApiKey"
BITGET, GATE = "privateSpotGetV2SpotAccountInfo", "privateAccountGetMainKeys"
MEXC, UNIFIED = "spotPrivateGetAccount", "privateUtaGetV3AccountInfo"
KRAKEN_READS = ["query-funds", "query-open-trades", "query-closed-trades"]


def htx(permission: str, addresses: str = "") -> dict[str, Any]:
    mine = {"accessKey": "mine", "permission": permission, "ipAddresses": addresses}
    other = {"accessKey": "other", "permission": "withdraw"}
    return {
        "spotPrivateGetV2UserUid": {"code": 200, "data": 63628520},
        "spotPrivateGetV2UserApiKey": {"code": 200, "data": [other, mine]},
    }


def gate(*perms: dict[str, Any], ips: tuple[str, ...] = ()) -> dict[str, Any]:
    other = {"key": "other", "perms": [{"name": "withdrawal", "read_only": False}]}
    return {GATE: [other, {"key": "mine", "perms": list(perms), "ip_whitelist": list(ips)}]}


P = Permissions
ANSWERS: list[tuple[str, dict[str, Any], Permissions]] = [
    ("binance", binance(enableSpotAndMarginTrading=True), P(True, True, False, True)),
    ("binance", binance(enableFutures=True, enableWithdrawals=True), P(True, False, True, True)),
    ("binance", binance(enableInternalTransfer=True), P(True, False, True, True)),
    ("binanceusdm", binance(enableFutures=True, ipRestrict=False), P(True, True, False, False)),
    (
        "binanceusdm",
        binance(tradingAuthorityExpirationTime=1628985600000),
        P(True, False, False, True, 1628985600000),
    ),
    ("bybit", bybit(), P(True, True, False, True, 1798070400000)),
    ("bybit", bybit(readOnly=1, ips=["*"], expiredAt=""), P(True, False, False, False)),
    (
        "bybit",
        bybit(permissions={"Wallet": ["AccountTransfer", "Withdraw"]}, expiredAt=""),
        P(True, False, True, True),
    ),
    (
        "okx",
        {OKX: {"data": [{"perm": "read_only,trade", "ip": "1.2.3.4"}]}},
        P(True, True, False, True),
    ),
    (
        "okx",
        {OKX: {"data": [{"perm": "read_only,withdraw", "ip": ""}]}},
        P(True, False, True, False),
    ),
    (
        "coinbase",
        {COINBASE: {"can_view": True, "can_trade": True, "can_transfer": False}},
        P(True, True, False),
    ),
    (
        "coinbase",
        {COINBASE: {"can_view": True, "can_trade": False, "can_transfer": True}},
        P(True, False, True),
    ),
    (
        "kraken",
        {KRAKEN: {"result": {"permissions": [*KRAKEN_READS, "modify-trades"], "valid_until": "0"}}},
        P(True, True, False, False),
    ),
    (
        "kraken",
        {
            KRAKEN: {
                "result": {
                    "permissions": ["query-funds", "withdraw-funds"],
                    "valid_until": "1798070400",
                    "ip_allowlist": ["1.2.3.4"],
                }
            }
        },
        P(False, False, True, True, 1798070400000),
    ),
    ("kucoin", of(KUCOIN, permission="General,Spot,InnerTransfer"), P(True, True, False, False)),
    (
        "kucoin",
        of(KUCOIN, permission="General, Transfer", ipWhitelist="1.2.3.4"),
        P(True, False, True, True),
    ),
    (
        "bitget",
        of(BITGET, authorities=["stor", "stow", "coow"], ips="1.2.3.4"),
        P(True, True, False, True),
    ),
    (
        "bitget",
        of(BITGET, authorities=["readonly", "withdraw"], ips=""),
        P(True, False, True, False),
    ),
    (
        "bitgetuta",
        of(UNIFIED, permType="read-and-write", permissions=["uta_mgt", "uta_trade"], ips="1.2.3.4"),
        P(True, True, False, True),
    ),
    (
        "bitgetuta",
        of(UNIFIED, permType="read-only", permissions=["uta_mgt", "uta_trade", "withdraw"], ips=""),
        P(True, False, False, False),
    ),
    (
        "bitgetuta",
        of(UNIFIED, permType="read-and-write", permissions=["uta_trade", "withdraw"], ips=""),
        P(False, True, True, False),
    ),
    ("htx", htx("readOnly,trade", "1.2.3.4"), P(True, True, False, True)),
    ("htx", htx("readOnly,withdraw"), P(True, False, True, False)),
    (
        "gate",
        gate({"name": "spot", "read_only": False}, {"name": "wallet", "read_only": True}),
        P(True, True, False, False),
    ),
    (
        "gate",
        gate({"name": "withdrawal"}, {"name": "futures", "read_only": True}, ips=("1.2.3.4",)),
        P(True, False, True, True),
    ),
    ("mexc", {MEXC: {"canTrade": True, "canWithdraw": True}}, P(True)),
    ("mexc", {MEXC: {"canTrade": False, "canWithdraw": False}}, P(True, False, False)),
]


@pytest.mark.parametrize(("venue", "answers", "expected"), ANSWERS)
async def test_what_each_venue_says(
    venue: str, answers: dict[str, Any], expected: Permissions
) -> None:
    def said(answer: Any) -> Any:
        async def call(params: Any = None) -> Any:
            return answer

        return call

    calls = {method: said(answer) for method, answer in answers.items()}
    exchange = SimpleNamespace(apiKey="mine", **calls)
    assert await PROBES[venue](exchange) == expected


def test_every_venue_that_tells_is_shown_here() -> None:
    assert {venue for venue, _, _ in ANSWERS} == set(PROBES)


@pytest.mark.parametrize("venue", sorted(PROBES))
def test_ccxt_has_what_is_called(venue: str) -> None:
    import importlib

    ccxt_id = VENUES[venue].ccxt_id
    ccxt_class = getattr(importlib.import_module(f"ccxt.async_support.{ccxt_id}"), ccxt_id)
    exchange = ccxt_class()
    for method in {name for at, answers, _ in ANSWERS if at == venue for name in answers}:
        assert callable(getattr(exchange, method))
