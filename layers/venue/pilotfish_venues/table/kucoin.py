"""KuCoin: spot and futures of one classic account, at two hosts."""

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.instruments import Kind
from pilotfish.domain.margining import MarginMode
from pilotfish.domain.venues import Evidence
from pilotfish_venues.spec import (
    DAY_MS,
    LINEAR,
    SPOT,
    ClientId,
    Cursor,
    Fees,
    FillList,
    Hedge,
    Levering,
    Lookup,
    OrderKindFields,
    Subscription,
    VenueSpec,
)

_ACK = {"type": "ack"}

ROWS = (
    VenueSpec(
        venue="kucoin",
        ccxt_id="kucoin",
        name="KuCoin",
        dialect="kucoin",
        aliases=("kucoinfutures", "kucoinspot"),
        kinds=SPOT | LINEAR,
        market_types=frozenset({"spot", "swap", "future"}),
        # KuCoin takes a KC-API-TIMESTAMP that is up to 5 s from its own time.
        evidence=Evidence(receive_window_s=5.0, visibility_lag_s=10.0),
        client_id=ClientId(
            param="clientOid", longest=40, lookup=Lookup.PARAM, lookup_param="clientOid"
        ),
        fills=(
            FillList(
                page=100,
                types=frozenset({"spot"}),
                needs_symbol=True,
                window_ms=7 * DAY_MS,
                cursor=Cursor.LAST_ID,
                cursor_param="lastId",
                cursor_field="id",
            ),
            FillList(
                page=1000,
                types=frozenset({"swap", "future"}),
                params={"type": "swap"},
                window_ms=7 * DAY_MS,
                cursor=Cursor.NUMBER,
                cursor_param="currentPage",
                fixed_end=True,
            ),
        ),
        subscriptions=(
            Subscription(params={"type": "spot"}, ack=_ACK),
            Subscription(params={"type": "swap"}, ack=_ACK),
        ),
        positions=({},),
        balances=({},),
        # The list of open spot orders needs a symbol; which have any is in `earned`.
        open_orders=(),
        reduces_only=True,
        hedge=Hedge.HEDGED,
        leverage=Levering.SYMBOL,
        # ccxt sets the leverage of cross margin alone; isolated margin has it in each order.
        margin_modes=(MarginMode.CROSS,),
        # `trailingAmount` and, on spot, stopLoss/takeProfit leave as fields that KuCoin does not
        # know. On futures ccxt puts a stop under the price for a short entry too: refused.
        # The socket says nothing of `stop`.
        order_kinds=OrderKindFields(
            ("orderType", "type"), ("stop",), streamed=SPOT | LINEAR, listed=SPOT | LINEAR
        ),
        triggers={
            TriggerKind.STOP_LOSS: SPOT | LINEAR,
            TriggerKind.TAKE_PROFIT: SPOT | LINEAR,
        },
        needs_password=True,
        fees={Kind.SPOT: Fees("0.001", "0.001"), Kind.LINEAR: Fees("0.0002", "0.0006")},
        envelope=frozenset({"code"}),
        codes={
            "126033": OutcomeUnknown,  # "Duplicate order"
            "126044": OutcomeUnknown,  # "clientOid duplicate"
            "408000": OutcomeUnknown,  # "Network timeout": ccxt calls it a bad request
        },
        options={
            # Fees of the list of markets are asked for by a second request, which nobody reads.
            "fetchMarkets": {"types": ["spot", "swap"], "fetchTickersFees": False},
        },
        quotes=("USDT", "USDC", "BTC", "KCS"),
        # 4,000 units in 30 s on spot, 2,000 on futures: the smaller of the two.
        cost_ms=15.0,
    ),
)
