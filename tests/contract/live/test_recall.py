"""What the tables know of a channel: the newest as a snapshot, and periods page by page."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.alerts import DynamoAlerts
from pilotfish.adapters.dynamo.fills import fill_to_item
from pilotfish.adapters.dynamo.highest import DynamoHighest
from pilotfish.adapters.dynamo.kept_books import DynamoKeptBooks
from pilotfish.adapters.dynamo.order_items import order_to_item
from pilotfish.adapters.dynamo.own import DynamoOwn
from pilotfish.adapters.dynamo.positions import DynamoPositions
from pilotfish.adapters.dynamo.quotes import DynamoQuotes
from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
from pilotfish.adapters.dynamo.wallets import DynamoWallets
from pilotfish.domain.alerts import of_drift
from pilotfish.domain.channels import parse_channel
from pilotfish.domain.commands import Replay
from pilotfish.domain.orders import CopyOrder, Event, State
from pilotfish.domain.quotes import Quote
from pilotfish.domain.sync_sessions import SyncSession
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.live_wallets import LiveWallets
from pilotfish.usecases.read_books import ReadBooks
from pilotfish.usecases.recall import Recall
from pilotfish.usecases.value import Value
from tests.unit.live.orders import FILL, T0, order
from tests.unit.live.twins import Time

ADA, EVE = Viewer("ada"), Viewer("eve")


@pytest.fixture
def client(dynamodb: Any) -> Any:
    """With what is ada's, and what is eve's."""
    for user, account in [("ada", "acc-lead"), ("ada", "acc-two"), ("eve", "acc-eve")]:
        item = {"pk": {"S": account}, "owner": {"S": user}}
        dynamodb.put_item(TableName="AccountsTable", Item=item)
    for user, follow in [("ada", "fol-1"), ("ada", "fol-2"), ("eve", "fol-9")]:
        item = {"pk": {"S": "lead"}, "sk": {"S": follow}, "owner": {"S": user}}
        dynamodb.put_item(TableName="FollowsTable", Item=item)
    return dynamodb


@pytest.fixture
def own(client: Any) -> DynamoOwn:
    return DynamoOwn(
        client,
        accounts_table="AccountsTable",
        follows_table="FollowsTable",
        fills_table="FillsTable",
        copy_orders_table="CopyOrdersTable",
    )


@pytest.fixture
def recall(client: Any, own: DynamoOwn) -> Recall:
    return Recall(
        own=own,
        sessions=DynamoSyncSessions(client, "SyncSessionsTable"),
        alerts=DynamoAlerts(client, "AlertsTable"),
    )


def put_fills(client: Any, account: str, *numbers: int, history: bool = False) -> None:
    for number in numbers:
        fill = replace(
            FILL,
            account_id=account,
            trade_id=str(number),
            traded_ms=T0 + number,
            history=history,
            number=number,
        )
        client.put_item(TableName="FillsTable", Item=fill_to_item(fill))


def copied(follow: str, number: int, **more: Any) -> CopyOrder:
    ended = order(
        follow_id=follow,
        fill_id=f"{T0 + number:013d}-BTC/USDT:USDT-{number}",
        state=State.COPIED,
        attempts=1,
        filled_quantity=Decimal("0.5"),
        average_price=Decimal(100),
        history=(Event(T0 + number, State.COPIED, ""),),
    )
    return replace(ended, **more)


def put_orders(client: Any, *orders: CopyOrder) -> None:
    for each in orders:
        client.put_item(TableName="CopyOrdersTable", Item=order_to_item(each))


def latest(recall: Recall, name: str, viewer: Viewer = ADA, limit: int = 10) -> Any:
    messages, complete = recall.latest(parse_channel(name), viewer, 77, limit)
    assert all((m.channel, m.seq) == (name, 77) for m in messages)
    return [message.timestamp - T0 for message in messages], complete


def pages(recall: Recall, name: str, since: int, until: int, viewer: Viewer = ADA) -> list[int]:
    told: list[int] = []
    following: str | None = None
    for _ in range(20):
        asked = Replay(channel=name, since_ms=T0 + since, until_ms=T0 + until, next=following)
        messages, following = recall.page(parse_channel(name), viewer, asked, 3)
        assert len(messages) <= 3
        told += [message.timestamp - T0 for message in messages]
        if following is None:
            return told
    pytest.fail("the pages never end")


def test_the_newest_fills_of_all_own_accounts(client: Any, recall: Recall) -> None:
    put_fills(client, "acc-lead", 1, 3, 5)
    put_fills(client, "acc-two", 2, 4)
    put_fills(client, "acc-two", 6, history=True)
    put_fills(client, "acc-eve", 7)
    assert latest(recall, "trades") == ([1, 2, 3, 4, 5], True)
    assert latest(recall, "trades", limit=2) == ([4, 5], False)
    assert latest(recall, "trader:acc-eve") == ([7], True)
    assert latest(recall, "trades", EVE) == ([7], True)


def test_the_newest_copies_and_of_orders_those_that_were_sent(client: Any, recall: Recall) -> None:
    skipped = copied("fol-2", 2, attempts=0, state=State.SKIPPED)
    put_orders(client, copied("fol-1", 1), skipped, copied("fol-1", 3), copied("fol-9", 4))
    assert latest(recall, "copies") == ([1, 2, 3], True)
    assert latest(recall, "orders") == ([1, 3], True)
    assert latest(recall, "copies", limit=1) == ([3], False)
    assert latest(recall, "copies", EVE) == ([4], True)


def test_alerts_and_back_fills(client: Any, recall: Recall) -> None:
    DynamoAlerts(client, "AlertsTable").keep(of_drift("acc", "ada", "S#net", "1", T0 + 4))
    session = SyncSession(
        account_id="acc-two",
        session_id=f"{T0:013d}-1",
        owner="ada",
        venue="okx",
        since_ms=1,
        until_ms=2,
        started_ms=T0,
        moved_ms=T0 + 9,
    )
    DynamoSyncSessions(client, "SyncSessionsTable").begin(session)
    assert latest(recall, "alerts") == ([4], True)
    assert latest(recall, "sync") == ([9], True)
    assert latest(recall, "alerts", EVE) == latest(recall, "sync", EVE) == ([], True)


def test_a_period_is_replayed_page_by_page_over_all_places_each_message_once(
    client: Any, recall: Recall
) -> None:
    put_fills(client, "acc-lead", *range(0, 20, 2))
    put_fills(client, "acc-two", *range(1, 20, 2))
    put_fills(client, "acc-two", 10)  # The same moment on both.
    put_orders(client, *(copied(f"fol-{1 + number % 2}", number) for number in range(8)))
    assert pages(recall, "trades", 3, 12) == [3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12]
    assert pages(recall, "trader:acc-lead", 0, 100) == list(range(0, 20, 2))
    assert pages(recall, "copies", 0, 100) == list(range(8))
    assert pages(recall, "orders", 2, 4) == [2, 3, 4]
    assert pages(recall, "orders", 2, 2**50) == [2, 3, 4, 5, 6, 7]
    assert pages(recall, "trades", 0, 100, EVE) == []
    assert pages(recall, "copies", 50, 60) == []


@pytest.mark.parametrize("name", ["alerts", "sync", "positions", "price_updates:BTCUSDT"])
def test_what_is_not_kept_by_time_is_not_replayed(recall: Recall, name: str) -> None:
    asked = Replay(channel=name, since_ms=0, until_ms=1)
    with pytest.raises(LookupError):
        recall.page(parse_channel(name), ADA, asked, 3)


def test_positions_are_what_all_orders_and_fills_left_at_the_last_known_prices(
    client: Any, own: DynamoOwn
) -> None:
    put_orders(client, copied("fol-1", 1), copied("fol-1", 2), copied("fol-9", 3))
    clock, quotes = Time(T0), DynamoQuotes(client, "ChannelLogTable")
    quotes.save([Quote(FILL.venue, FILL.symbol, Decimal(110), T0)], T0)
    traded = {"copied": {"N": "1"}, "spent": {"N": "100"}}
    row = {"pk": {"S": "fol-1"}, "sk": {"S": "BTC/USDT:USDT#net"}} | traded
    client.put_item(TableName="PositionsTable", Item=row)
    books = ReadBooks(
        own=own,
        positions=DynamoPositions(client, "PositionsTable"),
        kept=DynamoKeptBooks(client, "ChannelLogTable", clock),
    )
    wallets = LiveWallets(own=own, wallets=DynamoWallets(client, "WalletsTable"), clock=clock)
    highest = DynamoHighest(client, "ChannelLogTable")
    value = Value(books=books, wallets=wallets, quotes=quotes, highest=highest, clock=clock)

    (position,) = value.positions(ADA).positions

    assert (position.quantity, position.entry_price) == (1.0, 100.0)
    assert (position.current_price, position.current_pnl) == (110.0, 10.0)
    portfolio = value.portfolio(ADA).portfolio
    assert (portfolio.total_pnl, portfolio.balance) == (10.0, None)
    assert value.risk(ADA).risk.gross_exposure == 110.0
    assert highest.of("ada", T0) == 10
    assert value.positions(Viewer("nobody")).positions == ()


def test_the_last_prices_are_kept_as_they_were(client: Any) -> None:
    quotes = DynamoQuotes(client, "ChannelLogTable")
    marked = Quote("okx", "A/B:B", Decimal("1.10"), T0, mark=Decimal("1.2"))
    quotes.save([marked, Quote("binance", "C/D", Decimal(2), T0)], T0)
    assert quotes.of([("okx", "A/B:B"), ("okx", "X/Y"), ("gate", "A/B")]) == {
        ("okx", "A/B:B"): marked
    }
