"""Delta Exchange, global and India: two venues with one interface and accounts of their own."""

from dataclasses import replace

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.instruments import Kind
from pilotfish.domain.venues import Evidence
from pilotfish_venues.addresses import Limit
from pilotfish_venues.spec import (
    LINEAR,
    ClientId,
    Cursor,
    Fees,
    FillList,
    Levering,
    Lookup,
    OrderKindFields,
    VenueSpec,
)

GLOBAL = VenueSpec(
    venue="delta",
    ccxt_id="delta",
    name="Delta Exchange",
    aliases=("deltaexchange",),
    dialect="delta",
    kinds=LINEAR,
    market_types=frozenset({"swap"}),
    # Delta takes a signature for 5 s.
    evidence=Evidence(receive_window_s=5.0, visibility_lag_s=10.0),
    client_id=ClientId(
        param="client_order_id", longest=32, lookup=Lookup.PARAM, lookup_param="client_oid"
    ),
    fills=(FillList(page=100, cursor=Cursor.NATIVE),),
    own_stream=True,
    positions=({},),
    # ccxt passes it on as it is; its own `timeInForce` would be no parameter of Delta's.
    ioc_params={"time_in_force": "ioc"},
    reduces_only=True,
    leverage=Levering.SYMBOL,
    # The margin mode is the account's: none can be asked for.
    triggers={TriggerKind.STOP_LOSS: LINEAR, TriggerKind.TAKE_PROFIT: LINEAR},
    attached=LINEAR,
    # Its socket only rings: REST says what was filled.
    order_kinds=OrderKindFields(("meta_data.order_type",), streamed=LINEAR, listed=LINEAR),
    envelope=frozenset({"success", "result"}),
    test_env=True,
    fees={Kind.LINEAR: Fees("0.0002", "0.0005")},
    # What ccxt calls Delta's minimum cost is a number of contracts.
    tells_least_cost=False,
    tells_fees=LINEAR,
    market_params={"contract_types": "perpetual_futures"},
    # 10,000 units in 5 minutes; ccxt's 300 ms would not let us poll each second.
    cost_ms=100.0,
    # "150 connections every 5 minutes per IP address" (Delta's page of WebSockets).
    sockets=Limit("socket.delta.exchange", 150, 300, 60),
)

# Hosts as in Delta India's documentation; ccxt's class knows the global ones alone.
INDIA = replace(
    GLOBAL,
    venue="deltaindia",
    name="Delta Exchange India",
    aliases=("delta_india", "deltaexchangeindia"),
    rest_host="https://api.india.delta.exchange",
    sockets=Limit("socket.india.delta.exchange", 150, 300, 60),
)

ROWS = (GLOBAL, INDIA)
