"""Coinbase Advanced Trade, spot."""

from pilotfish.domain.errors import NotSent, Rejected
from pilotfish.domain.instruments import Kind
from pilotfish.domain.venues import Evidence
from pilotfish_venues.spec import SPOT, ClientId, Cursor, Fees, FillList, Lookup, VenueSpec

ROWS = (
    VenueSpec(
        venue="coinbase",
        ccxt_id="coinbase",
        name="Coinbase",
        aliases=("coinbasepro", "gdax", "coinbaseadvanced"),
        dialect="coinbase",
        kinds=SPOT,
        market_types=frozenset({"spot"}),
        # ccxt signs tokens that hold for 120 s.
        evidence=Evidence(receive_window_s=120.0, visibility_lag_s=10.0),
        # ccxt sends an id of its own unless it is given the native name. An id that was used
        # brings the order that has it, and no second one.
        client_id=ClientId(
            param="client_order_id", longest=128, lookup=Lookup.RECENT, answers_again=True
        ),
        fills=(FillList(page=250, cursor=Cursor.NATIVE),),
        balances=({},),
        # Stops are limit orders only, and trailing ones would go out as plain ones.
        fees={Kind.SPOT: Fees("0.006", "0.012")},
        # ccxt knows these only where an order is previewed.
        codes={
            "requesttimestampexpired": NotSent,
            "insufficientfund": Rejected,
            "previewinsufficientfund": Rejected,
            "unsupportedorderconfiguration": Rejected,
            "invalidsizeprecision": Rejected,
            "invalidpriceprecision": Rejected,
            "invalidproductid": Rejected,
            "invalidside": Rejected,
            "orderentrydisabled": Rejected,
            "ineligiblepair": Rejected,
            "invalidledgerbalance": Rejected,
        },
        tells_fees=SPOT,
        quotes=("USD", "USDC", "USDT", "EUR", "BTC"),
        cost_ms=34.0,
    ),
)
