"""What an account holds is compared with its copies; whatever is in doubt is no drift."""

import time
from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.orders import State
from pilotfish.usecases.compare import Doubt
from pilotfish.usecases.reconcile import Reconciled
from tests.fakes import Fault, ModelVenue, simulate
from tests.fakes.samples import PERPETUAL, SPOT, a_follow, an_account, an_instrument
from tests.fakes.scene import Scene

NET = f"{PERPETUAL}#net"
LONG, SHORT = f"{PERPETUAL}#long", f"{PERPETUAL}#short"


def copy(scene: Scene, quantity: str, **more: object) -> None:
    simulate(scene.clock, scene.copy(quantity, **more))


def reconcile(scene: Scene, leader_id: str | None = None) -> Reconciled:
    return simulate(scene.clock, scene.reconcile("0", leader_id))


def lacking(found: Reconciled) -> list[tuple[str, str, Decimal]]:
    return [(drift.account_id, drift.holding, drift.missing) for drift in found.drifts]


def test_who_holds_what_was_copied_has_not_drifted(scene: Scene, venue: ModelVenue) -> None:
    copy(scene, "2")
    assert reconcile(scene) == Reconciled(accounts=1)


def test_what_was_closed_by_hand_is_told_and_nothing_moves(scene: Scene, venue: ModelVenue) -> None:
    copy(scene, "2")
    venue.trade(PERPETUAL, "-1.5")
    before = scene.contents()
    for _ in range(2):
        [drift] = reconcile(scene).drifts
        assert (drift.account_id, drift.holding, drift.follows) == ("follower-1", NET, ["follow-1"])
        assert (drift.copied, drift.held, drift.missing) == (2, Decimal("0.5"), Decimal("1.5"))
        assert (drift.accepted, drift.why) == (False, "report")
    assert scene.contents() == before
    assert len(venue.book) == 1


def test_a_short_position_that_was_bought_back(scene: Scene, venue: ModelVenue) -> None:
    copy(scene, "-2")
    venue.trade(PERPETUAL, "3")
    assert lacking(reconcile(scene)) == [("follower-1", NET, Decimal(-2))]


@pytest.mark.parametrize("trouble", [Rejected("no"), NotSent("429"), OutcomeUnknown("timed out")])
@pytest.mark.parametrize("answers_before", [0, 1])
def test_a_failed_query_is_not_read_as_flat(
    scene: Scene, trouble: VenueError, answers_before: int
) -> None:
    venue = scene.follower(on_drift="accept")
    copy(scene, "2")
    if answers_before:
        venue.trade(PERPETUAL, "-2")
        asked = iter([False, True])
        venue.on_positions = lambda: venue.position_errors.extend([trouble] if next(asked) else [])
    else:
        venue.held.clear()
        venue.position_errors.append(trouble)
    before = scene.contents()
    found = reconcile(scene)
    [failed] = found.failed
    assert (failed.account_id, failed.why) == ("follower-1", f"{type(trouble).__name__}: {trouble}")
    assert (found.drifts, found.left) == ([], [])
    assert scene.contents() == before


def test_an_account_that_cannot_be_asked_holds_up_no_other(scene: Scene) -> None:
    fifth = [scene.follower(number) for number in range(1, 6)][-1]
    copy(scene, "2")
    scene.venues.of["follower-1"] = Rejected("the key does not open")
    scene.venues.of["follower-2"] = RuntimeError("a bug")
    del scene.tables.accounts["follower-3"]
    scene.accounts.save(an_account("follower-4", enabled=False))
    fifth.trade(PERPETUAL, "-2")
    found = reconcile(scene)
    assert found.accounts == 5
    assert [failed.account_id for failed in found.failed] == [f"follower-{n}" for n in range(1, 5)]
    assert lacking(found) == [("follower-5", NET, Decimal(2))]


def test_what_the_follower_holds_besides_is_untouched(scene: Scene) -> None:
    venue = scene.follower(on_drift="accept")
    copy(scene, "2")
    venue.trade(PERPETUAL, "5")
    venue.trade("ETH/USDT:USDT", "-7")
    venue.trade(PERPETUAL, "-5")
    assert reconcile(scene) == Reconciled(accounts=1)
    venue.trade(PERPETUAL, "5")
    assert reconcile(scene) == Reconciled(accounts=1)


