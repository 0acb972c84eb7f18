"""Records are kept up to now; what is late, filled in or corrected is counted in its place."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.corrections import Verb
from pilotfish.domain.follows import Status
from pilotfish.domain.orders import Event, State
from pilotfish.domain.performance.counting import Head
from pilotfish.domain.performance.curve import Basis
from pilotfish.domain.performance.days import DAY_MS, Day, day_of
from pilotfish.domain.performance.following import Followed, copies_of
from pilotfish.domain.sync_sessions import SyncStatus
from pilotfish.domain.wallets import Wallet
from pilotfish.usecases import count_fills
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_fill, a_follow
from tests.unit.performance.scene import LEADER, Scene, at_once

TODAY = day_of(EPOCH_MS)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_each_fill_is_counted_once_however_often_it_is_kept(scene: Scene) -> None:
    scene.trade("1", 100)
    scene.keep()
    scene.keep()
    scene.trade("-1", 110)
    scene.keep()
    scene.keep()
    day = scene.days()[TODAY]
    assert (day.deals, day.realized, day.trades) == (2, 10, 1)
    record = scene.records.record("leader")
    assert record is not None
    assert record.windows["all"].pnl == 10
    assert record.computed_ms == scene.clock()


def test_a_fill_that_was_counted_is_not_read_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.trade("1", 100)
    scene.keep()
    read = []
    deal_of_fill = count_fills.deal_of_fill
    monkeypatch.setattr(count_fills, "deal_of_fill", lambda f: read.append(f) or deal_of_fill(f))
    scene.trade("-1", 110)
    scene.keep()
    assert len(read) == 1


def test_the_figures_are_the_leaders_profile_s(scene: Scene) -> None:
    scene.follow()
    scene.trade("1", 100)
    scene.trade("-1", 110)
    scene.keep()
    leader = scene.leaders.get("leader")
    assert leader is not None
    assert leader.figures["pnl_30d"] == 10
    assert leader.figures["roi_all"] == Decimal("0.1")
    assert (leader.figures["trades"], leader.figures["followers"]) == (1, 1)
    assert leader.computed_ms == scene.clock()


def test_a_fill_that_is_told_late_is_counted_on_its_day(scene: Scene) -> None:
    scene.trade("1", 100)
    scene.pass_days()
    scene.trade("1", 120)
    scene.keep()
    scene.trade("-1", 150, at_ms=EPOCH_MS + 5)
    scene.keep()
    assert scene.days()[TODAY].realized == 50
    assert scene.days() == at_once(scene)


def test_a_back_fill_that_has_ended_is_counted_in_its_place(scene: Scene) -> None:
    scene.trade("-1", 120)
    scene.keep()
    past = a_fill("1", price=Decimal(100), trade_id="p", traded_ms=EPOCH_MS - 9 * DAY_MS)
    scene.back_fill(past, status=SyncStatus.RUNNING)
    scene.keep()
    assert list(scene.days()) == [TODAY]
    [session] = scene.tables.sessions.values()
    ended = replace(session, status=SyncStatus.COMPLETED, revision=2)
    scene.tables.sessions["leader", session.session_id] = ended
    scene.keep()
    assert scene.days()[day_of(past.traded_ms)].deals == 1
    assert scene.days() == at_once(scene)
    counted = scene.records.head("leader")
    scene.keep()
    again = scene.records.head("leader")
    assert counted is not None
    assert again is not None
    assert replace(again, revision=0, corrected_ms=0) == replace(
        counted, revision=0, corrected_ms=0
    )


@pytest.mark.parametrize(
    ("verb", "changes", "realized"),
    [
        (Verb.OVERRIDE, {"price": "105"}, 5),
        (Verb.EXCLUDE, {}, 0),
        (Verb.ANNOTATE, {}, 10),
    ],
)
def test_what_somebody_says_of_a_fill_is_counted(
    scene: Scene, verb: Verb, changes: dict[str, str], realized: int
) -> None:
    scene.trade("1", 100)
    sold = scene.trade("-1", 110)
    scene.pass_days(2)
    scene.trade("1", 100)
    scene.keep()
    scene.correct(sold, verb, **changes)
    scene.clock.advance(61)
    scene.keep()
    assert scene.days()[TODAY].realized == realized
    assert scene.days() == at_once(scene)


def test_pages_and_a_run_without_time_come_to_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        scene.trade("1" if number % 3 else "-2", 100 + number)
        scene.pass_days(0.4)
    whole = at_once(scene)
    monkeypatch.setattr(count_fills, "PAGE", 3)
    for _ in range(20):
        scene.count(0)
    assert scene.records.record("leader") is None
    scene.keep()
    assert scene.days() == whole


def test_a_late_fill_is_not_lost_when_there_is_no_time_for_the_days_after_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        scene.trade("1", 100 + number)
        scene.pass_days(0.5)
    scene.keep()
    scene.trade("-1", 300, at_ms=EPOCH_MS + 1)
    monkeypatch.setattr(count_fills, "PAGE", 2)
    for _ in range(12):
        scene.count(0)
    scene.keep()
    assert scene.days() == at_once(scene)


def test_a_run_that_was_overtaken_writes_nothing(scene: Scene) -> None:
    scene.trade("1", 100)
    slow = scene.count(10**15)
    assert slow is not None
    scene.trade("1", 100)
    scene.keep()
    assert not scene.records.save(slow.head, slow.ended)
    assert scene.days()[TODAY].deals == 2


def test_a_loss_that_is_held_shows_at_the_price_of_now(scene: Scene) -> None:
    scene.trade("1", 100)
    scene.clock.advance(600)
    scene.quote(70)
    scene.keep()
    record = scene.records.record("leader")
    assert record is not None
    assert record.windows["7d"].pnl == -30
    assert record.unrealized == -30
    assert record.priced_ms == scene.clock()


def test_what_was_looked_at_stays_when_its_day_is_counted_again(scene: Scene) -> None:
    scene.trade("1", 100)
    scene.clock.advance(600)
    scene.quote(70)
    scene.wallet(1_000)
    scene.keep()
    scene.pass_days()
    scene.trade("-1", 90)
    scene.keep()
    scene.trade("1", 100, at_ms=EPOCH_MS + 1)
    scene.keep()
    day = scene.days()[TODAY]
    assert (day.unrealized, day.equity) == (-60, 1_030)


def test_an_old_price_is_none(scene: Scene) -> None:
    scene.trade("1", 100)
    scene.quote(70)
    scene.clock.advance(2 * 3600)
    scene.keep()
    assert scene.days()[TODAY].unrealized == 0


def test_returns_are_on_equity_once_each_day_s_is_known(scene: Scene) -> None:
    scene.wallet(1_000)
    scene.trade("1", 100)
    scene.keep()
    for dollars in (1_000, 1_050):
        scene.pass_days()
        scene.wallet(dollars)
        scene.keep()
    scene.trade("-1", 150)
    scene.keep()
    record = scene.records.record("leader")
    assert record is not None
    assert record.windows["7d"].basis is Basis.EQUITY


def test_followers_earn_beside_their_leader(scene: Scene) -> None:
    scene.follow(1)
    scene.follow(2)
    scene.follow(3, venue="paper:model")
    for number in (1, 2, 3):
        scene.copy("1", 100, number)
        scene.copy("-1", 90 if number == 1 else 130, number)
    scene.clock.advance(120)
    scene.keep()
    record = scene.records.record("leader")
    assert record is not None
    assert record.followers is not None
    assert (record.followers.count, record.followers.in_profit) == (2, 1)
    assert record.followers.pnl["30d"] == 20
    assert record.followers.aum == 200
    assert (record.copying.copies, record.copying.average_latency_ms) == (4, 100)
    assert record.not_counted == ("funding",)
    own = scene.records.record("follow-1")
    assert own is not None
    assert own.not_counted == ("fees", "funding")


def test_what_venues_told_of_fees_is_off_the_profit_of_a_follow(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100, fee=Decimal("0.5"), fee_currency="USDT")
    scene.copy("-1", 110, fee=Decimal("0.005"), fee_currency="BTC")
    scene.clock.advance(120)
    scene.keep()
    own = scene.records.record("follow-1")
    assert own is not None
    assert (own.windows["all"].pnl, own.windows["all"].fees) == (Decimal("8.95"), Decimal("1.05"))
    assert own.not_counted == ("funding",)
    assert scene.records.followed("leader")["follow-1"].pnl["all"] == Decimal("8.95")


def test_a_fee_that_nobody_told_is_said_and_not_taken_for_none(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100, fee=Decimal("0.5"), fee_currency="USDT")
    scene.copy("-1", 110)
    scene.clock.advance(120)
    scene.keep()
    own = scene.records.record("follow-1")
    assert own is not None
    assert own.not_counted == ("fees", "funding")
    assert (own.windows["all"].fees_unknown, own.windows["all"].complete) == (1, False)


def test_a_statement_is_of_what_is_left_after_fees(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100, fee=Decimal(10), fee_currency="USDT")
    scene.copy("-1", 200, fee=Decimal(10), fee_currency="USDT")
    scene.clock.advance(120)
    scene.keep()
    scene.pass_days(31)
    scene.keep()
    assert scene.statements.of_follow("follow-1")[0].fee == 8


def test_a_follow_that_is_stopped_counts_for_what_it_earned(scene: Scene) -> None:
    scene.follow(1)
    scene.copy("1", 100)
    scene.copy("-1", 130)
    scene.clock.advance(120)
    scene.keep()
    scene.follow(1, status=Status.STOPPED)
    scene.keep()
    record = scene.records.record("leader")
    assert record is not None
    assert record.followers is not None
    assert (record.followers.count, record.followers.aum) == (0, 0)
    assert record.followers.pnl["all"] == 30


def test_a_copy_that_was_replayed_counts_at_its_last_end(scene: Scene) -> None:
    scene.follow()
    half = scene.copy("2", 100, state=State.MANUAL, filled_quantity=Decimal(1))
    scene.clock.advance(120)
    scene.keep()
    assert scene.days("follow-1")[TODAY].employed == 100
    for _ in range(2):
        scene.pass_days()
        scene.keep()
    whole = replace(half, state=State.COPIED, filled_quantity=Decimal(2))
    again = Event(scene.clock(), State.COPIED, "")
    scene.tables.orders[half.follow_id, half.order_key] = replace(
        whole, history=(*half.history, again)
    )
    scene.clock.advance(120)
    scene.keep()
    days = scene.days("follow-1")
    assert days[TODAY].deals == 0
    assert days[TODAY].employed == 0
    assert days[day_of(scene.clock())].employed == 200


def test_a_copy_that_is_to_be_sent_again_is_none_any_more(scene: Scene) -> None:
    scene.follow()
    order = scene.copy("1", 100, state=State.MANUAL)
    scene.clock.advance(120)
    scene.keep()
    again = replace(order, state=State.UNSENT)
    scene.tables.orders[order.follow_id, order.order_key] = again
    scene.pass_days()
    scene.keep()
    day = scene.days("follow-1")[TODAY]
    assert (day.deals, day.employed) == (0, 0)
    assert scene.records.followed("leader")["follow-1"].employed == 0


def test_a_copy_that_the_index_showed_late_is_counted_when_its_day_is_over(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100)
    scene.clock.advance(120)
    scene.keep()
    scene.copy("1", 110, history=(Event(EPOCH_MS + 5, State.COPIED, ""),))
    scene.keep()
    assert scene.days("follow-1")[TODAY].deals == 1
    scene.pass_days()
    scene.keep()
    assert scene.days("follow-1")[TODAY].deals == 2


def test_a_follow_that_holds_nothing_has_no_days_without_a_deal(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100)
    scene.copy("-1", 110)
    scene.clock.advance(120)
    for _ in range(4):
        scene.keep()
        scene.pass_days()
    assert list(scene.days("follow-1")) == [TODAY]
    row = scene.records.followed("leader")["follow-1"]
    assert row.counted_day == day_of(scene.clock() - DAY_MS)
    assert row.pnl["7d"] == 10


def test_a_follow_that_does_nothing_is_asked_about_once_an_hour_while_it_holds(
    scene: Scene,
) -> None:
    scene.follow()
    scene.copy("1", 100)
    scene.clock.advance(120)
    scene.keep()
    scene.wallets.save(
        Wallet("follower-1", "model", scene.clock(), prices={PERPETUAL: Decimal(90)})
    )
    scene.keep()
    assert scene.records.followed("leader")["follow-1"].pnl["7d"] == 0
    scene.clock.advance(3600)
    wallet = replace(scene.wallets.saved["follower-1"], at_ms=scene.clock())
    scene.wallets.save(wallet)
    scene.keep()
    assert scene.records.followed("leader")["follow-1"].pnl["7d"] == -10


def test_a_month_that_is_over_has_its_statement_once(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100)
    scene.copy("-1", 200)
    scene.clock.advance(120)
    scene.keep()
    assert scene.statements.of_follow("follow-1") == []
    for _ in range(3):
        scene.pass_days(15)
        scene.keep()
    made = scene.statements.of_follow("follow-1")
    assert made[0].fee == 10
    assert sum(each.fee for each in made) == 10
    assert len({each.month for each in made}) == len(made)


def test_the_month_that_runs_has_an_estimate_until_it_is_over(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100)
    scene.copy("-1", 150)
    scene.clock.advance(120)
    scene.keep()
    user = a_follow(1).owner
    [running], _ = scene.statements.owed_by(user, "", None, 9)
    assert (running.fee, running.closed, running.leader_owner) == (5, False, LEADER.owner)
    scene.copy("1", 100)
    scene.copy("-1", 120)
    scene.clock.advance(120)
    scene.keep()
    [moved], _ = scene.statements.owed_by(user, "", None, 9)
    assert moved.fee == 7
    scene.pass_days(31)
    scene.keep()
    then, _ = scene.statements.owed_by(user, moved.month, None, 9)
    assert [(each.closed, each.fee) for each in then] == [(True, 7)]
    assert scene.statements.owed_to(LEADER.owner, "", None, 9) == (then, None)


def test_an_account_has_a_record_of_all_that_was_copied_to_it(scene: Scene) -> None:
    """By all its follows, also those of other leaders; and its windows go on with the days."""
    scene.follow()
    account_id = a_follow(1).account_id
    other = Followed("other", "else", account_id, "user-1", live=True, paper=False)
    scene.records.save_followed(other)
    today = max(scene.days("follow-1"), default=day_of(scene.clock()))
    day = Day(today, realized=Decimal(3), need=Decimal(10))
    scene.records.save(Head("other", day=day, revision=1), [])
    scene.copy("1", 100)
    scene.copy("-1", 150)
    scene.clock.advance(120)
    scene.keep()
    record = scene.records.record(copies_of(account_id))
    assert record is not None
    assert record.windows["7d"].pnl == 53
    assert set(record.not_counted) == {"fees", "funding"}
    scene.pass_days(10)
    scene.keep()
    record = scene.records.record(copies_of(account_id))
    assert record is not None
    assert (record.windows["7d"].pnl, record.windows["30d"].pnl) == (0, 53)


def test_a_fee_that_is_raised_is_not_for_who_follows_already(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100)
    scene.copy("-1", 200)
    scene.clock.advance(120)
    scene.keep()
    leader = scene.leaders.get("leader")
    assert leader is not None
    dear = replace(leader, profile=replace(leader.profile, fee=Decimal("0.5")))
    assert scene.leaders.save(dear)
    scene.pass_days(31)
    scene.keep()
    assert scene.statements.of_follow("follow-1")[0].fee == 10


def test_play_money_owes_nothing(scene: Scene) -> None:
    scene.follow(venue="paper:model")
    scene.copy("1", 100)
    scene.copy("-1", 200)
    scene.clock.advance(120)
    scene.keep()
    scene.pass_days(31)
    scene.keep()
    assert scene.statements.of_follow("follow-1") == []


def test_one_record_that_fails_does_not_hold_up_the_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.follow(1)
    scene.follow(2)
    scene.copy("1", 100, 1)
    scene.copy("1", 100, 2)
    scene.clock.advance(120)
    days = scene.records.days

    def broken(place: str, since: str = "") -> object:
        if place == "follow-1":
            raise OSError("throttled")
        return days(place, since)

    monkeypatch.setattr(scene.records, "days", broken)
    scene.keep()
    assert scene.records.record("follow-1") is None
    assert scene.records.record("follow-2") is not None
    assert scene.records.record("leader") is not None
