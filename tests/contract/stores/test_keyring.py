"""Keys that wait, keys that are taken, and connections that change: one step at a time."""

from dataclasses import replace
from typing import Any

import pytest

from pilotfish.adapters.keys import HEADER
from pilotfish.domain.follows import EVERYTHING, Status
from pilotfish.domain.keys import Candidate
from pilotfish.domain.managing import CHECK_EVERY_MS, Connection
from pilotfish.ports import KeyTaken, Superseded
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS, ManualClock
from tests.fakes.samples import a_follow, an_account


def a_candidate(**more: Any) -> Candidate:
    fields: dict[str, Any] = {
        "candidate_id": "key_1",
        "account_id": "acc_1",
        "owner": "ann",
        "venue": "Model",
        "version": 1,
        "fingerprint": "f1",
        "offered_ms": EPOCH_MS,
        "sealed_key": sealed("one"),
    }
    return Candidate(**fields | more)


def sealed(text: str) -> bytes:
    """Laid out like a real one: a data key, and what it seals."""
    return HEADER.pack(1, 7) + b"wrapped" + text.encode()


def kept(text: str) -> bytes:
    """What is kept of it with the account."""
    return HEADER.pack(1, 0) + text.encode()


def a_connection(**more: Any) -> Connection:
    fields: dict[str, Any] = {"account_id": "acc_1", "owner": "ann", "venue": "model"}
    times = {"connected_ms": EPOCH_MS, "checked_ms": EPOCH_MS, "due_ms": EPOCH_MS + CHECK_EVERY_MS}
    return Connection(**fields | times | more)


@pytest.fixture
def connected(stores: Stores) -> Connection:
    """Ann's account, with its first key."""
    stores.keyring.offer(a_candidate())
    stores.keyring.take(a_candidate(), a_connection(label="mine"), "yes")
    found = stores.register.get("acc_1")
    assert found is not None
    return found


async def test_a_key_waits_apart_and_then_is_its_account_s(
    workers: Workers, stores: Stores, clock: ManualClock
) -> None:
    stores.keyring.offer(a_candidate(listen_shard="0"))
    assert stores.keyring.get("key_1") == a_candidate(listen_shard="0")
    assert await workers.another().accounts.get("acc_1") is None

    stores.keyring.take(a_candidate(), a_connection(label="mine", listen_shard="0"), "yes")

    account = await workers.another().accounts.get("acc_1")
    assert account == an_account("acc_1", owner="ann", sealed_key=kept("one"), listen_shard="0")
    assert stores.accounts.leaders("0") == [account]
    assert stores.keyring.get("key_1") == a_candidate(listen_shard="0").answered("yes")
    found = stores.register.get("acc_1")
    asked = a_connection(label="mine", listen_shard="0")
    assert found == replace(asked, revision=1, held_as="model#f1")


async def test_a_refused_key_is_gone_and_its_answer_stays(workers: Workers, stores: Stores) -> None:
    stores.keyring.offer(a_candidate())
    stores.keyring.refuse(a_candidate(), "no")
    stores.keyring.refuse(a_candidate(), "late")
    assert stores.keyring.get("key_1") == a_candidate().answered("no")
    with pytest.raises(Superseded):
        stores.keyring.take(a_candidate(), a_connection(), "yes")
    assert await workers.another().accounts.get("acc_1") is None


def test_nobody_waits_and_nobody_is_there(stores: Stores) -> None:
    assert stores.keyring.get("key_9") is None
    assert stores.register.get("acc_9") is None
    assert stores.register.of_owner("ann") == []
    stores.keyring.refuse(a_candidate(), "no")
    assert stores.keyring.get("key_1") is None


async def test_another_key_takes_the_place_of_the_old_one(
    workers: Workers, stores: Stores, connected: Connection
) -> None:
    second = a_candidate(
        candidate_id="key_2", version=2, fingerprint="f2", sealed_key=sealed("two")
    )
    stores.keyring.offer(second)
    after = replace(connected, key_version=2, label="not to be written")
    stores.keyring.take(second, after, "yes")

    account = await workers.another().accounts.get("acc_1")
    assert account == an_account("acc_1", owner="ann", sealed_key=kept("two"), key_version=2)
    found = stores.register.get("acc_1")
    assert found is not None
    assert (found.label, found.revision, found.held_as) == ("mine", 2, "model#f2")
    other = a_candidate(candidate_id="key_3", account_id="acc_2", fingerprint="f1")
    stores.keyring.offer(other)
    stores.keyring.take(other, a_connection(account_id="acc_2"), "yes")


