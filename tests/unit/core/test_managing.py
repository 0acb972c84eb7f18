"""Keys are sealed apart, tried, taken or destroyed; looked at each day; and gone when deleted."""

from dataclasses import replace

import pytest

from pilotfish.domain.accounts import Credentials
from pilotfish.domain.alerts import AlertKind
from pilotfish.domain.connections import KeyReport, Permissions
from pilotfish.domain.errors import NoSuchAccount, NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish.domain.follows import EVERYTHING, Status
from pilotfish.domain.keys import WAITS_MS
from pilotfish.domain.managing import (
    CHECK_EVERY_MS,
    MAX_LABEL,
    REFUSED_AGAIN_MS,
    UNANSWERED_AGAIN_MS,
    BadLabel,
    ChangedMeanwhile,
    Connection,
    HasNoKey,
    NotFit,
    StillFollowing,
)
from pilotfish.domain.messages import Severity
from pilotfish.ports import NotTried
from pilotfish.usecases import connections
from pilotfish.usecases.connections import TooMany
from pilotfish.usecases.submit_keys import Wanted
from tests.fakes import simulate
from tests.fakes.managing import KEY, MAY, OwnersScene, sealed
from tests.fakes.samples import a_follow, an_account

OTHER = Credentials("another key", "another secret")
WITHDRAWS = KeyReport({}, replace(MAY, withdraw=True))


def test_a_key_that_is_taken_is_its_account_s_and_waits_nowhere() -> None:
    scene = OwnersScene()
    found = scene.connect(label="  my  main account ")
    assert (found.label, found.owner, found.venue) == ("my main account", "ann", "model")
    assert scene.secrets() == [sealed("ann", found.account_id, KEY)]
    assert scene.tables.accounts[found.account_id].enabled


@pytest.mark.parametrize(
    "known", [WITHDRAWS, Rejected("401 no such key"), NotSent("503"), KeyReport({}, MAY, "503")]
)
def test_a_key_that_is_not_taken_is_stored_nowhere(known: KeyReport | VenueError) -> None:
    scene = OwnersScene()
    scene.venues.keys[sealed("ann", "acc_1", KEY)] = known
    account_id, verdict = scene.submit.connect("ann", Wanted("model"), KEY)
    assert (account_id, verdict.accepted) == ("acc_1", False)
    assert scene.secrets() == []
    assert scene.register.of_owner("ann") == []


def test_a_verdict_says_whether_the_key_is_at_fault() -> None:
    scene = OwnersScene()
    sure = []
    for known in (WITHDRAWS, Rejected("401"), NotSent("busy"), KeyReport({}, MAY, "503")):
        connection = scene.connect(key=OTHER)
        scene.knows(connection, known)
        verdict = scene.submit.test("ann", connection.account_id)
        sure.append((verdict.sure, verdict.refused))
        assert scene.keyring.destroy(_now(scene, connection), scene.clock())
    assert sure == [(True, False), (True, True), (False, False), (False, False)]


def test_an_unknown_venue_is_told_in_words() -> None:
    scene = OwnersScene()
    _, verdict = scene.submit.connect("ann", Wanted("mtgox"), KEY)
    assert verdict.problems == ("there is no venue of that name",)
    assert scene.secrets() == []


def test_who_asks_again_hears_the_same() -> None:
    scene = OwnersScene()
    found = scene.connect()
    asked = len(scene.venues.asked)
    first = scene.candidate("key_2")
    assert first.accepted
    assert len(scene.venues.asked) == asked
    assert _now(scene, found) == found
    with pytest.raises(NoSuchAccount):
        scene.candidate("key_9")


def test_a_key_that_nobody_could_try_is_destroyed() -> None:
    scene = OwnersScene()
    scene.out_of_reach = True
    _, verdict = scene.submit.connect("ann", Wanted("model"), KEY)
    assert (verdict.accepted, verdict.sure) == (False, False)
    assert scene.secrets() == []
    scene.out_of_reach = False
    assert not scene.candidate("key_2").accepted
    assert scene.register.of_owner("ann") == []


