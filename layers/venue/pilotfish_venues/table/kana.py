"""Kana Labs, perpetuals on Aptos: leaders and prices, no orders."""

from pilotfish.domain.venues import Evidence
from pilotfish_venues.spec import LINEAR, ClientId, FillList, Lookup, VenueSpec

ROWS = (
    VenueSpec(
        venue="kana",
        ccxt_id="kana",
        module="pilotfish_venues.kana",
        name="Kana Labs",
        aliases=("kanalabs",),
        dialect="kana",
        kinds=LINEAR,
        market_types=frozenset({"swap"}),
        # No order is ever sent, so there is none to look for.
        read_only=(
            "Kana Labs settles on chain with the wallet's own Aptos key, which Pilotfish does not "
            "hold: an account there can be followed, but not traded on"
        ),
        evidence=Evidence(receive_window_s=0.0, visibility_lag_s=0.0),
        client_id=ClientId(param="none", longest=64, lookup=Lookup.RECENT),
        # Nothing is documented of pages: what one answer has is taken for all.
        fills=(FillList(page=1_000_000),),
        own_stream=True,
        positions=({},),
        markets_need_key=True,
        signs_time=False,
        tells_least_cost=False,
        envelope=frozenset({"success", "data"}),
        # Nothing is documented of limits either; a look at all fills is one request a market.
        cost_ms=100.0,
    ),
)