def test_of_two_keys_for_one_version_one_is_taken(stores: Stores, connected: Connection) -> None:
    after = replace(connected, key_version=2)
    for name in ("key_2", "key_3"):
        stores.keyring.offer(a_candidate(candidate_id=name, version=2, fingerprint=name))
    stores.keyring.take(a_candidate(candidate_id="key_2", version=2, fingerprint="f2"), after, "")
    third = a_candidate(candidate_id="key_3", version=2, fingerprint="f3")
    with pytest.raises(Superseded):
        stores.keyring.take(third, after, "yes")
    waiting = stores.keyring.get("key_3")
    assert waiting is not None
    assert waiting.sealed_key


async def test_a_key_is_one_account_s_until_that_is_deleted(
    workers: Workers, stores: Stores, connected: Connection
) -> None:
    again = a_candidate(candidate_id="key_2", account_id="acc_2", owner="bob")
    stores.keyring.offer(again)
    with pytest.raises(KeyTaken, match="acc_1"):
        stores.keyring.take(again, a_connection(account_id="acc_2", owner="bob"), "yes")
    assert await workers.another().accounts.get("acc_2") is None

    elsewhere = a_connection(account_id="acc_2", owner="bob", venue="another venue")
    stores.keyring.take(again, elsewhere, "the same key is another venue's")
    assert stores.keyring.destroy(connected, EPOCH_MS)
    third = a_candidate(candidate_id="key_3", account_id="acc_3")
    stores.keyring.offer(third)
    stores.keyring.take(third, a_connection(account_id="acc_3"), "yes")


def test_its_own_key_is_not_taken_from_it(stores: Stores, connected: Connection) -> None:
    same = a_candidate(candidate_id="key_2", version=2, sealed_key=sealed("anew"))
    stores.keyring.offer(same)
    stores.keyring.take(same, replace(connected, key_version=2), "yes")
    other = a_candidate(candidate_id="key_3", account_id="acc_2")
    stores.keyring.offer(other)
    with pytest.raises(KeyTaken, match="acc_1"):
        stores.keyring.take(other, a_connection(account_id="acc_2"), "yes")


async def test_what_is_deleted_keeps_its_name_and_nothing_of_its_key(
    workers: Workers, stores: Stores, connected: Connection
) -> None:
    stores.keyring.offer(a_candidate(candidate_id="key_2", version=2))
    assert stores.keyring.destroy(connected, EPOCH_MS + 5)
    assert not stores.keyring.destroy(connected, EPOCH_MS + 6)

    account = await workers.another().accounts.get("acc_1")
    assert account is not None
    assert (account.sealed_key, account.enabled, account.listen_shard) == (b"", False, "")
    found = stores.register.get("acc_1")
    assert found is not None
    assert (found.label, found.deleted_ms, found.held_as) == ("mine", EPOCH_MS + 5, "")
    assert stores.register.of_owner("ann") == [found]
    assert stores.register.due(EPOCH_MS + 10 * CHECK_EVERY_MS, 10) == []
    assert not stores.register.change(found, replace(found, label="back"))
    late = a_candidate(candidate_id="key_2", version=2)
    with pytest.raises(Superseded):
        stores.keyring.take(late, replace(found, key_version=2), "yes")


def test_a_deleted_leader_is_not_listened_to(stores: Stores) -> None:
    stores.keyring.offer(a_candidate())
    stores.keyring.take(a_candidate(), a_connection(listen_shard="0"), "yes")
    found = stores.register.get("acc_1")
    assert found is not None
    assert stores.register.of_shard("0") == [found]
    assert stores.keyring.destroy(found, EPOCH_MS)
    assert stores.accounts.leaders("0") == []
    assert stores.register.of_shard("0") == []


def test_with_the_data_key_of_a_key_its_every_copy_is_destroyed(
    stores: Stores, connected: Connection
) -> None:
    assert stores.data_keys("acc_1", 1) == b"wrapped"
    second = a_candidate(candidate_id="key_2", version=2, sealed_key=sealed("two"))
    stores.keyring.offer(second)
    stores.keyring.take(second, replace(connected, key_version=2), "yes")
    assert [stores.data_keys("acc_1", version) for version in (1, 2)] == [b"", b"wrapped"]
    found = stores.register.get("acc_1")
    assert found is not None
    assert stores.keyring.destroy(found, EPOCH_MS)
    assert stores.data_keys("acc_1", 2) == b""


