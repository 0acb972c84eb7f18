"""Leaders' orders, sent to the exchange through the same adapter that followers' orders take."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.errors import NotSent
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import OrderRequest
from pilotfish.ports import Venue
from pilotfish_local.demo.scenario import LeaderOrder
from pilotfish_local.onboarding import Trader
from pilotfish_venues.endpoints import parse_endpoints
from pilotfish_venues.pool import CcxtVenues

ATTEMPTS = 5
PAUSE_S = 0.1


async def trade(
    endpoints: str,
    leaders: Sequence[Trader],
    orders: Iterable[LeaderOrder],
    *,
    pause_s: float,
    sent: Callable[[LeaderOrder], None] = lambda _: None,
) -> None:
    """Send the orders one after another, `pause_s` apart."""
    traders = {leader.name: leader for leader in leaders}

    async def open_key(account: Account) -> Credentials:
        return traders[account.account_id].credentials

    venues = CcxtVenues(parse_endpoints(endpoints), open_key)
    try:
        for number, order in enumerate(orders):
            leader = traders[order.leader]
            venue = await venues.account(Account(leader.name, leader.owner, leader.venue, b""))
            await _send(venue, order, number)
            sent(order)
            await asyncio.sleep(pause_s)
    finally:
        await venues.close()


async def _send(venue: Venue, order: LeaderOrder, number: int) -> None:
    """Once more when it was surely not sent: Kraken numbers a key's requests, the poller's too."""
    for attempt in range(ATTEMPTS):
        try:
            await venue.create_order(_request(order, number))
        except NotSent:
            if attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(PAUSE_S)
        else:
            return


def _request(order: LeaderOrder, number: int) -> OrderRequest:
    return OrderRequest(
        client_order_id=f"lead{number}",
        symbol=order.symbol,
        side=order.side,
        position_side=PositionSide.NET,
        quantity=order.quantity,
        reduce_only=False,
        claimed_ms=utc_ms(),
    )