@pytest.mark.parametrize(
    ("copied", "sold", "drifted"),
    [("2", "0.001", False), ("2", "0.002", True), ("0.001", "0.001", True)],
)
def test_drift_is_more_than_a_lot_or_all_there_was(
    scene: Scene, venue: ModelVenue, copied: str, sold: str, drifted: bool
) -> None:
    copy(scene, copied)
    venue.trade(PERPETUAL, f"-{sold}")
    assert bool(reconcile(scene).drifts) is drifted


def test_the_sides_of_a_hedged_account_are_two_positions(scene: Scene) -> None:
    venue = scene.follower()
    copy(scene, "2", position_side=PositionSide.LONG)
    copy(scene, "-3", position_side=PositionSide.SHORT)
    assert (venue.held[LONG], venue.held[SHORT]) == (2, -3)
    venue.held[SHORT] = Decimal(0)
    assert lacking(reconcile(scene)) == [("follower-1", SHORT, Decimal(-3))]
    venue.held[SHORT], venue.held[LONG] = Decimal(-3), Decimal(1)
    assert lacking(reconcile(scene)) == [("follower-1", LONG, Decimal(1))]


class TestSeveralFollowsOnOneAccount:
    @pytest.fixture
    def both(self, scene: Scene) -> Scene:
        scene.accounts.save(an_account("other", listen_shard="0"))
        scene.follower(1)
        self.follow_both(scene)
        return scene

    def follow_both(self, scene: Scene, *on_drift: str) -> None:
        mine, theirs = on_drift or ("report", "report")
        scene.follows.save(a_follow(1, on_drift=mine))
        scene.follows.save(a_follow(2, leader_id="other", account_id="follower-1", on_drift=theirs))

    def venue(self, scene: Scene) -> ModelVenue:
        found = scene.venues.of["follower-1"]
        assert isinstance(found, ModelVenue)
        return found

    def copy(self, scene: Scene, quantity: str, other: str) -> None:
        copy(scene, quantity)
        copy(scene, other, account_id="other")

    def test_add_up(self, both: Scene) -> None:
        self.copy(both, "1", "3")
        assert reconcile(both) == Reconciled(accounts=1)
        self.venue(both).trade(PERPETUAL, "-1")
        [drift] = reconcile(both).drifts
        assert (drift.copied, drift.missing, drift.follows) == (4, 1, ["follow-1", "follow-2"])

    @pytest.mark.parametrize("leader", ["leader", "other"])
    def test_are_looked_at_together_on_demand_too(self, both: Scene, leader: str) -> None:
        self.copy(both, "1", "-3")
        assert self.venue(both).holding(PERPETUAL) == -2
        assert reconcile(both, leader) == Reconciled(accounts=1)

    def test_lose_by_what_was_copied(self, both: Scene) -> None:
        self.follow_both(both, "accept", "accept")
        self.copy(both, "1", "3")
        self.venue(both).trade(PERPETUAL, "-1")
        [drift] = reconcile(both).drifts
        assert drift.accepted
        assert both.tables.booked["follow-1", NET].copied == Decimal("0.75")
        assert both.tables.booked["follow-2", NET].copied == Decimal("2.25")
        assert reconcile(both) == Reconciled(accounts=1)

    def test_one_that_only_reports_keeps_the_other_from_paying_for_both(self, both: Scene) -> None:
        self.follow_both(both, "accept", "report")
        self.copy(both, "1", "3")
        self.venue(both).trade(PERPETUAL, "-1")
        before = both.contents()
        [drift] = reconcile(both).drifts
        assert not drift.accepted
        assert both.contents() == before

    def test_an_order_of_the_other_leader_under_way_explains_it(self, both: Scene) -> None:
        """Its position is not ours to see before the order is at its end."""
        copy(both, "1")
        self.venue(both).script.append(Fault.TIMEOUT_ACCEPTED)
        copy(both, "-1", account_id="other")
        assert self.venue(both).holding(PERPETUAL) == 0
        found = reconcile(both)
        assert [(left.holding, left.why) for left in found.left] == [(NET, Doubt.UNDER_WAY)]
        assert found.drifts == []

    def test_of_one_leader_share_a_ledger(self, scene: Scene) -> None:
        scene.follower(1, on_drift="accept")
        scene.follows.save(a_follow(2, account_id="follower-1", on_drift="accept"))
        copy(scene, "1")
        self.venue(scene).trade(PERPETUAL, "-2")
        [drift] = reconcile(scene).drifts
        assert drift.accepted
        assert {key: books.copied for key, books in scene.tables.booked.items()} == {
            ("follow-1", NET): 0,
            ("follow-2", NET): 0,
        }