def test_of_two_changes_one_is_made(stores: Stores, connected: Connection) -> None:
    first = replace(connected, label="first", paused=True, problem="gone", refusals=2)
    assert stores.register.change(connected, first)
    assert not stores.register.change(connected, replace(connected, label="second"))
    assert stores.register.get("acc_1") == replace(first, revision=2)


async def test_an_account_pauses_and_resumes(
    workers: Workers, stores: Stores, clock: ManualClock
) -> None:
    account = an_account("leader", listen_shard="0")
    stores.accounts.save(account)
    before = stores.register.get("leader")
    assert before is not None
    assert before.revision == 0
    assert stores.register.change(before, replace(before, paused=True))
    paused = await workers.another().accounts.get("leader")
    assert paused is not None
    assert paused.paused
    assert stores.accounts.leaders("0") == [paused]
    clock.advance(2)
    assert stores.register.change(replace(before, revision=1), before)
    assert await stores.accounts.get("leader") == account


def test_keys_are_due_in_their_order(stores: Stores) -> None:
    for number in (3, 1, 2):
        own = {"account_id": f"acc_{number}", "fingerprint": f"f{number}"}
        candidate = a_candidate(candidate_id=f"key_{number}", **own)
        stores.keyring.offer(candidate)
        due = EPOCH_MS + number
        connection = a_connection(account_id=own["account_id"], due_ms=due)
        stores.keyring.take(candidate, connection, "yes")
    stores.accounts.save(an_account("without a key of its own"))
    assert stores.register.due(EPOCH_MS, 9) == []
    assert stores.register.due(EPOCH_MS + 2, 9) == ["acc_1", "acc_2"]
    assert stores.register.due(EPOCH_MS + 9, 2) == ["acc_1", "acc_2"]


def test_a_user_s_are_listed_in_the_order_in_which_they_were_connected(stores: Stores) -> None:
    for number in range(105):
        later = {"connected_ms": EPOCH_MS + number, "label": f"n{number}"}
        own = {"account_id": f"acc_{number:x}", "fingerprint": f"f{number}"}
        candidate = a_candidate(candidate_id=f"key_{number}", **own)
        stores.keyring.offer(candidate)
        stores.keyring.take(candidate, a_connection(account_id=own["account_id"], **later), "yes")
    stores.accounts.save(an_account("another's", owner="bob"))
    found = [one.label for one in stores.register.of_owner("ann")]
    assert found == [f"n{number}" for number in range(105)]


def test_a_shard_lists_the_accounts_that_are_switched_off_too(stores: Stores) -> None:
    on = an_account("on", listen_shard="0")
    off = an_account("off", listen_shard="0", enabled=False)
    for account in (on, off, an_account("other", listen_shard="1"), an_account("follower")):
        stores.accounts.save(account)
    assert sorted(one.account_id for one in stores.register.of_shard("0")) == ["off", "on"]
    assert stores.accounts.leaders("0") == [on]


def test_what_needs_an_account_is_what_it_copies_and_who_copies_it(stores: Stores) -> None:
    for account_id in ("leader", "another leader"):
        stores.accounts.save(an_account(account_id, listen_shard="0"))
    mine, theirs = {"owner": "ann", "account_id": "acc_1"}, {"owner": "bob", "account_id": "acc_2"}
    led = {"leader_id": "acc_1", "owner": "bob", "account_id": "acc_2"}
    stores.accounts.save(an_account("acc_1", owner="ann", listen_shard="0"))
    stores.follows.save_all(
        [
            a_follow(1, **mine),
            a_follow(2, **mine, leader_id="another leader", status=Status.CLOSE_ONLY),
            a_follow(3, **mine, status=Status.STOPPED),
            a_follow(4, **mine, status=Status.STOPPED, closing=EVERYTHING),
            a_follow(5, **theirs),
            a_follow(6, **mine | {"account_id": "another of ann's"}),
            a_follow(7, **led),
            a_follow(8, **led, status=Status.STOPPED),
        ]
    )
    found = stores.follows_of(a_connection(listen_shard="0"))
    assert sorted(follow.follow_id for follow in found) == [f"follow-{n}" for n in (1, 2, 4, 7)]
    assert stores.follows_of(a_connection(account_id="acc_9", owner="eve")) == []
