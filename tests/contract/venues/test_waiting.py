"""Orders that wait for a price are found and taken back in the venue's own form, or refused."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import OutcomeUnknown, Rejected
from pilotfish.domain.instruments import kind_of
from pilotfish_venues.account import CcxtAccount
from pilotfish_venues.table import VENUES
from tests.contract.venues.loopback import Loopback, listening
from tests.contract.venues.opening import open_account, out_of
from tests.contract.venues.recordings import (
    Json,
    Recording,
    order_of,
    recorded,
    told,
    trigger_of,
)

Open = Callable[[Recording], Awaitable[CcxtAccount]]


@pytest.fixture
async def host() -> AsyncIterator[Loopback]:
    async with listening(Loopback()) as loopback:
        yield loopback


@pytest.fixture
async def opened(host: Loopback) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_recorded(recording: Recording) -> CcxtAccount:
            return await open_account(stack, host, recording)

        yield open_recorded
        assert host.strange == []


def cases(group: str) -> pytest.MarkDecorator:
    found = [(venue, case) for venue in recorded() for case in Recording(venue).get(group, {})]
    return pytest.mark.parametrize(("venue", "case"), found)


def waiting_lookups() -> pytest.MarkDecorator:
    """Those that are recorded as look-ups of any order, where they are found as such."""
    found = [
        (venue, case)
        for venue in recorded()
        for case, lookup in Recording(venue).get("lookups", {}).items()
        if "trigger" in lookup["request"]
    ]
    return pytest.mark.parametrize(("venue", "case"), found)


async def found_by(account: CcxtAccount, case: Json) -> Any:
    trigger = trigger_of(case["request"])
    assert trigger is not None
    found = await account.find_waiting(order_of(case["request"]), trigger)
    return found and told(found)


@cases("cancels")
async def test_one_is_taken_back_in_the_venues_own_form(
    venue: str, case: str, host: Loopback, opened: Open
) -> None:
    recording = Recording(venue)
    cancel = recording["cancels"][case]
    account = await opened(recording)
    host.answers = recording.answers(cancel)
    trigger = trigger_of(cancel["request"])
    assert trigger is not None

    request = replace(order_of(cancel["request"]), order_id=cancel["order_id"])
    await account.cancel_waiting(request, trigger)

    assert out_of(host, recording, cancel["sent"]) == cancel["sent"]


@pytest.mark.parametrize("venue", list(VENUES))
def test_taking_back_is_recorded_for_every_kind_of_market_that_has_them(venue: str) -> None:
    cancels = Recording(venue).get("cancels", {}).values()
    kinds = {kind_of(case["request"]["symbol"]) for case in cancels}
    assert kinds == {kind for kinds in VENUES[venue].triggers.values() for kind in kinds}


@cases("waiting")
async def test_one_in_a_list_of_its_own_is_found_there(
    venue: str, case: str, host: Loopback, opened: Open
) -> None:
    recording = Recording(venue)
    lookup = recording["waiting"][case]
    account = await opened(recording)
    host.answers = recording.answers(lookup)

    assert await found_by(account, lookup) == lookup["become"]
    assert out_of(host, recording, lookup["sent"]) == lookup["sent"]


@waiting_lookups()
async def test_one_among_the_others_is_found_as_they_are(
    venue: str, case: str, host: Loopback, opened: Open
) -> None:
    recording = Recording(venue)
    lookup = recording["lookups"][case]
    account = await opened(recording)
    host.answers = recording.answers(lookup)

    assert await found_by(account, lookup) == lookup["become"]


async def test_without_the_venues_id_it_is_looked_up_first(host: Loopback, opened: Open) -> None:
    recording = Recording("binanceusdm")
    waits, cancel = recording["waiting"]["waits"], recording["cancels"]["stop"]
    account = await opened(recording)
    host.answers = [*waits["answers"], *recording.answers(cancel)]
    trigger = trigger_of(waits["request"])
    assert trigger is not None

    await account.cancel_waiting(order_of(waits["request"]), trigger)

    assert out_of(host, recording, []) == [*waits["sent"], *cancel["sent"]]


@pytest.mark.parametrize("gone", ["cancelled", "triggered"])
async def test_one_that_waits_no_more_is_left_alone(
    host: Loopback, opened: Open, gone: str
) -> None:
    recording = Recording("okx")
    case = recording["waiting"][gone]
    account = await opened(recording)
    host.answers = recording.answers(case)
    trigger = trigger_of(case["request"])
    assert trigger is not None

    await account.cancel_waiting(order_of(case["request"]), trigger)

    assert not any("cancel" in sent.call for sent in host.sent)


async def test_one_that_is_not_seen_is_not_taken_for_cancelled(
    host: Loopback, opened: Open
) -> None:
    recording = Recording("okx")
    case = recording["waiting"]["nowhere"]
    account = await opened(recording)
    host.answers = recording.answers(case)
    trigger = trigger_of(case["request"])
    assert trigger is not None

    with pytest.raises(OutcomeUnknown, match="is not seen"):
        await account.cancel_waiting(order_of(case["request"]), trigger)


async def test_one_that_is_gone_already_is_gone(host: Loopback, opened: Open) -> None:
    recording = Recording("binanceusdm")
    cancel = recording["cancels"]["stop"]
    account = await opened(recording)
    unknown = {"code": -2013, "msg": "Order does not exist."}
    host.answers = [{**cancel["answers"][0], "status": 400, "body": unknown}]
    trigger = trigger_of(cancel["request"])
    assert trigger is not None

    await account.cancel_waiting(replace(order_of(cancel["request"]), order_id="1"), trigger)


@pytest.mark.parametrize(
    ("venue", "kind"),
    [
        (venue, kind)
        for venue, spec in VENUES.items()
        for kind in TriggerKind
        if kind not in spec.triggers and not spec.read_only
    ],
)
async def test_what_the_venue_has_not_is_refused_before_anything_is_sent(
    venue: str, kind: TriggerKind, host: Loopback, opened: Open
) -> None:
    recording = Recording(venue)
    orders = recording["orders"].values()
    plain = next(case["request"] for case in orders if "trigger" not in case["request"])
    request = {**plain, "trigger": {"kind": kind, "price": "1"}}
    account = await opened(recording)
    trigger = trigger_of(request)
    assert trigger is not None

    with pytest.raises(Rejected, match="takes no"):
        await account.cancel_waiting(order_of(request), trigger)
    with pytest.raises(Rejected, match="takes no"):
        await account.find_waiting(order_of(request), trigger)

    assert host.sent == []
