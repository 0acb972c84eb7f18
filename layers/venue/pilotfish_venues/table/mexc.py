"""MEXC: spot and USDT perpetuals, two interfaces with one key."""

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
    Subscription,
    VenueSpec,
)

ROWS = (
    VenueSpec(
        venue="mexc",
        ccxt_id="mexc",
        name="MEXC",
        dialect="mexc",
        aliases=("mexcglobal", "mxc"),
        kinds=SPOT | LINEAR,
        market_types=frozenset({"spot", "swap"}),
        # Spot takes a request for `recvWindow`, perpetuals for 10 s from its Request-Time.
        evidence=Evidence(receive_window_s=10.0, visibility_lag_s=10.0),
        client_id=ClientId(param="clientOrderId", longest=32, lookup=Lookup.NATIVE),
        fills=(
            # There is no id to go on from: what is older than the last row of a page.
            FillList(
                page=100,
                types=frozenset({"spot"}),
                needs_symbol=True,
                window_ms=30 * DAY_MS,
                cursor=Cursor.TIME,
                cursor_param="until",
            ),
            FillList(
                page=100,
                types=frozenset({"swap"}),
                needs_symbol=True,
                window_ms=30 * DAY_MS,
                cursor=Cursor.NUMBER,
                cursor_param="page_num",
                fixed_end=True,
                until_param="end_time",
            ),
        ),
        funding=FundingList(page=100, window_ms=7 * DAY_MS),
        subscriptions=(
            Subscription(
                params={"type": "spot"},
                ack={"code": 0, "msg": "spot@private.deals.v3.api.pb"},
            ),
            # Whoever logs in is told all that is private.
            Subscription(params={"type": "swap"}, ack={"channel": "rs.login", "data": "success"}),
        ),
        positions=({},),
        balances=({"type": "spot"},),
        # The list of open spot orders needs a symbol.
        open_orders=({"type": "swap"},),
        reduces_only=True,
        hedge=Hedge.HEDGED,
        leverage=Levering.SIDES,
        whole_leverage=True,
        # In isolated margin each order has to name its leverage.
        margin_modes=(MarginMode.CROSS,),
        # Attached levels, stops and trailing leave as fields that MEXC does not know; its own
        # plan orders take no client id and end after some days.
        fees={Kind.SPOT: Fees("0", "0.0005"), Kind.LINEAR: Fees("0.0001", "0.0004")},
        codes={
            "500": OutcomeUnknown,
            "603": OutcomeUnknown,  # "Repeated request": ccxt calls it a bad one
        },
        quotes=("USDT", "USDC", "BTC", "MX"),
        cost_ms=50.0,
        # 300 of weight in 10 s and address on spot; orders are counted by account there. Perpetuals
        # take 20 requests in 2 s of each endpoint, which is more.
        by_address=Limit("api.mexc.com", 300, 10, 2, section="spot"),
    ),
)
