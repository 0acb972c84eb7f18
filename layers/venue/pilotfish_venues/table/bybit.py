"""Bybit: spot, linear and inverse contracts in one unified trading account."""

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import OutcomeUnknown, Rejected
from pilotfish.domain.instruments import Kind
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


def _fills(category: str, *types: str) -> FillList:
    """The list of executions goes 7 days at a time; without an end a request means that much."""
    return FillList(
        page=100,
        types=frozenset(types),
        params={"category": category},
        window_ms=7 * DAY_MS,
        cursor=Cursor.NATIVE,
    )


ROWS = (
    VenueSpec(
        venue="bybit",
        ccxt_id="bybit",
        name="Bybit",
        dialect="bybit",
        kinds=SPOT | LINEAR,
        market_types=frozenset({"spot", "swap", "future"}),
        evidence=Evidence(receive_window_s=RECEIVE_WINDOW_MS / 1000, visibility_lag_s=10.0),
        # ccxt's fetchOrder takes an order id only; the endpoint beneath it takes orderLinkId.
        client_id=ClientId(param="clientOrderId", longest=36, lookup=Lookup.NATIVE),
        fills=(
            _fills("spot", "spot"),
            _fills("linear", "swap", "future"),
            _fills("inverse", "swap", "future"),
        ),
        subscriptions=(Subscription(ack={"op": "subscribe", "success": True}),),
        # Without a symbol the list is of one settlement coin.
        positions=(
            {"subType": "linear", "settleCoin": "USDT"},
            {"subType": "linear", "settleCoin": "USDC"},
            {"subType": "inverse"},
        ),
        balances=({"type": "unified"},),
        reduces_only=True,
        hedge=Hedge.HEDGED,
        leverage=Levering.SYMBOL,
        # The margin mode is the account's, not the symbol's: none can be asked for.
        unchanged=("110043",),  # "Set leverage has not been modified."
        # A trailing stop is a setting of the position there: nothing comes back with an id.
        triggers={
            TriggerKind.STOP_LOSS: SPOT | LINEAR,
            TriggerKind.TAKE_PROFIT: SPOT | LINEAR,
        },
        attached=LINEAR,
        order_kinds=OrderKindFields(
            ("orderType",),
            ("stopOrderType",),
            streamed=SPOT | LINEAR,
            listed=SPOT | LINEAR,
            conditional=True,
        ),
        test_env=True,
        # It is an execution there, whose fee is what was paid; `limit` is what ccxt calls `size`.
        funding=FundingList(
            page=100,
            window_ms=7 * DAY_MS,
            params=({"subType": "linear", "limit": 100}, {"subType": "inverse", "limit": 100}),
            turned=True,
            size="execQty",
        ),
        fees={Kind.SPOT: Fees("0.001", "0.001"), Kind.LINEAR: Fees("0.0002", "0.00055")},
        envelope=frozenset({"retCode", "result"}),
        # Bybit refuses a client id that it has seen, whatever became of its order.
        codes={
            "110072": OutcomeUnknown,
            "170141": OutcomeUnknown,
            "10016": OutcomeUnknown,  # "Internal server error"
            "10010": Rejected,  # "Unmatched IP": ccxt calls it PermissionDenied
        },
        options={
            "recvWindow": RECEIVE_WINDOW_MS,
            "fetchMarkets": {"types": ["spot", "linear", "inverse"]},
            # Otherwise ccxt asks what kind of account it is before each order; new ones are so.
            "enableUnifiedMargin": False,
            "enableUnifiedAccount": True,
            "unifiedMarginStatus": 6,
            # Funding is an execution to Bybit, and no trade.
            "watchMyTrades": {
                "execType": ["Trade", "AdlTrade", "BustTrade", "BlockTrade", "Delivery"]
            },
        },
        quotes=("USDT", "USDC", "BTC", "EUR"),
        cost_ms=20.0,
        # "600 requests within a 5-second window per IP", beside the limits of each account, and
        # "not more than 500 connections within a 5-minute window" (Bybit's page of rate limits).
        by_address=Limit("api.bybit.com", 600, 5, 2.5, each=True, orders=True),
        sockets=Limit("stream.bybit.com", 500, 300, 100),
    ),
)