class TestSpot:
    @pytest.fixture
    def spot(self) -> Scene:
        """A coin stands under each of its markets, as `Venue.positions` has it."""
        return Scene(instruments=[an_instrument(SPOT), an_instrument("BTC/USDC")])

    def balance(self, venue: ModelVenue, quantity: str) -> None:
        venue.held = {f"{symbol}#net": Decimal(quantity) for symbol in (SPOT, "BTC/USDC")}

    def test_a_coin_is_one_holding_whatever_its_quote(self, spot: Scene) -> None:
        venue = spot.follower()
        copy(spot, "2", symbol=SPOT)
        copy(spot, "1", symbol="BTC/USDC")
        self.balance(venue, "3")
        assert reconcile(spot) == Reconciled(accounts=1)
        self.balance(venue, "2.5")
        assert lacking(reconcile(spot)) == [("follower-1", "BTC", Decimal("0.5"))]

    def test_an_empty_balance_is_a_drift(self, spot: Scene) -> None:
        venue = spot.follower()
        copy(spot, "2", symbol=SPOT)
        venue.held = {}
        assert lacking(reconcile(spot)) == [("follower-1", "BTC", Decimal(2))]

    def test_a_fee_kept_of_the_coin_is_none(self, spot: Scene) -> None:
        spot.follower().fee_rate = Decimal("0.001")
        copy(spot, "2", symbol=SPOT)
        assert reconcile(spot) == Reconciled(accounts=1)


