"""Bitget: spot and USDT and USDC perpetuals, of classic accounts and of unified ones.

Which of the two an account is, its owner chose; new ones are unified. Each has an interface that
refuses the other.
"""

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import OutcomeUnknown, Rejected
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

# Coin-margined contracts are left out: there Bitget counts in coins, not in contracts.
_PRODUCTS = ("USDT-FUTURES", "USDC-FUTURES")

_CODES = {
    # The same words for each kind of account, from Bitget's table of errors.
    "40786": OutcomeUnknown,  # "Duplicate clientOid"
    "40708": OutcomeUnknown,  # "client_oid duplicate"
    "43118": OutcomeUnknown,  # "clientOrderId duplicate"
    "45034": OutcomeUnknown,  # "clientOid duplicate"
    "50060": OutcomeUnknown,  # "Duplicated clientOid"
    "25212": OutcomeUnknown,  # "Duplicate clientOid"
    "22002": Rejected,  # "No position to close"
    "40010": OutcomeUnknown,  # "Request timed out": ccxt calls it a wrong signature
}


def _fills(product: str) -> FillList:
    """The endpoint needs no symbol, though ccxt's call does."""
    return FillList(
        page=100,
        types=frozenset({"swap", "future"}),
        params={"productType": product},
        window_ms=7 * DAY_MS,
        cursor=Cursor.NATIVE,
    )


def _subscription(kind: str, product: str) -> Subscription:
    return Subscription(
        params={"type": "spot"} if kind == "spot" else {"type": kind, "productType": product},
        ack={"event": "subscribe", "arg": {"instType": product, "channel": "fill"}},
    )


# "The overall rate limit is 6000/IP/Min", beside the limits of each account, and "300 connection
# requests/IP/5min" (Bitget's quick start); both kinds of account count together.
_REQUESTS = Limit("api.bitget.com", 6000, 60, 5, each=True, orders=True)
_SOCKETS = Limit("ws.bitget.com", 300, 300, 100)

ROWS = (
    VenueSpec(
        venue="bitget",
        ccxt_id="bitget",
        name="Bitget",
        dialect="bitget",
        aliases=("bitgetfutures",),
        kinds=SPOT | LINEAR,
        market_types=frozenset({"spot", "swap"}),
        # An ACCESS-TIMESTAMP is good for 30 s.
        evidence=Evidence(receive_window_s=30.0, visibility_lag_s=10.0),
        client_id=ClientId(param="clientOid", longest=32, lookup=Lookup.NATIVE),
        fills=(
            FillList(
                page=100,
                types=frozenset({"spot"}),
                needs_symbol=True,
                window_ms=30 * DAY_MS,  # 90 at most
                cursor=Cursor.LAST_ID,
                cursor_param="idLessThan",
                cursor_field="tradeId",
            ),
            *(_fills(product) for product in _PRODUCTS),
        ),
        funding=FundingList(
            page=100,
            window_ms=15 * DAY_MS,  # 30 at most
            params=tuple(
                {"productType": product, "businessType": "contract_settle_fee"}
                for product in _PRODUCTS
            ),
        ),
        subscriptions=(
            _subscription("spot", "SPOT"),
            *(_subscription("swap", product) for product in _PRODUCTS),
        ),
        positions=tuple({"productType": product} for product in _PRODUCTS),
        balances=({"type": "spot"},),
        open_orders=({"type": "spot"},),
        reduces_only=True,
        hedge=Hedge.HEDGED,
        leverage=Levering.SYMBOL,
        # Each order names its margin mode, and ccxt's default is cross.
        margin_modes=(MarginMode.CROSS,),
        # On spot ccxt refuses stops; Bitget's own plan order has a level and no direction, so a
        # stop that the market has passed already would wait for the way back.
        triggers={TriggerKind.STOP_LOSS: LINEAR, TriggerKind.TAKE_PROFIT: LINEAR},
        attached=LINEAR,
        order_kinds=OrderKindFields(("orderType",), streamed=SPOT | LINEAR, listed=SPOT),
        test_env=True,
        needs_password=True,
        buys_by_quote=True,
        fees={Kind.SPOT: Fees("0.001", "0.001"), Kind.LINEAR: Fees("0.0002", "0.0006")},
        envelope=frozenset({"code"}),
        codes=_CODES,
        options={
            # Otherwise ccxt asks before each call which kind of account it is, and takes an answer
            # that it did not get for "classic". A unified one is refused by Bitget itself (40085).
            "uta": False,
        },
        quotes=("USDT", "USDC", "BTC", "BGB"),
        # Ten orders a second and account.
        cost_ms=50.0,
        by_address=_REQUESTS,
        sockets=_SOCKETS,
    ),
    VenueSpec(
        venue="bitgetuta",
        ccxt_id="bitget",
        name="Bitget unified account",
        dialect="bitgetuta",
        aliases=("bitgetunified",),
        kinds=SPOT | LINEAR,
        market_types=frozenset({"spot", "swap"}),
        evidence=Evidence(receive_window_s=30.0, visibility_lag_s=10.0),
        client_id=ClientId(param="clientOid", longest=32, lookup=Lookup.NATIVE),
        fills=(FillList(page=100, window_ms=30 * DAY_MS, cursor=Cursor.NATIVE),),
        # 30 days at most; trades are in that list too.
        funding=FundingList(
            page=100,
            window_ms=7 * DAY_MS,
            params=tuple({"category": product} for product in _PRODUCTS),
        ),
        subscriptions=(
            Subscription(ack={"event": "subscribe", "arg": {"instType": "UTA", "topic": "fill"}}),
        ),
        positions=tuple({"productType": product} for product in _PRODUCTS),
        balances=({},),
        reduces_only=True,
        hedge=Hedge.HEDGED,
        leverage=Levering.SYMBOL,
        margin_modes=(MarginMode.CROSS,),
        triggers={TriggerKind.STOP_LOSS: LINEAR, TriggerKind.TAKE_PROFIT: LINEAR},
        attached=LINEAR,
        order_kinds=OrderKindFields(("orderType",), streamed=SPOT | LINEAR, listed=SPOT | LINEAR),
        test_env=True,
        needs_password=True,
        buys_by_quote=True,
        fees={Kind.SPOT: Fees("0.001", "0.001"), Kind.LINEAR: Fees("0.0002", "0.0006")},
        envelope=frozenset({"code"}),
        codes=_CODES,
        options={"uta": True},
        quotes=("USDT", "USDC", "BTC", "BGB"),
        cost_ms=50.0,
        by_address=_REQUESTS,
        sockets=_SOCKETS,
    ),
)
