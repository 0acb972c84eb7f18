"""A follow begins with its orders and their ledgers, or not at all."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.follows import Follow, Status
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.invitations import DAY_MS, Invitation, invite
from pilotfish.domain.netting import Ledger, Line
from pilotfish.domain.orders import Reason, State
from pilotfish.domain.rules import Existing
from pilotfish.ports import Lease
from tests.contract.stores.conftest import Stores, Workers
from tests.contract.stores.test_orders import KEY
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_fill, a_follow, an_account, an_order

ORDER = an_order("2")
SKIP = an_order("0", fill_id="another", state=State.SKIPPED, reason=Reason.NO_REFERENCE_PRICE)
LEDGER = Ledger({"follow-1": Line(Decimal(2), Decimal(2))}, 1)


@pytest.fixture
def leader(stores: Stores) -> str:
    for account_id in ("leader", "follower-1", "follower-2"):
        stores.accounts.save(an_account(account_id))
    return "leader"


def begin(stores: Stores, follow: Follow, ledger: Ledger = LEDGER, revision: int = 0) -> bool:
    roll = replace(stores.follows.ever_of_leader("leader"), revision=revision)
    own = stores.follows.ever_of_leader(follow.account_id)
    return stores.follow_starts.begin(follow, [roll, own], [(KEY, ledger, ORDER)], [SKIP])


def nothing_was_written(stores: Stores) -> bool:
    orders = (stores.orders.get(ORDER.follow_id, o.order_key) for o in (ORDER, SKIP))
    return not any(orders) and stores.follows.of_leader("leader") == []


def test_all_of_it_is_there(workers: Workers, stores: Stores, leader: str) -> None:
    rules = {"existing": Existing.JOIN, "join_tolerance": Decimal("0.005")}
    follow = a_follow(first_fill=1, **rules)
    assert begin(stores, follow)
    other = workers.another()
    assert other.follows.of_leader(leader) == [follow]
    assert other.ledgers.load(KEY, fresh=True) == LEDGER
    for order in (ORDER, SKIP):
        kept = other.orders.get(order.follow_id, order.order_key)
        assert kept is not None
        assert (kept.state, kept.history[-1].state) == (order.state, order.state)


def test_a_mapper_that_knew_the_follows_sees_it(
    workers: Workers, stores: Stores, leader: str
) -> None:
    mapper = workers.another()
    assert mapper.follows.of_leader(leader) == []
    assert begin(stores, a_follow(first_fill=1))
    assert len(mapper.follows.of_leader(leader)) == 1


def test_not_when_a_fill_was_written_meanwhile(stores: Stores, leader: str, lease: Lease) -> None:
    held = Holdings()
    stores.fills.add(an_account(leader), held, [a_fill()], lease)
    assert stores.positions.fills_written(leader) == 1
    assert not begin(stores, a_follow(first_fill=1))
    assert nothing_was_written(stores)
    assert begin(stores, a_follow(first_fill=2))
    stores.fills.add(an_account(leader), held, [a_fill(trade_id="2")], lease)
    assert not begin(stores, a_follow(2, first_fill=2), replace(LEDGER, revision=2), 1)


def test_not_when_the_baseline_was_taken_meanwhile(
    stores: Stores, leader: str, lease: Lease
) -> None:
    assert stores.positions.fills_written(leader) == 0
    stores.positions.save_baseline(leader, [], lease)
    assert not begin(stores, a_follow(first_fill=1))
    assert nothing_was_written(stores)


def test_not_when_the_ledger_moved(stores: Stores, leader: str) -> None:
    stores.ledgers.commit(KEY, Ledger({}, 1), [])
    assert not begin(stores, a_follow(first_fill=1))
    assert nothing_was_written(stores)
    assert begin(stores, a_follow(first_fill=1), replace(LEDGER, revision=2))


def test_not_when_another_follow_changed(stores: Stores, leader: str) -> None:
    stores.follows.save(a_follow(2, status=Status.STOPPED))
    assert not begin(stores, a_follow(first_fill=1))
    assert nothing_was_written(stores)
    assert begin(stores, a_follow(first_fill=1), revision=1)


def test_not_for_a_leader_who_is_gone(stores: Stores) -> None:
    assert not begin(stores, a_follow(first_fill=1))
    assert nothing_was_written(stores)


def test_the_roll_has_the_stopped_ones_too(stores: Stores, leader: str) -> None:
    both = [a_follow(1, status=Status.STOPPED), a_follow(2)]
    for follow in both:
        stores.follows.save(follow)
    roll = stores.follows.ever_of_leader(leader)
    assert (roll.revision, list(roll.follows)) == (2, both)
    assert stores.follows.of_leader(leader) == both[1:]


def test_not_when_the_account_is_followed_itself_meanwhile(stores: Stores, leader: str) -> None:
    """Two starts that would copy in a circle: one of them is first."""
    seen = stores.follows.ever_of_leader("follower-1")
    stores.follows.save(a_follow(2, leader_id="follower-1", account_id="leader"))
    rolls = [stores.follows.ever_of_leader("leader"), seen]
    follow = a_follow(first_fill=1)
    assert not stores.follow_starts.begin(follow, rolls, [(KEY, LEDGER, ORDER)], [SKIP])
    assert nothing_was_written(stores)


class TestByInvitation:
    @pytest.fixture
    def invitation(self, stores: Stores) -> Invitation:
        made, _ = invite("leader", b"0123456789", 2, 7, "", EPOCH_MS - DAY_MS)
        stores.invitations.add(made)
        return made

    def begin(self, stores: Stores, number: int, invitation: Invitation, **more: Any) -> bool:
        follow = a_follow(number, first_fill=1, **more)
        ids = ("leader", follow.account_id)
        rolls = [stores.follows.ever_of_leader(account_id) for account_id in ids]
        return stores.follow_starts.begin(follow, rolls, [], [], invitation)

    def test_it_is_used_up(self, stores: Stores, leader: str, invitation: Invitation) -> None:
        stores.accounts.save(an_account("follower-3"))
        assert [self.begin(stores, n, invitation) for n in (1, 2, 3)] == [True, True, False]
        assert len(stores.follows.of_leader("leader")) == 2
        assert stores.invitations.get("leader", invitation.invitation_id).left == 0

    def test_not_used_by_a_start_that_fails(
        self, stores: Stores, leader: str, invitation: Invitation
    ) -> None:
        follow = a_follow(first_fill=9)
        roll = stores.follows.ever_of_leader("leader")
        assert not stores.follow_starts.begin(follow, [roll, roll], [], [], invitation)
        assert stores.invitations.get("leader", invitation.invitation_id) == invitation

    def test_not_after_it_was_revoked(
        self, stores: Stores, leader: str, invitation: Invitation
    ) -> None:
        stores.invitations.revoke("leader", invitation.invitation_id)
        assert not self.begin(stores, 1, invitation)

    def test_not_once_it_is_over(self, stores: Stores, leader: str, invitation: Invitation) -> None:
        late = invitation.expires_ms
        assert not self.begin(stores, 1, invitation, started_ms=late)
        assert self.begin(stores, 1, invitation, started_ms=late - 1)
