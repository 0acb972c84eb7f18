"""Gate: spot and USDT perpetuals, of classic and of unified accounts."""

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
    FundingList,
    Hedge,
    Levering,
    Lookup,
    Subscription,
    VenueSpec,
)


def _fills(kind: str, cursor: Cursor, cursor_param: str) -> FillList:
    return FillList(
        page=1000,
        types=frozenset({kind}),
        params={"type": kind},
        window_ms=30 * DAY_MS,
        cursor=cursor,
        cursor_param=cursor_param,
        fixed_end=True,
    )


def _subscription(kind: str, channel: str) -> Subscription:
    return Subscription(
        params={"type": kind},
        ack={"channel": channel, "event": "subscribe", "result": {"status": "success"}},
    )


ROWS = (
    VenueSpec(
        venue="gate",
        ccxt_id="gate",
        name="Gate",
        dialect="gate",
        aliases=("gateio",),
        kinds=SPOT | LINEAR,
        market_types=frozenset({"spot", "swap"}),
        # Gate takes a Timestamp that is up to 60 s from its own time.
        evidence=Evidence(receive_window_s=60.0, visibility_lag_s=10.0),
        # ccxt counts the prefix among the 28 characters when it is there already. An ended order
        # is found by this id for a while only; in the list of ended ones it stays.
        client_id=ClientId(
            param="clientOrderId",
            longest=28,
            lookup=Lookup.PARAM,
            lookup_param="text",
            prefix="t-",
            alphabet=".0-9A-Za-z_-",
        ),
        fills=(
            _fills("spot", Cursor.NUMBER, "page"),
            _fills("swap", Cursor.OFFSET, "offset"),
        ),
        subscriptions=(
            _subscription("spot", "spot.usertrades"),
            _subscription("swap", "futures.usertrades"),
        ),
        positions=({"type": "swap"},),
        balances=({"type": "spot"},),
        reduces_only=True,
        hedge=Hedge.HEDGED,
        leverage=Levering.WITH_MODE,
        margin_modes=(MarginMode.CROSS,),
        # Attached levels and trailingAmount leave as fields that Gate does not know; on spot ccxt
        # needs a price for a conditional order.
        triggers={TriggerKind.STOP_LOSS: LINEAR, TriggerKind.TAKE_PROFIT: LINEAR},
        test_env=True,
        buys_by_quote=True,
        # The account book of perpetuals, which names no row.
        funding=FundingList(page=1000, window_ms=30 * DAY_MS, params=({"type": "swap"},)),
        fees={Kind.SPOT: Fees("0.001", "0.001"), Kind.LINEAR: Fees("0.0002", "0.0005")},
        codes={"repeatedcreation": OutcomeUnknown},
        options={
            "fetchMarkets": {"types": ["spot", "swap"]},
            "swap": {"fetchMarkets": {"settlementCurrencies": ["usdt"]}},
        },
        quotes=("USDT", "USDC", "BTC", "GT"),
        cost_ms=50.0,
    ),
)
