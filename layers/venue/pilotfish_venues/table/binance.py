"""Binance, spot and USD-M."""

from collections.abc import Mapping
from typing import Any

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.instruments import Kind
from pilotfish.domain.margining import MarginMode
from pilotfish.domain.venues import Evidence
from pilotfish_venues.addresses import Limit
from pilotfish_venues.spec import (
    DAY_MS,
    LINEAR,
    RECEIVE_WINDOW_MS,
    SPOT,
    ClientId,
    Cursor,
    Fees,
    FillList,
    FundingList,
    Hedge,
    Levering,
    Lookup,
    OrderKindFields,
    Subscription,
    VenueSpec,
)

# `adjustForTimeDifference` stays off: the pool keeps one clock for all accounts of a venue.
_OPTIONS: Mapping[str, Any] = {
    "recvWindow": RECEIVE_WINDOW_MS,
    "fetchOpenOrders": {"warnWithoutSymbol": False},
    # ccxt's socket class would read brackets and positions over REST for each account.
    "watchPositions": {"fetchPositionsSnapshot": False},
}

# Accepted for `receive_window_s` after it was signed; 10 s more for replicas that lag.
_EVIDENCE = Evidence(receive_window_s=RECEIVE_WINDOW_MS / 1000, visibility_lag_s=10.0)

# Unique among open orders only: an id can be used again once its order is filled.
_CLIENT_ID = ClientId(
    param="newClientOrderId",
    longest=36,
    lookup=Lookup.PARAM,
    lookup_param="origClientOrderId",
    alphabet=".0-9A-Za-z_:/-",
)

# 6,000 of weight a minute and address, orders too; ccxt's cost is a fifth of the weight. As
# `exchangeInfo` has it (REQUEST_WEIGHT), and each answer what was used of it. Half of it at once,
# because a run of the poller that takes over looks at every account.
_SPOT_WEIGHT = Limit(
    "api.binance.com",
    1200,
    60,
    60,
    orders=True,
    used_header="x-mbx-used-weight-1m",
    used_unit=5,
)
# 2,400 a minute and address; a new order weighs nothing there, ORDERS are counted by account.
_USDM_WEIGHT = Limit("fapi.binance.com", 2400, 60, 60, used_header="x-mbx-used-weight-1m")
# "300 connections per attempt every 5 minutes", by address (Binance's page of WebSocket limits).
# Its 1,024 streams of a connection are never reached: ccxt puts 200 on one.
_SPOT_SOCKETS = Limit("ws-api.binance.com", 300, 300, 100)
_USDM_SOCKETS = Limit("fstream.binance.com", 300, 300, 100)

ROWS = (
    VenueSpec(
        venue="binance",
        ccxt_id="binance",
        name="Binance",
        dialect="binance",
        kinds=SPOT,
        market_types=frozenset({"spot"}),
        evidence=_EVIDENCE,
        client_id=_CLIENT_ID,
        fills=(FillList(page=1000, window_ms=DAY_MS, needs_symbol=True, cursor=Cursor.NATIVE),),
        subscriptions=(Subscription(),),
        balances=({},),
        # Attached stops and trailingAmount leave as parameters that Binance does not know.
        triggers={TriggerKind.STOP_LOSS: SPOT, TriggerKind.TAKE_PROFIT: SPOT},
        order_kinds=OrderKindFields(("o",), streamed=SPOT, conditional=True),
        test_env=True,
        fees={Kind.SPOT: Fees("0.001", "0.001")},
        error_section="spot",
        lists=frozenset({"myTrades", "openOrders", "allOrders"}),
        options={**_OPTIONS, "fetchMarkets": {"types": ["spot"]}},
        # Ten times smaller: the permission sets are most of the answer.
        market_params={"showPermissionSets": "false"},
        quotes=("USDT", "USDC", "FDUSD", "BTC"),
        by_address=_SPOT_WEIGHT,
        sockets=_SPOT_SOCKETS,
    ),
    VenueSpec(
        venue="binanceusdm",
        ccxt_id="binanceusdm",
        name="Binance USD-M",
        dialect="binance",
        aliases=("binancefutures", "binance_futures"),
        kinds=LINEAR,
        market_types=frozenset({"swap", "future"}),
        evidence=_EVIDENCE,
        client_id=_CLIENT_ID,
        fills=(FillList(page=1000, window_ms=7 * DAY_MS, needs_symbol=True, cursor=Cursor.NATIVE),),
        subscriptions=(Subscription(),),
        positions=({},),
        # They weigh 40; where it traded is told by its income (30), and where it holds.
        open_orders=(),
        reduces_only=True,
        hedge=Hedge.NAMED,
        leverage=Levering.SYMBOL,
        whole_leverage=True,
        margin_modes=(MarginMode.CROSS, MarginMode.ISOLATED),
        unchanged=("-4046",),  # "No need to change margin type."
        triggers={TriggerKind.STOP_LOSS: LINEAR, TriggerKind.TAKE_PROFIT: LINEAR},
        # `ot` is what the order was at first; `o` says MARKET once a stop was reached. `st` is the
        # kind of the conditional order that sent it, where there is one.
        order_kinds=OrderKindFields(("ot",), ("st",), streamed=LINEAR, conditional=True),
        test_env=True,
        funding=FundingList(page=1000, window_ms=7 * DAY_MS),
        fees={Kind.LINEAR: Fees("0.0002", "0.0005")},
        error_section="linear",
        lists=frozenset({"userTrades", "openOrders", "allOrders", "positionRisk", "income"}),
        options=_OPTIONS,
        by_address=_USDM_WEIGHT,
        sockets=_USDM_SOCKETS,
    ),
)
