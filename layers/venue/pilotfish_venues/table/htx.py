"""HTX (Huobi): spot, and USDT perpetuals by the fifth version of their interface."""

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


def _fills(kind: str, page: int, *, needs_symbol: bool) -> FillList:
    """48 hours at a time; `from` is the record's own id, which is not the trade's."""
    return FillList(
        page=page,
        types=frozenset({kind}),
        params={"type": kind},
        needs_symbol=needs_symbol,
        window_ms=2 * DAY_MS,
        cursor=Cursor.LAST_ID,
        cursor_param="from",
        cursor_field="id",
    )


ROWS = (
    VenueSpec(
        venue="htx",
        ccxt_id="htx",
        name="HTX",
        dialect="htx",
        aliases=("huobi", "huobipro"),
        kinds=SPOT | LINEAR,
        market_types=frozenset({"spot", "swap"}),
        # HTX takes a Timestamp that is up to five minutes from its own time.
        evidence=Evidence(receive_window_s=300.0, visibility_lag_s=10.0),
        # On perpetuals it has to be a number: see the dialect.
        client_id=ClientId(param="client-order-id", longest=64, lookup=Lookup.NATIVE),
        fills=(
            _fills("spot", 500, needs_symbol=False),
            _fills("swap", 100, needs_symbol=True),
        ),
        subscriptions=(
            Subscription(
                params={"type": "spot"},
                ack={"action": "sub", "code": 200, "ch": "trade.clearing#*#0"},
            ),
            Subscription(
                params={"type": "swap", "subType": "linear"},
                ack={"op": "sub", "err-code": 0, "topic": "trade"},
            ),
        ),
        positions=({"subType": "linear"},),
        balances=({"type": "spot"},),
        open_orders=({"type": "swap"},),
        reduces_only=True,
        hedge=Hedge.NAMED,
        leverage=Levering.SYMBOL,
        whole_leverage=True,
        tells_most_leverage=False,  # ccxt has that of margin on spot there.
        margin_modes=(MarginMode.CROSS,),
        # ccxt's stops on spot are limit orders alone.
        triggers={TriggerKind.STOP_LOSS: LINEAR, TriggerKind.TAKE_PROFIT: LINEAR},
        attached=LINEAR,
        # On perpetuals the lists alone say it, and not of what waited.
        order_kinds=OrderKindFields(
            ("orderType", "type"), streamed=SPOT, listed=SPOT | LINEAR, conditional=True
        ),
        buys_by_quote=True,
        fees={Kind.SPOT: Fees("0.002", "0.002"), Kind.LINEAR: Fees("0.0002", "0.0005")},
        codes={
            # What HTX answers to a client order id that it has seen.
            "invalid-client-order-id": OutcomeUnknown,
        },
        options={
            "fetchMarkets": {"types": {"spot": True, "linear": True, "inverse": False}},
        },
        quotes=("USDT", "USDC", "BTC", "HTX"),
        cost_ms=100.0,
    ),
)
