"""OKX: spot, swaps and futures in one trading account."""

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.instruments import Kind
from pilotfish.domain.margining import MarginMode
from pilotfish.domain.venues import Evidence
from pilotfish_venues.addresses import Limit
from pilotfish_venues.spec import (
    DAY_MS,
    LINEAR,
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


def _fills(instrument: str, market_type: str) -> FillList:
    """Newest first, and on from the last bill; three months back."""
    return FillList(
        page=100,
        types=frozenset({market_type}),
        params={"instType": instrument},
        cursor=Cursor.LAST_ID,
        cursor_param="after",
        cursor_field="billId",
    )


ROWS = (
    VenueSpec(
        venue="okx",
        ccxt_id="okx",
        name="OKX",
        aliases=("okex",),
        dialect="okx",
        kinds=SPOT | LINEAR,
        market_types=frozenset({"spot", "swap", "future"}),
        # It refuses what was signed more than 30 s ago; we ask for 5 s in a header besides.
        evidence=Evidence(receive_window_s=30.0, visibility_lag_s=10.0),
        client_id=ClientId(
            param="clientOrderId",
            longest=32,
            alphabet="0-9A-Za-z",
            lookup=Lookup.PARAM,
            lookup_param="clOrdId",
        ),
        fills=(_fills("SPOT", "spot"), _fills("SWAP", "swap"), _fills("FUTURES", "future")),
        # One channel for all: ccxt takes a second subscription to it for the first.
        subscriptions=(
            Subscription(
                params={"type": "ANY"}, ack={"event": "subscribe", "arg": {"channel": "orders"}}
            ),
        ),
        positions=({},),
        balances=({},),
        reduces_only=True,
        hedge=Hedge.HEDGED,
        leverage=Levering.SYMBOL,
        # Orders are sent with `tdMode` cross.
        margin_modes=(MarginMode.CROSS,),
        # On spot ccxt makes a margin order (`tdMode` cross) of a conditional one.
        triggers={
            TriggerKind.STOP_LOSS: LINEAR,
            TriggerKind.TAKE_PROFIT: LINEAR,
            TriggerKind.TRAILING: LINEAR,
        },
        # `source` says that a trigger, a stop or a target sent it; the lists have neither.
        order_kinds=OrderKindFields(
            ("ordType",), ("source",), streamed=SPOT | LINEAR, conditional=True
        ),
        attached=SPOT | LINEAR,
        test_env=True,
        needs_password=True,
        # Bills, of three months back; `sz` is in contracts.
        funding=FundingList(page=100, window_ms=30 * DAY_MS, params=({"type": "swap"},), size="sz"),
        fees={Kind.SPOT: Fees("0.0008", "0.001"), Kind.LINEAR: Fees("0.0002", "0.0005")},
        envelope=frozenset({"code", "data"}),
        codes={
            "51016": OutcomeUnknown,  # a duplicated client order id: an order with it exists
            "50013": OutcomeUnknown,  # "Systems are busy": not said whether before or after
            "51149": OutcomeUnknown,  # "Order timed out. Please try again later."
        },
        options={
            "fetchMarkets": {"types": ["spot", "swap", "future"]},
            "defaultMarginMode": "cross",
        },
        tells_fees=SPOT | LINEAR,
        quotes=("USDT", "USDC", "USD", "BTC", "EUR"),
        cost_ms=110.0,
        # Three connections a second and address (OKX's page of WebSockets).
        sockets=Limit("ws.okx.com", 3, 1, 0.5),
    ),
)
