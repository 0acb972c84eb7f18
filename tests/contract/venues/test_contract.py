"""What every venue of the table has to pass, against what was recorded of it.

A venue is done when these pass for it: see docs/adding-a-venue.md.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain import errors
from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import OutcomeUnknown, Rejected, VenueError
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.instruments import Kind, kind_of
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.payments import Tells
from pilotfish.domain.venues import OrderRequest
from pilotfish_venues.account import CcxtAccount
from pilotfish_venues.pool import CcxtVenues
from pilotfish_venues.spec import Cursor, Hedge, Levering
from pilotfish_venues.table import VENUES
from tests.contract.venues.loopback import HostInPath, Loopback, fits, listening
from tests.contract.venues.opening import open_account, out_of, send
from tests.contract.venues.recordings import (
    PAYMENT,
    Json,
    Recording,
    margin_in,
    order_of,
    recorded,
    told,
    told_fills,
    told_wallet,
)

SOON_S = 5.0
each_venue = pytest.mark.parametrize("venue", list(VENUES))
each_traded_venue = pytest.mark.parametrize(
    "venue", [venue for venue, spec in VENUES.items() if not spec.read_only]
)
each_read_only_venue = pytest.mark.parametrize(
    "venue", [venue for venue, spec in VENUES.items() if spec.read_only]
)


def test_every_venue_of_the_table_is_recorded() -> None:
    assert set(recorded()) == set(VENUES)


@pytest.fixture
async def host() -> AsyncIterator[Loopback]:
    async with listening(Loopback()) as loopback:
        yield loopback


Open = Callable[..., Awaitable[CcxtAccount]]


@pytest.fixture
async def opened(host: Loopback) -> AsyncIterator[Open]:
    """An account of a recorded venue, at the time of the recording."""
    async with AsyncExitStack() as stack:

        async def open_recorded(recording: Recording, page: int = 0) -> CcxtAccount:
            return await open_account(stack, host, recording, page)

        yield open_recorded
        assert host.strange == []


def cases(name: str) -> Any:
    """A test for each named case of each venue."""
    found = [
        pytest.param(venue, case, id=f"{venue}-{case}")
        for venue in recorded()
        for case in Recording(venue).get(name, {})
    ]
    return pytest.mark.parametrize(("venue", "case"), found)


@each_venue
async def test_fills_become_ours_through_every_page(venue: str, host: Any, opened: Open) -> None:
    recording = Recording(venue)
    case = recording["fills"]
    account = await opened(recording, case.get("page", 0))
    host.answers = recording.answers(case)

    fills = await account.fills_since(case["since_ms"], case.get("symbols", []))

    assert told_fills(fills) == case["become"]
    assert {(fill.account_id, fill.venue, fill.history) for fill in fills} == {
        ("ann", venue, False)
    }


@each_venue
def test_the_recorded_fills_have_a_second_page_of_each_list_that_has_pages(venue: str) -> None:
    lists = [listed for listed in VENUES[venue].fills if listed.cursor is not Cursor.NONE]
    assert len(Recording(venue)["fills"]["answers"]) > len(lists)


@each_venue
async def test_holdings_become_ours(venue: str, host: Any, opened: Open) -> None:
    recording = Recording(venue)
    case = recording["holdings"]
    account = await opened(recording)
    host.answers = recording.answers(case)

    held = await account.positions()

    assert [told(position) for position in held] == case["become"]
    assert await account.symbols_traded(case["since_ms"]) == set(case["symbols"])


@each_traded_venue
async def test_what_an_account_has_becomes_ours(venue: str, host: Any, opened: Open) -> None:
    """Under the coins' own names, the margin of derivatives among them, without open profit."""
    recording = Recording(venue)
    case = recording["wallet"]
    account = await opened(recording)
    host.answers = recording.answers(recording.with_holdings(case))

    found = told_wallet(await account.wallet())

    assert found == case["become"]
    assert found["coins"]
    assert all(code.isalpha() for code in found["coins"])


