"""An account of a recorded venue on the loopback host, at the time of the recording."""

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from pilotfish.domain.accounts import Account, Credentials
from pilotfish_venues.account import CcxtAccount
from pilotfish_venues.pool import CcxtVenues
from tests.contract.venues.loopback import HostInPath, Loopback, Sent
from tests.contract.venues.recordings import Json, Recording, attached_of, order_of, trigger_of


def pool_of(host: Loopback, recording: Recording) -> CcxtVenues:
    """Venues that all are the host."""

    async def open_key(account: Account) -> Credentials:
        return Credentials(**recording["key"])

    return CcxtVenues(
        {recording.venue: HostInPath(base=host.base)}, open_key, wall_s=lambda: recording.now_s
    )


async def open_account(
    stack: AsyncExitStack, host: Loopback, recording: Recording, page: int = 0
) -> CcxtAccount:
    """It has its markets; `page`: so many rows has a page of its fills."""
    host.answers = recording.answers({})
    host.sockets = recording.get("stream", {}).get("sockets", [])
    pool = pool_of(host, recording)
    stack.push_async_callback(pool.close)
    opened = await pool.account(Account("ann", "o", recording.venue, b""))
    shared = opened._exchange.shared
    if page:
        fills = tuple(replace(each, page=page) for each in shared.spec.fills)
        shared.spec = replace(shared.spec, fills=fills)
    host.sent.clear()
    return opened


async def send(account: CcxtAccount, case: Json) -> Any:
    """A recorded order, by the method that is for it."""
    request = order_of(case)
    if trigger := trigger_of(case):
        return await account.create_waiting(request, trigger)
    if attached := attached_of(case):
        return await account.create_attached(request, attached)
    return await account.create_order(request)


def out_of(host: Loopback, recording: Recording, wanted: list[Json]) -> list[Json]:
    """What was sent, without what changes from one request to the next."""
    volatile = recording.volatile()

    def plain(sent: Sent, like: Json) -> Json:
        fields = {name: value for name, value in sent.fields.items() if name not in volatile}
        named = like.get("headers")
        headers = {"headers": {name: sent.headers.get(name) for name in named}} if named else {}
        return {"call": sent.call, "fields": fields, **headers}

    likes = [*wanted, *({} for _ in host.sent)]
    return [plain(sent, like) for sent, like in zip(host.sent, likes, strict=False)]
