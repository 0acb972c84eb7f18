"""Kraken: spot, and the futures venue, which is another one with accounts of its own."""

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.instruments import Kind
from pilotfish.domain.margining import MarginMode
from pilotfish.domain.venues import Evidence
from pilotfish_venues.addresses import Limit
from pilotfish_venues.spec import (
    LINEAR,
    SPOT,
    ClientId,
    Cursor,
    Fees,
    FillList,
    Levering,
    Lookup,
    OrderKindFields,
    Subscription,
    VenueSpec,
)

_CONFIRMED = {"method": "subscribe", "success": True, "result": {"channel": "executions"}}

ROWS = (
    VenueSpec(
        venue="kraken",
        ccxt_id="kraken",
        name="Kraken",
        dialect="kraken",
        kinds=SPOT,
        market_types=frozenset({"spot"}),
        # Nothing ages in a signature there; each order carries a deadline 10 s after its claim.
        evidence=Evidence(receive_window_s=10.0, visibility_lag_s=10.0),
        # A UUID, or free text of 18. ccxt's fetchOrder takes none; both lists of orders do.
        client_id=ClientId(
            param="clientOrderId", longest=18, alphabet="0-9A-Za-z-", lookup=Lookup.NATIVE
        ),
        # The limit is ignored: 50 rows, newest first, and on by offset.
        fills=(FillList(page=50, cursor=Cursor.OFFSET, cursor_param="ofs", fixed_end=True),),
        subscriptions=(Subscription(ack=_CONFIRMED),),
        balances=({},),
        # ccxt's `triggerPrice` and attached stops would leave as parameters that Kraken ignores.
        order_kinds=OrderKindFields(
            ("order_type", "ordertype"), streamed=SPOT, listed=SPOT, conditional=True
        ),
        triggers={
            TriggerKind.STOP_LOSS: SPOT,
            TriggerKind.TAKE_PROFIT: SPOT,
            TriggerKind.TRAILING: SPOT,
        },
        signs_time=False,
        fees={Kind.SPOT: Fees("0.0016", "0.0026")},
        quote_fees=True,  # Every order says so, by the flag `fciq`.
        tells_fees=SPOT,
        envelope=frozenset({"error", "result"}),
        codes={
            "eservicedeadlineelapsed": NotSent,
            "eservicetimeout": OutcomeUnknown,
            "eserviceunavailable": OutcomeUnknown,
            "eservicebusy": OutcomeUnknown,
            "egeneralinternalerror": OutcomeUnknown,
            "egeneraltemporarylockout": NotSent,
            "eorderduplicateclordid": OutcomeUnknown,
        },
        quotes=("USD", "EUR", "USDT", "USDC", "BTC"),
        cost_ms=1000.0,
        # Its counter holds 15 and falls by 1 in 3 s; ccxt counts those seconds.
        burst_s=45.0,
        # Its firewall takes some 150 connections in 10 minutes of an address, and then bans that
        # for as long (Kraken's page of WebSockets).
        sockets=Limit("ws-auth.kraken.com", 150, 600, 120),
    ),
    VenueSpec(
        venue="krakenfutures",
        ccxt_id="krakenfutures",
        name="Kraken Futures",
        aliases=("kraken_futures", "cryptofacilities"),
        dialect="krakenfutures",
        kinds=LINEAR,
        market_types=frozenset({"swap", "future"}),
        # `processBefore` on each order: 5 s after its claim.
        evidence=Evidence(receive_window_s=5.0, visibility_lag_s=10.0),
        client_id=ClientId(param="cliOrdId", longest=100, lookup=Lookup.NATIVE),
        # ccxt sends neither since nor limit: the last 100, and on by `lastFillTime`.
        fills=(FillList(page=100, cursor=Cursor.NATIVE),),
        subscriptions=(Subscription(ack={"event": "subscribed", "feed": "fills"}),),
        positions=({},),
        # Lower case: of "IOC" ccxt makes a limit order that rests in the book.
        ioc_params={"timeInForce": "ioc"},
        reduces_only=True,
        leverage=Levering.WITH_MODE,
        # Setting a leverage makes the symbol's margin isolated.
        margin_modes=(MarginMode.ISOLATED,),
        # Attached stops and trailing would pass through, and a plain order go out.
        triggers={TriggerKind.STOP_LOSS: LINEAR, TriggerKind.TAKE_PROFIT: LINEAR},
        order_kinds=OrderKindFields(("order_type",), streamed=LINEAR),
        test_env=True,
        signs_time=False,
        fees={Kind.LINEAR: Fees("0.0002", "0.0005")},
        envelope=frozenset({"result", "serverTime"}),
        codes={
            "apilimitexceeded": NotSent,
            "authenticationerror": Rejected,
            "clientorderidalreadyexist": OutcomeUnknown,
            "unavailable": OutcomeUnknown,
        },
        cost_ms=600.0,
        burst_s=20.0,
    ),
)
