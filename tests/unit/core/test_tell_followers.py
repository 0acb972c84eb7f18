"""Who copies an account hears at once that nobody listens to it, and that somebody does again."""

from dataclasses import replace

import pytest

from pilotfish.domain.alerts import AlertKind, Notice
from pilotfish.domain.connections import KeyReport
from pilotfish.domain.follows import Status
from pilotfish.domain.managing import Connection
from pilotfish.domain.messages import Severity
from tests.fakes import simulate
from tests.fakes.managing import MAY, OwnersScene
from tests.fakes.samples import a_follow


def followed() -> tuple[OwnersScene, Connection]:
    """Ann's account leads; Bob and Cat copy it, Dan did, and Ann's copies another."""
    scene = OwnersScene()
    leader = scene.connect(listen_shard="0")
    scene.follows.save_all(
        [
            a_follow(1, leader_id=leader.account_id, owner="bob"),
            a_follow(2, leader_id=leader.account_id, owner="cat", status=Status.PAUSED),
            a_follow(3, leader_id=leader.account_id, owner="dan", status=Status.STOPPED),
            a_follow(4, leader_id="elsewhere", account_id=leader.account_id, owner="ann"),
        ]
    )
    return scene, leader


def told(scene: OwnersScene) -> list[tuple[str, AlertKind, Severity]]:
    notices = sorted(scene.notices.values(), key=lambda notice: notice.user)
    return [(each.user, each.kind, each.severity) for each in notices]


UNHEARD = AlertKind.LEADER_UNHEARD
PAUSED = [
    ("ann", UNHEARD, Severity.WARNING),
    ("bob", UNHEARD, Severity.CRITICAL),
    ("cat", UNHEARD, Severity.CRITICAL),
]


def test_a_pause_is_told_to_each_follower_and_its_reach_to_the_owner() -> None:
    scene, leader = followed()
    scene.manage.pause("ann", leader.account_id)
    assert told(scene) == PAUSED
    texts = {notice.user: notice.text for notice in scene.notices.values()}
    assert "your leader is not listened to" in texts["bob"]
    assert "not closed with it" in texts["bob"]
    assert "2 follows" in texts["ann"]


def test_a_pause_that_is_asked_for_twice_is_told_once_and_the_next_one_again() -> None:
    scene, leader = followed()
    for _ in range(2):
        scene.manage.pause("ann", leader.account_id)
    assert len(scene.notices) == 3
    for _ in range(2):
        scene.manage.resume("ann", leader.account_id)
    assert len(scene.notices) == 5
    scene.manage.pause("ann", leader.account_id)
    assert len(scene.notices) == 8


def test_a_pause_whose_followers_were_not_told_is_told_when_it_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene, leader = followed()

    def refuse(notice: Notice) -> None:
        raise RuntimeError("throttled")

    with monkeypatch.context() as broken:
        broken.setattr(scene.notices, "keep", refuse)
        assert scene.manage.pause("ann", leader.account_id).paused
    assert "followers not told" in caplog.text
    scene.manage.pause("ann", leader.account_id)
    assert told(scene) == PAUSED


def test_a_resumption_is_told_to_each_follower() -> None:
    scene, leader = followed()
    scene.manage.pause("ann", leader.account_id)
    scene.notices.clear()
    scene.manage.resume("ann", leader.account_id)
    assert told(scene) == [("bob", UNHEARD, Severity.INFO), ("cat", UNHEARD, Severity.INFO)]


def test_a_leader_whose_key_went_bad_is_told_of_like_a_pause() -> None:
    scene, leader = followed()
    scene.knows(leader, KeyReport({}, replace(MAY, withdraw=True)))
    for _ in range(2):
        scene.clock.now_ms += 2 * 86_400_000
        simulate(scene.clock, scene.look(scene.clock() + 60_000))
    key = ("ann", AlertKind.KEY, Severity.CRITICAL)
    assert sorted(told(scene)) == sorted([key, *PAUSED])


def test_a_follower_that_pauses_concerns_nobody() -> None:
    scene = OwnersScene()
    follower = scene.connect()
    scene.follows.save_all([a_follow(1, account_id=follower.account_id, owner="ann")])
    scene.manage.pause("ann", follower.account_id)
    assert scene.notices == {}