def test_an_answer_that_was_lost_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function took the key, and then the connection to it broke."""
    scene = OwnersScene()

    def lost(candidate_id: str) -> object:
        simulate(scene.clock, scene.take(candidate_id))
        raise NotTried("no answer in time")

    monkeypatch.setattr(scene, "candidate", lost)
    _, verdict = scene.submit.connect("ann", Wanted("model"), KEY)
    assert verdict.accepted
    assert len(scene.register.of_owner("ann")) == 1


def test_a_key_that_waited_too_long_is_not_tried() -> None:
    scene = OwnersScene()
    scene.out_of_reach = True
    scene.dies_before_the_answer()
    scene.submit.connect("ann", Wanted("model"), KEY)
    scene.out_of_reach = False
    scene.clock.now_ms += WAITS_MS + 1
    assert "too long" in scene.candidate("key_2").problems[0]
    assert scene.venues.asked == []
    assert scene.secrets() == []


def test_another_key_leaves_the_rest_as_it_is() -> None:
    scene = OwnersScene()
    found = scene.connect(label="mine", listen_shard="0")
    scene.manage.pause("ann", found.account_id)
    assert scene.submit.rotate("ann", found.account_id, OTHER).accepted
    after = _now(scene, found)
    assert (after.label, after.paused, after.leads, after.key_version) == ("mine", True, True, 2)
    assert scene.secrets() == [sealed("ann", found.account_id, OTHER, 2)]


@pytest.mark.parametrize("known", [WITHDRAWS, Rejected("401"), NotSent("503")])
def test_the_old_key_goes_on_when_another_is_refused(known: KeyReport | VenueError) -> None:
    scene = OwnersScene()
    found = scene.connect()
    scene.venues.keys[sealed("ann", found.account_id, OTHER, 2)] = known
    assert not scene.submit.rotate("ann", found.account_id, OTHER).accepted
    assert _now(scene, found) == found
    assert scene.secrets() == [sealed("ann", found.account_id, KEY)]


def test_of_two_rotations_at_once_one_counts() -> None:
    """Both were sealed as version 2; the second is told, and its key destroyed."""
    scene = OwnersScene()
    found = scene.connect()
    scene.out_of_reach = True
    scene.dies_before_the_answer()
    for name in ("first", "second"):
        scene.submit.rotate("ann", found.account_id, Credentials(name, "s"))
    scene.out_of_reach = False
    assert scene.candidate("key_3").accepted
    verdict = scene.candidate("key_4")
    assert "another key meanwhile" in verdict.problems[0]
    first = Credentials("first", "s")
    assert scene.secrets() == [sealed("ann", found.account_id, first, 2)]


def test_a_key_is_connected_once() -> None:
    scene = OwnersScene()
    mine = scene.connect(label="mine")
    _, again = scene.submit.connect("ann", Wanted("model"), KEY)
    _, theirs = scene.submit.connect("bob", Wanted("model"), KEY)
    other = scene.connect("bob", OTHER)
    rotated = scene.submit.rotate("bob", other.account_id, KEY)
    assert again.problems == (f"you have connected this key already, as {mine.account_id} (mine)",)
    for verdict in (theirs, rotated):
        assert verdict.problems == ("this key is connected already, by somebody else",)
    assert len(scene.secrets()) == 2


def test_nobody_connects_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 1)
    scene = OwnersScene()
    scene.connect()
    with pytest.raises(TooMany):
        scene.submit.connect("ann", Wanted("model"), OTHER)
    scene.connect("bob", OTHER)


@pytest.mark.parametrize("label", ["x" * (MAX_LABEL + 1), "a\x00b", "a\u202eb"])
def test_a_label_is_for_reading(label: str) -> None:
    scene = OwnersScene()
    with pytest.raises(BadLabel):
        scene.submit.connect("ann", Wanted("model", label), KEY)
    with pytest.raises(BadLabel):
        scene.manage.rename("ann", scene.connect().account_id, label)
    assert len(scene.secrets()) == 1


def test_an_owner_s_are_nobody_else_s() -> None:
    scene = OwnersScene()
    account_id = scene.connect().account_id
    for attempt in (
        lambda: scene.submit.rotate("bob", account_id, OTHER),
        lambda: scene.submit.test("bob", account_id),
        lambda: scene.manage.rename("bob", account_id, "his"),
        lambda: scene.manage.pause("bob", account_id),
        lambda: scene.manage.resume("bob", account_id),
    ):
        with pytest.raises(NoSuchAccount):
            attempt()
    assert scene.manage.rename(None, account_id, "an operator's word").label


def test_what_changed_meanwhile_is_not_overwritten() -> None:
    scene = OwnersScene()
    found = scene.connect()
    named = scene.manage.rename("ann", found.account_id, "first", found.revision)
    assert named.revision == found.revision + 1
    with pytest.raises(ChangedMeanwhile):
        scene.manage.rename("ann", found.account_id, "second", found.revision)
    assert scene.manage.rename("ann", found.account_id, "first", named.revision) == named


def test_a_look_each_day_finds_nothing_wrong() -> None:
    scene = OwnersScene()
    found = scene.connect()
    assert _looked(scene) == (0, ())
    scene.clock.now_ms = found.due_ms
    assert _looked(scene) == (1, ())
    after = _now(scene, found)
    assert (after.checked_ms, after.due_ms) == (found.due_ms, found.due_ms + CHECK_EVERY_MS)
    assert scene.notices == {}


@pytest.mark.parametrize(
    ("may", "problem"),
    [
        (replace(MAY, withdraw=True), "may withdraw"),
        (replace(MAY, trade=False), "may not trade"),
        (replace(MAY, read=False), "may not read"),
    ],
)
def test_a_key_that_changed_pauses_its_connection_and_is_told(
    may: Permissions, problem: str
) -> None:
    scene = OwnersScene()
    found = scene.connect()
    scene.knows(found, KeyReport({}, may))
    scene.clock.now_ms = found.due_ms
    assert _looked(scene) == (1, (found.account_id,))
    after = _now(scene, found)
    assert after.paused
    assert problem in after.problem
    [notice] = scene.notices.values()
    assert (notice.kind, notice.user, notice.account_id) == (
        AlertKind.KEY,
        "ann",
        found.account_id,
    )
    assert problem in notice.text

    with pytest.raises(NotFit, match=problem):
        scene.manage.resume("ann", found.account_id)
    scene.clock.now_ms = after.due_ms
    assert _looked(scene) == (1, ())
    assert len(scene.notices) == 1


def test_an_owner_is_told_once_that_a_key_ends_soon() -> None:
    scene = OwnersScene()
    found = scene.connect()
    ends_ms = found.due_ms + 10 * CHECK_EVERY_MS
    scene.knows(found, KeyReport({}, replace(MAY, expires_ms=ends_ms)))
    for _ in range(2):
        scene.clock.now_ms = _now(scene, found).due_ms
        assert _looked(scene) == (1, ())
    [notice] = scene.notices.values()
    assert (notice.user, notice.severity) == ("ann", Severity.WARNING)
    assert "expires in 10 days" in notice.text
    assert not _now(scene, found).paused


def test_once_the_key_is_fit_again_its_owner_resumes() -> None:
    scene = OwnersScene()
    found = scene.connect()
    scene.knows(found, WITHDRAWS)
    assert not scene.submit.test("ann", found.account_id).accepted
    scene.knows(found, KeyReport({}, MAY))
    assert scene.submit.test("ann", found.account_id).accepted
    assert _now(scene, found).paused
    assert not scene.manage.resume("ann", found.account_id).paused


def test_another_key_clears_what_was_wrong_with_the_old_one() -> None:
    scene = OwnersScene()
    found = scene.connect()
    scene.knows(found, WITHDRAWS)
    scene.submit.test("ann", found.account_id)
    assert scene.submit.rotate("ann", found.account_id, OTHER).accepted
    assert not scene.manage.resume("ann", found.account_id).paused


def test_a_venue_that_refuses_a_key_is_asked_twice() -> None:
    scene = OwnersScene()
    found = scene.connect()
    scene.knows(found, Rejected("401"))
    scene.clock.now_ms = found.due_ms
    assert _looked(scene) == (1, ())
    assert _now(scene, found).due_ms == found.due_ms + REFUSED_AGAIN_MS
    scene.clock.now_ms += REFUSED_AGAIN_MS
    assert _looked(scene) == (1, (found.account_id,))
    assert _now(scene, found).problem == "401"


def test_a_refusal_for_a_moment_pauses_nobody() -> None:
    scene = OwnersScene()
    found = scene.connect()
    for known in (Rejected("401"), KeyReport({}, MAY), Rejected("401")):
        scene.knows(found, known)
        scene.clock.now_ms = _now(scene, found).due_ms
        assert _looked(scene) == (1, ())
    assert not _now(scene, found).paused


@pytest.mark.parametrize(
    "known", [OutcomeUnknown("502"), NotSent("429"), KeyReport({}, MAY, "no answer in time")]
)
def test_what_a_venue_does_not_answer_pauses_nobody(known: KeyReport | VenueError) -> None:
    scene = OwnersScene()
    found = scene.connect()
    scene.knows(found, known)
    scene.clock.now_ms = found.due_ms
    for _ in range(3):
        assert _looked(scene) == (1, ())
        after = _now(scene, found)
        assert (after.paused, after.checked_ms) == (False, found.checked_ms)
        assert after.due_ms == scene.clock() + UNANSWERED_AGAIN_MS
        scene.clock.now_ms = after.due_ms


def test_a_key_that_cannot_be_looked_at_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = OwnersScene()
    broken, well = scene.connect(), scene.connect("bob", OTHER)
    real = scene.venues.account

    async def account(asked: object) -> object:
        if asked.account_id == broken.account_id:  # type: ignore[attr-defined]
            raise RuntimeError("a bug")
        return await real(asked)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.venues, "account", account)
    scene.clock.now_ms = well.due_ms
    assert _looked(scene) == (1, ())
    assert _now(scene, broken).due_ms > scene.clock()


def test_a_run_ends_in_time_and_the_next_one_goes_on() -> None:
    scene = OwnersScene()
    found = scene.connect()
    scene.clock.now_ms = found.due_ms
    looked = simulate(scene.clock, scene.look(scene.clock()))
    assert looked.keys == 0
    assert _looked(scene) == (1, ())


def test_a_rotation_during_a_look_is_not_judged_by_it() -> None:
    """The look was at the old key; the new one has been tried by itself."""
    scene = OwnersScene()
    found = scene.connect()
    scene.knows(found, WITHDRAWS)
    real = scene.register.change

    def rotated_meanwhile(before: Connection, after: Connection) -> bool:
        scene.register.change = real  # type: ignore[method-assign]
        candidate = replace(
            scene.tables.candidates["key_2"],
            version=2,
            sealed_key=sealed("ann", found.account_id, OTHER, 2),
        )
        scene.keyring.offer(candidate)
        scene.keyring.take(candidate, replace(before, key_version=2), "yes")
        return real(before, after)

    scene.register.change = rotated_meanwhile  # type: ignore[method-assign]
    assert not scene.submit.test("ann", found.account_id).accepted
    after = _now(scene, found)
    assert (after.paused, after.problem, after.key_version) == (False, "", 2)


def test_a_deleted_connection_is_not_there_and_its_key_is_gone() -> None:
    scene = OwnersScene()
    found = scene.connect(label="mine", listen_shard="0")
    scene.delete("ann", found.account_id, revision=found.revision)
    assert scene.secrets() == []
    assert (_now(scene, found).deleted_ms, _now(scene, found).label) == (scene.clock(), "mine")
    for attempt in (
        lambda: scene.delete("ann", found.account_id),
        lambda: scene.submit.rotate("ann", found.account_id, OTHER),
        lambda: scene.submit.test("ann", found.account_id),
        lambda: scene.manage.resume("ann", found.account_id),
    ):
        with pytest.raises(NoSuchAccount):
            attempt()
    assert scene.connect(key=KEY).account_id != found.account_id


def test_nobody_deletes_what_is_another_s_or_changed_meanwhile() -> None:
    scene = OwnersScene()
    found = scene.connect()
    with pytest.raises(NoSuchAccount):
        scene.delete("bob", found.account_id)
    with pytest.raises(ChangedMeanwhile):
        scene.delete("ann", found.account_id, revision=found.revision + 1)
    assert len(scene.secrets()) == 1


def test_a_connection_that_follows_need_stays_until_they_are_to_stop() -> None:
    """Ann's own follow ends, and so does Bob's of her account; he is told, she knows."""
    scene = OwnersScene()
    found = scene.connect(listen_shard="0")
    own = a_follow(1, account_id=found.account_id, owner="ann", closing=EVERYTHING)
    theirs = a_follow(2, leader_id=found.account_id, owner="bob", status=Status.CLOSE_ONLY)
    scene.follows.save_all([own, theirs])
    with pytest.raises(StillFollowing, match="2 follows"):
        scene.delete("ann", found.account_id)
    assert len(scene.secrets()) == 1
    scene.delete("ann", found.account_id, stop_follows=True)
    assert scene.secrets() == []
    for follow in (own, theirs):
        stopped = scene.follows.get(follow.leader_id, follow.follow_id)
        assert stopped is not None
        assert (stopped.status, stopped.closing) == (Status.STOPPED, ())
    [notice] = scene.notices.values()
    assert (notice.kind, notice.user) == (AlertKind.LEADER_GONE, "bob")


def test_a_key_that_is_sent_in_for_a_connection_deleted_meanwhile_is_destroyed() -> None:
    scene = OwnersScene()
    found = scene.connect()
    scene.out_of_reach = True
    scene.dies_before_the_answer()
    scene.submit.rotate("ann", found.account_id, OTHER)
    scene.delete("ann", found.account_id)
    scene.out_of_reach = False
    assert "deleted" in scene.candidate("key_3").problems[0]
    assert scene.secrets() == []


def test_a_paper_account_has_no_key_to_replace_or_to_test() -> None:
    scene = OwnersScene()
    scene.accounts.save(an_account("acc_9", owner="ann", venue="paper:okx", sealed_key=b""))
    with pytest.raises(HasNoKey):
        scene.submit.rotate("ann", "acc_9", OTHER)
    with pytest.raises(HasNoKey):
        scene.submit.test("ann", "acc_9")


def _now(scene: OwnersScene, connection: Connection) -> Connection:
    found = scene.register.get(connection.account_id)
    assert found is not None
    return found


def _looked(scene: OwnersScene) -> tuple[int, tuple[str, ...]]:
    looked = simulate(scene.clock, scene.look(scene.clock() + 60_000))
    return looked.keys, looked.paused