class TestDoubt:
    @pytest.fixture
    def accepting(self, scene: Scene) -> ModelVenue:
        return scene.follower(on_drift="accept")

    def left(self, scene: Scene) -> list[str]:
        before = scene.contents()
        found = reconcile(scene)
        assert (found.drifts, found.failed) == ([], [])
        assert scene.contents() == before
        return [left.why for left in found.left]

    def test_an_order_whose_fate_is_unknown(self, scene: Scene, accepting: ModelVenue) -> None:
        copy(scene, "2")
        accepting.script.append(Fault.TIMEOUT_ACCEPTED)
        copy(scene, "-2")
        assert accepting.holding(PERPETUAL) == 0
        assert self.left(scene) == [Doubt.UNDER_WAY]

    def test_orders_that_cancel_each_other_out(self, scene: Scene, accepting: ModelVenue) -> None:
        copy(scene, "1")
        scene.decide("1")
        scene.decide("-1")
        accepting.trade(PERPETUAL, "-1")
        assert self.left(scene) == [Doubt.UNDER_WAY]

    def test_an_order_that_no_index_shows_yet(
        self, scene: Scene, accepting: ModelVenue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy(scene, "1")
        scene.decide("1")
        monkeypatch.setattr(scene.orders, "under_way", lambda leader_id: set())
        accepting.trade(PERPETUAL, "-1")
        assert self.left(scene) == [Doubt.UNDER_WAY]

    @pytest.mark.parametrize("look", [1, 2])
    def test_an_order_that_ended_while_the_venue_was_asked(
        self, scene: Scene, accepting: ModelVenue, look: int
    ) -> None:
        """Its end was booked after the books were read, and before they were read again."""
        copy(scene, "2")
        asked: list[None] = []

        def ended() -> None:
            asked.append(None)
            if len(asked) == look:
                books = scene.tables.booked["follow-1", NET]
                scene.tables.booked["follow-1", NET] = replace(books, copied=Decimal("0.5"))

        accepting.held[NET] = Decimal("0.5")
        accepting.on_positions = ended
        [left] = reconcile(scene).left
        assert left.why == Doubt.MOVED
        assert scene.tables.booked["follow-1", NET].copied == Decimal("0.5")

    def test_an_answer_from_before_the_last_order(
        self, scene: Scene, accepting: ModelVenue
    ) -> None:
        accepting.positions_lag_s = 1.5
        copy(scene, "2")
        assert self.left(scene) == []

    def test_of_two_answers_the_milder_one_counts(
        self, scene: Scene, accepting: ModelVenue
    ) -> None:
        copy(scene, "2")
        amounts = iter([Decimal(1), Decimal(0)])

        def sell() -> None:
            accepting.held[NET] = next(amounts)

        accepting.on_positions = sell
        assert lacking(reconcile(scene)) == [("follower-1", NET, Decimal(1))]

    def test_a_symbol_that_went(self, scene: Scene, accepting: ModelVenue) -> None:
        copy(scene, "2")
        copy(scene, "2", symbol=SPOT)
        scene.instruments.publish("model", [an_instrument(SPOT)], scene.clock())
        accepting.held = {f"{SPOT}#net": Decimal(2)}
        assert self.left(scene) == [Doubt.UNKNOWN_SYMBOL]

    def test_a_venue_that_was_never_published(self, scene: Scene, accepting: ModelVenue) -> None:
        copy(scene, "2")
        scene.tables.instruments.clear()
        [failed] = reconcile(scene).failed
        assert "not published" in failed.why


class TestAccepting:
    @pytest.fixture
    def venue(self, scene: Scene) -> ModelVenue:
        return scene.follower(on_drift="accept")

    def test_what_is_gone_leaves_the_books_with_a_line_of_history(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-1.5")
        [drift] = reconcile(scene).drifts
        assert (drift.missing, drift.accepted) == (Decimal("1.5"), True)
        assert scene.tables.booked["follow-1", NET].copied == Decimal("0.5")
        [ledger] = scene.tables.ledgers.values()
        line = ledger.lines["follow-1"]
        assert (line.target, line.ordered, ledger.revision) == (Decimal("0.5"), Decimal("0.5"), 2)
        _, record = scene.stored_orders()
        assert (record.state, record.reason) == (State.SKIPPED, "closed_elsewhere")
        assert (record.side, record.quantity, record.reduce_only) == ("sell", Decimal("1.5"), True)
        assert record.fill_id == f"{scene.clock()}-{PERPETUAL}-closed_elsewhere~2"
        assert [event.reason for event in record.history] == ["closed_elsewhere"]
        assert len(venue.book) == 1

    def test_a_second_run_finds_nothing(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-1.5")
        reconcile(scene)
        before = scene.contents()
        assert reconcile(scene) == Reconciled(accounts=1)
        assert scene.contents() == before

    def test_the_leader_s_exit_then_closes_its_fraction_of_what_is_there(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-1")
        reconcile(scene)
        copy(scene, "-1")
        assert venue.holding(PERPETUAL) == Decimal("0.5")
        copy(scene, "-1")
        assert venue.holding(PERPETUAL) == 0
        assert [order.request.quantity for order in venue.book[1:]] == [Decimal("0.5")] * 2

    def test_nothing_of_the_owner_s_is_sold_when_all_was_gone(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-2")
        reconcile(scene)
        venue.trade(PERPETUAL, "3")
        copy(scene, "-2")
        assert venue.holding(PERPETUAL) == 3
        assert len(venue.book) == 1

    def test_the_next_entry_is_copied_as_ever(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-2")
        reconcile(scene)
        copy(scene, "1")
        assert venue.holding(PERPETUAL) == 1
        copy(scene, "-3")
        assert venue.holding(PERPETUAL) == 0

    def test_exit_sync_does_not_run_after_what_is_not_there(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-2")
        copy(scene, "-2")
        exit_ = list(scene.tables.fills.values())[-1]
        assert simulate(scene.clock, scene.sync(exit_)).remainders
        assert simulate(scene.clock, scene.sync(exit_)).remainders
        assert reconcile(scene).drifts[0].accepted
        assert simulate(scene.clock, scene.sync(exit_)).remainders == []

    def test_a_whole_shard_leaves_the_books_in_one_run(self, scene: Scene) -> None:
        venues = [scene.follower(number, on_drift="accept") for number in range(1, 13)]
        copy(scene, "2")
        for venue in venues:
            venue.trade(PERPETUAL, "-2")
        assert [drift.accepted for drift in reconcile(scene).drifts] == [True] * 12
        assert reconcile(scene) == Reconciled(accounts=12)

    async def test_accounts_of_one_ledger_take_turns(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In threads, as deployed; else one of two would have judged by what the other changed."""
        venues = [scene.follower(number, on_drift="accept") for number in range(1, 4)]
        await scene.copy("2")
        for venue in venues:
            venue.trade(PERPETUAL, "-2")
            venue.evidence = replace(venue.evidence, visibility_lag_s=0)
        judge = scene.compare.judge

        def slowly(*args: object) -> object:
            judged = judge(*args)  # type: ignore[arg-type]
            time.sleep(0.02)
            return judged

        monkeypatch.setattr(scene.compare, "judge", slowly)
        found = await scene.reconcile("0")
        assert [drift.accepted for drift in found.drifts] == [True] * 3

    def test_a_symbol_of_the_follower_s_own(self, scene: Scene) -> None:
        own = {PERPETUAL: "ETH/USDT:USDT"}
        venue = scene.follower(on_drift="accept", symbols=own)
        copy(scene, "2")
        venue.trade("ETH/USDT:USDT", "-2")
        assert reconcile(scene).drifts[0].accepted
        [ledger] = scene.tables.ledgers.values()
        assert "follow-1" not in ledger.lines

    @pytest.mark.parametrize("reduced", [True, False])
    def test_an_order_that_waits_for_a_person_may_be_what_closed_it(
        self, scene: Scene, venue: ModelVenue, reduced: bool
    ) -> None:
        """Its end would take off the books what reconciling took off before."""
        copy(scene, "2")
        venue.script.append(Fault.TIMEOUT_ACCEPTED)
        copy(scene, "-2" if reduced else "2")
        order = scene.stored_orders()[-1]
        manual = replace(order, state=State.MANUAL, answered_ms=scene.clock())
        simulate(scene.clock, scene.orders.record(order, manual))
        venue.held[NET] = Decimal(0)
        before = scene.contents()
        [drift] = reconcile(scene).drifts
        assert (drift.accepted, drift.why) == (False, "an order of it waits for a person")
        assert scene.contents() == before

    def test_what_was_decided_meanwhile_comes_first(
        self, scene: Scene, venue: ModelVenue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy(scene, "2")
        venue.trade(PERPETUAL, "-1")
        judge = scene.compare.judge

        def and_then(*args: object) -> object:
            judged = judge(*args)  # type: ignore[arg-type]
            scene.decide("1")
            return judged

        monkeypatch.setattr(scene.compare, "judge", and_then)
        [drift] = reconcile(scene).drifts
        assert (drift.accepted, drift.why) == (False, Doubt.MOVED)
        assert scene.tables.booked["follow-1", NET].copied == 2


def test_only_the_followers_of_a_leader_are_looked_at_on_demand(scene: Scene) -> None:
    scene.accounts.save(an_account("other", listen_shard="0"))
    venues = [scene.follower(1), scene.follower(2, leader_id="other")]
    copy(scene, "2")
    copy(scene, "2", account_id="other")
    for venue in venues:
        venue.trade(PERPETUAL, "-2")
    assert [account for account, _, _ in lacking(reconcile(scene, "leader"))] == ["follower-1"]
    assert [account for account, _, _ in lacking(reconcile(scene, "other"))] == ["follower-2"]
    assert reconcile(scene).accounts == 2


def test_an_account_that_does_not_exist_leads_nobody(scene: Scene) -> None:
    with pytest.raises(LookupError, match="there is no account nobody"):
        reconcile(scene, "nobody")


def test_a_leader_whom_nobody_listens_to_still_has_followers(
    scene: Scene, venue: ModelVenue
) -> None:
    copy(scene, "2")
    scene.accounts.save(an_account("leader"))
    venue.trade(PERPETUAL, "-2")
    assert reconcile(scene) == Reconciled()
    assert len(reconcile(scene, "leader").drifts) == 1


def test_who_holds_no_copies_is_not_asked(scene: Scene, venue: ModelVenue) -> None:
    venue.position_errors.append(NotSent("429"))
    assert reconcile(scene) == Reconciled(accounts=1)
