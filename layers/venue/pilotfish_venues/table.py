"""The venues that we speak, as data: what differs between them is a field here, not a branch.

The figures were read from ccxt 4.5.90's own `describe()` and from what it puts on the wire.
What a venue's row does not allow is refused before ccxt sees it, because ccxt passes a parameter
that it does not know on as it is, and a plain order goes out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pilotfish.domain.errors import Rejected
from pilotfish.domain.instruments import Kind
from pilotfish.domain.venues import Evidence

DAY_MS = 86_400_000
RECEIVE_WINDOW_MS = 5_000


class UnknownVenue(Rejected):
    """No venue of that name is in the table."""

    def __init__(self, venue: str) -> None:
        super().__init__(f"unknown venue {venue!r}; known are {', '.join(VENUES)}")


@dataclass(frozen=True, slots=True)
class VenueSpec:
    """One venue. `window_ms` 0 means that fills are paged by cursor, `page` is rows a request.

    `quotes` are the currencies in which a spot holding is looked for besides those held.
    `ioc_params` make a limit order take what is there at once and leave nothing behind.
    A request costs ccxt's figure for it times `cost_ms`; an account may spend `burst_s` of that
    at once.
    """

    venue: str
    ccxt_id: str
    kind: Kind
    market_types: frozenset[str]
    evidence: Evidence
    client_id_param: str
    client_id_limit: int
    lookup_param: str
    ioc_params: Mapping[str, str]
    streams_fills: bool
    fills_need_symbol: bool
    page: int
    window_ms: int
    reduces_only: bool
    has_position_sides: bool
    error_section: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    market_params: Mapping[str, str] = field(default_factory=dict)
    quotes: tuple[str, ...] = ()
    cost_ms: float = 50.0
    burst_s: float = 10.0


# `adjustForTimeDifference` stays off: the pool keeps one clock for all accounts of a venue.
_BINANCE_OPTIONS: Mapping[str, Any] = {
    "recvWindow": RECEIVE_WINDOW_MS,
    "fetchOpenOrders": {"warnWithoutSymbol": False},
}

_BINANCE_IOC: Mapping[str, str] = {"timeInForce": "IOC"}

# Accepted for `receive_window_s` after it was signed; 10 s more for replicas that lag.
_BINANCE_EVIDENCE = Evidence(receive_window_s=RECEIVE_WINDOW_MS / 1000, visibility_lag_s=10.0)

_ROWS = (
    VenueSpec(
        venue="binance",
        ccxt_id="binance",
        kind=Kind.SPOT,
        market_types=frozenset({"spot"}),
        evidence=_BINANCE_EVIDENCE,
        client_id_param="newClientOrderId",
        client_id_limit=36,
        lookup_param="origClientOrderId",
        ioc_params=_BINANCE_IOC,
        streams_fills=True,
        fills_need_symbol=True,
        page=1000,
        window_ms=DAY_MS,
        reduces_only=False,
        has_position_sides=False,
        error_section="spot",
        options={**_BINANCE_OPTIONS, "fetchMarkets": {"types": ["spot"]}},
        # Ten times smaller: the permission sets are most of the answer.
        market_params={"showPermissionSets": "false"},
        quotes=("USDT", "USDC", "FDUSD", "BTC"),
    ),
    VenueSpec(
        venue="binanceusdm",
        ccxt_id="binanceusdm",
        kind=Kind.LINEAR,
        market_types=frozenset({"swap", "future"}),
        evidence=_BINANCE_EVIDENCE,
        client_id_param="newClientOrderId",
        client_id_limit=36,
        lookup_param="origClientOrderId",
        ioc_params=_BINANCE_IOC,
        streams_fills=True,
        fills_need_symbol=True,
        page=1000,
        window_ms=7 * DAY_MS,
        reduces_only=True,
        has_position_sides=True,
        error_section="linear",
        options=_BINANCE_OPTIONS,
    ),
    VenueSpec(
        venue="delta",
        ccxt_id="delta",
        kind=Kind.LINEAR,
        market_types=frozenset({"swap"}),
        # Delta takes a signature for 5 s.
        evidence=Evidence(receive_window_s=5.0, visibility_lag_s=10.0),
        client_id_param="client_order_id",
        client_id_limit=32,
        lookup_param="client_oid",
        # ccxt passes it on as it is; its own `timeInForce` would be no parameter of Delta's.
        ioc_params={"time_in_force": "ioc"},
        streams_fills=False,
        fills_need_symbol=False,
        page=100,
        window_ms=0,
        reduces_only=True,
        has_position_sides=False,
        market_params={"contract_types": "perpetual_futures"},
        # 10,000 units in 5 minutes; ccxt's 300 ms would not let us poll each second.
        cost_ms=100.0,
    ),
)

VENUES: Mapping[str, VenueSpec] = {row.venue: row for row in _ROWS}


def spec_of(venue: str) -> VenueSpec:
    """The row of a venue; raises `UnknownVenue`."""
    try:
        return VENUES[venue]
    except KeyError:
        raise UnknownVenue(venue) from None