@each_venue
async def test_funding_becomes_ours_where_the_row_has_it(
    venue: str, host: Any, opened: Open
) -> None:
    """What is paid is negative, whatever the sign on the wire; sizes are in base units."""
    recording, spec = Recording(venue), VENUES[venue]
    case = recording.get("funding")
    assert (case is not None) == (spec.tells_funding is Tells.YES)
    account = await opened(recording)
    assert account.tells_funding is spec.tells_funding
    if case is None:
        with pytest.raises(Rejected, match="tells no funding"):
            await account.funding(0)
        return
    host.answers = recording.answers(case)

    found = await account.funding(case["since_ms"])

    assert out_of(host, recording, case["sent"]) == case["sent"]
    assert [told(payment, PAYMENT) for payment in found.payments] == case["become"]
    assert {payment.amount > 0 for payment in found.payments} == {True, False}
    assert found.whole


@each_venue
async def test_streamed_trades_become_ours_and_are_the_listed_ones(
    venue: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    if not VENUES[venue].streams_fills:
        assert recording.get("stream") is None
        return
    case = recording["stream"]
    account = await opened(recording)
    host.answers = recording.answers(case)
    connected = asyncio.Event()
    fills = []

    async with asyncio.timeout(SOON_S):
        async for batch in account.watch_fills(connected):
            fills += batch
            if len(fills) >= len(case["become"]):
                break
        await connected.wait()

    several = len(case["sockets"]) > 1  # in which order two sockets speak is not said
    assert in_order(told_fills(fills), several) == in_order(case["become"], several)
    for wanted in case["heard"]:
        assert any(fits(message, wanted) for message in host.heard), wanted
    listed = {fill["trade_id"]: fill for fill in recording["fills"]["become"]}
    untold = set(case.get("untold", ()))
    both = [fill for fill in case["become"] if fill["trade_id"] in listed]
    assert both, "one of the streamed trades has to be among the listed ones"
    for fill in both:
        assert same_trade(fill, untold) == same_trade(listed[fill["trade_id"]], untold)


def in_order(fills: list[Json], several: bool) -> list[Json]:
    return sorted(fills, key=str) if several else fills


def same_trade(fill: Json, untold: set[str]) -> Json:
    """What must not depend on the way a fill came, or it would be two fills."""
    names = set(fill) - {"client_order_id", "liquidity", "order_kind"} - untold
    return {name: fill[name] for name in names}


@cases("orders")
async def test_an_order_goes_out_in_the_venues_own_form(
    venue: str, case: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    order = recording["orders"][case]
    account = await opened(recording)
    host.answers = recording.answers(order)

    answer = await send(account, order["request"])

    assert out_of(host, recording, order["sent"]) == order["sent"]
    assert told(answer) == order["become"]


@each_traded_venue
def test_all_that_the_row_allows_is_recorded(venue: str) -> None:
    spec, orders = VENUES[venue], Recording(venue).get("orders", {})
    requests = [case["request"] for case in orders.values()]
    kinds = {kind_of(request["symbol"]) for request in requests}
    waiting = {
        (TriggerKind(request["trigger"]["kind"]), kind_of(request["symbol"]))
        for request in requests
        if "trigger" in request
    }
    carrying = {kind_of(request["symbol"]) for request in requests if "attached" in request}
    sides = {request.get("position_side", "net") for request in requests}
    exits = [request for request in requests if request.get("reduce_only")]

    assert kinds == spec.kinds
    for kind in spec.kinds:
        mine = [request for request in requests if kind_of(request["symbol"]) is kind]
        assert any("limit" in request for request in mine), f"no IOC order of {kind}"
        assert {request["side"] for request in mine} == {"buy", "sell"}
    assert waiting == {(kind, market) for kind in spec.triggers for market in spec.triggers[kind]}
    assert carrying == spec.attached
    assert sides == ({"net", "long", "short"} if spec.hedge is not Hedge.NONE else {"net"})
    assert any(request.get("position_side", "net") == "net" for request in exits) or not (
        spec.reduces_only
    )
    margins = [margin_in(case) for case in Recording(venue).get("margin", {}).values()]
    assert any(margin.leverage for margin in margins) == (spec.leverage is not Levering.NONE)
    assert {margin.mode for margin in margins if margin.mode} == set(spec.margin_modes)


@cases("margin")
async def test_leverage_and_margin_mode_go_out_in_the_venues_own_form(
    venue: str, case: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    wanted = recording["margin"][case]
    account = await opened(recording)
    host.answers = recording.answers(wanted)

    await account.set_margin(wanted["symbol"], margin_in(wanted))

    assert out_of(host, recording, wanted["sent"]) == wanted["sent"]


@cases("margin_of")
async def test_leverage_and_margin_mode_are_read_where_positions_do_not_tell(
    venue: str, case: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    wanted = recording["margin_of"][case]
    account = await opened(recording)
    host.answers = recording.answers(wanted)

    found = await account.margin_of(wanted["symbol"])

    assert out_of(host, recording, wanted["sent"]) == wanted["sent"]
    assert told(found) == wanted["become"]


@each_venue
async def test_leverage_and_margin_mode_are_those_of_the_position(
    venue: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    if recording.get("margin_of"):
        return
    held = recording["holdings"]
    account = await opened(recording)
    host.answers = recording.answers(held)

    for position in held["become"]:
        found = await account.margin_of(position["symbol"])
        expected = {"leverage": position["leverage"], "mode": position["margin_mode"]}
        assert told(found) == expected


def not_settable(venue: str) -> list[Margin]:
    """What the row does not allow to be set."""
    spec, five = VENUES[venue], Decimal(5)
    refused = [Margin(mode=mode) for mode in MarginMode if mode not in spec.margin_modes]
    refused += [Margin(five, margin.mode) for margin in refused]
    if spec.leverage in (Levering.NONE, Levering.WITH_MODE):
        refused.append(Margin(five))
    if spec.leverage is Levering.WITH_MODE:
        refused += [Margin(mode=mode) for mode in spec.margin_modes]
    mode = spec.margin_modes[0] if spec.leverage is Levering.WITH_MODE else None
    return [*refused, Margin(Decimal("0.5"), mode)]


@each_traded_venue
async def test_leverage_and_margin_mode_that_a_venue_has_not_never_leave(
    venue: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    account = await opened(recording)
    host.sent.clear()
    symbols = {case["request"]["symbol"] for case in recording["orders"].values()}

    for symbol in symbols:
        spot = kind_of(symbol) is Kind.SPOT
        for margin in [Margin(Decimal(5))] if spot else not_settable(venue):
            with pytest.raises(Rejected):
                await account.set_margin(symbol, margin)
        most = account.most_leverage(symbol)
        if not spot and most is not None:
            mode = next(iter(VENUES[venue].margin_modes), None)
            with pytest.raises(Rejected, match="at most"):
                await account.set_margin(symbol, Margin(most + 1, mode))

    assert host.sent == []


@cases("lookups")
async def test_an_order_is_looked_up_in_the_venues_own_form(
    venue: str, case: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    lookup = recording["lookups"][case]
    account = await opened(recording)
    host.answers = recording.answers(lookup)

    found = await account.find_order(order_of(lookup["request"]))

    assert out_of(host, recording, lookup["sent"]) == lookup["sent"]
    assert (found and told(found)) == lookup["become"]


@each_traded_venue
def test_finding_and_not_finding_an_order_is_recorded(venue: str) -> None:
    lookups = Recording(venue)["lookups"].values()
    kinds = {kind_of(case["request"]["symbol"]) for case in lookups if case["become"]}
    assert kinds == VENUES[venue].kinds
    assert any(case["become"] is None for case in lookups)


def forbidden(venue: str) -> list[Any]:
    """Requests that the venue's row does not allow."""
    spec, recording = VENUES[venue], Recording(venue)
    plain = {
        kind_of(case["request"]["symbol"]): case["request"]
        for case in recording["orders"].values()
        if not {"trigger", "attached", "position_side", "reduce_only", "limit"}
        & set(case["request"])
    }
    found: list[Any] = []
    for kind, request in plain.items():
        long = {**request, "side": "buy", "position_side": "long"}
        if spec.hedge is Hedge.NONE or kind is Kind.SPOT:
            found.append(long)
        found.append({**request, "quantity": "0"})
        found.append({**request, "limit": "0"})
        found.append({**request, "symbol": "NO/SUCH"})
        for bad in ("", "a b", "ü", "x" * (spec.client_id.longest + 1)):
            found.append({**request, "client_order_id": bad})
        for trigger in TriggerKind:
            if kind not in spec.triggers.get(trigger, ()):
                found.append({**request, "trigger": {"kind": trigger, "price": "1"}})
        if kind not in spec.attached:
            found.append({**request, "attached": {"stop_loss": "1"}})
        for symbol in recording.get("not_traded", []):
            found.append({**request, "symbol": symbol})
    return found


@each_traded_venue
async def test_what_the_row_does_not_allow_never_leaves(
    venue: str, host: Any, opened: Open
) -> None:
    account = await opened(Recording(venue))

    for request in forbidden(venue):
        with pytest.raises(Rejected):
            await send(account, request)

    assert host.sent == []


@each_read_only_venue
async def test_an_order_to_a_venue_that_is_only_read_is_refused_with_the_reason(
    venue: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    symbol = recording["fills"]["become"][0]["symbol"]
    request = {
        "client_order_id": "pfa", "claimed_ms": recording["now_ms"], "symbol": symbol,
        "quantity": "1", "side": "buy",
    }  # fmt: skip
    account = await opened(recording)

    with pytest.raises(Rejected, match=re.escape(VENUES[venue].read_only)):
        await send(account, request)
    assert host.sent == []


JUNK = ["<html>maintenance</html>", "{}", "null", '""', "[]"]


@each_venue
@pytest.mark.parametrize("junk", JUNK)
async def test_what_is_no_answer_of_the_venues_is_never_taken_for_an_empty_one(
    venue: str, junk: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    fills = recording["fills"]
    account = await opened(recording)
    host.junk = junk
    readings: list[Any] = [
        account.fills_since(fills["since_ms"], fills.get("symbols", [])),
        account.positions(),
    ]

    if not VENUES[venue].read_only:
        request = order_of(next(iter(recording["lookups"].values()))["request"])
        readings.append(account.find_order(request))
        with pytest.raises(OutcomeUnknown):
            await account.create_order(plain_request(request))
    a_list_of_none = junk == "[]" and not VENUES[venue].envelope
    for reading in readings:
        if a_list_of_none:
            reading.close()
            continue
        with pytest.raises(VenueError):
            await reading


def plain_request(request: OrderRequest) -> OrderRequest:
    return replace(
        request, position_side=PositionSide.NET, reduce_only=False, limit_price=None, side=Side.BUY
    )


REQUIRED_ERRORS = {
    "insufficient_funds", "wrong_key", "rate_limit", "duplicate_client_id", "server_error",
}  # fmt: skip


@each_traded_venue
def test_the_errors_that_matter_are_recorded(venue: str) -> None:
    wanted = REQUIRED_ERRORS | ({"clock"} if VENUES[venue].signs_time else set())
    if VENUES[venue].client_id.answers_again:
        wanted -= {"duplicate_client_id"}
    assert wanted <= set(Recording(venue)["errors"])


@cases("errors")
async def test_an_error_of_the_venue_has_its_outcome(
    venue: str, case: str, host: Any, opened: Open
) -> None:
    recording = Recording(venue)
    error = recording["errors"][case]
    order = next(iter(recording["orders"].values()))
    account = await opened(recording)
    refusal = {"call": order["sent"][-1]["call"], **error["answer"]}
    host.answers = [refusal, *recording.answers(order)]

    with pytest.raises(VenueError) as caught:
        await send(account, order["request"])

    assert type(caught.value) is getattr(errors, error["outcome"])
    assert error["words"] in str(caught.value)
    for secret in recording["key"].values():
        assert secret not in str(caught.value)


@each_venue
async def test_tickers_become_ours(venue: str, host: Any, opened: Open) -> None:
    recording = Recording(venue)
    case = recording["tickers"]
    await opened(recording)
    host.answers = recording.answers(case)
    pool = CcxtVenues({venue: HostInPath(base=host.base)}, no_key, wall_s=lambda: recording.now_s)

    try:
        tickers = await pool.tickers(venue, case["symbols"])
    finally:
        await pool.close()

    assert [told(ticker) for ticker in tickers] == case["become"]


async def no_key(account: Account) -> Credentials:
    raise AssertionError("tickers are public")
