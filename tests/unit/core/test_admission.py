"""Who may follow whom: by whose account, with consent, by the leader's terms, never in a circle."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.consents import RISKS, NoConsent
from pilotfish.domain.errors import NotReady
from pilotfish.domain.follows import CannotFollow, Consent, Status
from pilotfish.domain.invitations import invite
from pilotfish.domain.leaders import Leader, Profile, Visibility
from pilotfish.domain.rules import Rules
from pilotfish.domain.viewers import Viewer
from pilotfish.domain.wallets import OLD_MS, Wallet
from pilotfish.usecases.start_follow import Started, Wanted
from tests.fakes import simulate
from tests.fakes.samples import a_follow, an_account
from tests.fakes.scene import Scene

BEN = Viewer("ben")
WANTED = Wanted("bens~leader", "leader", "bens", Rules(), BEN, RISKS.version)


@pytest.fixture
def scene() -> Scene:
    """Ada leads, and shows herself to everybody; Ben has an account that follows nobody.

    Both are listened to.
    """
    scene = Scene()
    scene.accounts.save(an_account("leader", owner="ada", listen_shard="0"))
    scene.accounts.save(an_account("bens", owner="ben"))
    scene.tables.baselines |= {"leader", "bens"}
    show(scene)
    return scene


def show(scene: Scene, **profile: Any) -> None:
    shown = Leader("leader", "ada", "model", Profile("Ada", **profile), scene.clock())
    before = scene.leaders.get("leader")
    assert scene.leaders.save(replace(shown, version=before.version if before else 0))


def start(scene: Scene, **more: Any) -> Started:
    return simulate(scene.clock, scene.start_follow(replace(WANTED, **more)))


def refused(scene: Scene, words: str, **more: Any) -> None:
    before = scene.contents()
    with pytest.raises(CannotFollow, match=words):
        start(scene, **more)
    assert scene.contents() == before


def test_consent_is_kept_with_the_follow(scene: Scene) -> None:
    assert start(scene).follow.consent == Consent(RISKS.version, "ben", scene.clock())


@pytest.mark.parametrize("consent", ["", "2020-01-01"])
def test_nobody_follows_who_has_not_agreed_to_the_current_risks(scene: Scene, consent: str) -> None:
    refused(scene, f"agree to them: {RISKS.version}", consent=consent)
    operator = Viewer("admin", operator=True)
    with pytest.raises(NoConsent):
        start(scene, consent=consent, by=operator)


def test_who_begins_anew_agrees_anew(scene: Scene) -> None:
    follow = start(scene).follow
    scene.follows.save(replace(follow, status=Status.STOPPED))
    refused(scene, "read the risks", consent="2020-01-01")
    scene.clock.advance(60)
    again = start(scene).follow
    assert again.consent == Consent(RISKS.version, "ben", scene.clock())
    assert again.version == follow.version + 1


def test_nobody_follows_with_what_is_another_s(scene: Scene) -> None:
    words = "bens is not an account that is enabled"
    refused(scene, words, by=Viewer("eve"))
    refused(scene, words.replace("bens", "nobodys"), account_id="nobodys")


class TestTheLeadersTerms:
    def test_who_was_not_published_is_followed_by_its_owner_alone(self, scene: Scene) -> None:
        scene.tables.leaders.clear()
        refused(scene, "leader is not an account that can be followed")
        scene.accounts.save(an_account("adas-other", owner="ada"))
        assert start(scene, account_id="adas-other", by=Viewer("ada")).new

    def test_who_took_it_back_is_not_followed_any_more(self, scene: Scene) -> None:
        shown = scene.leaders.get("leader")
        assert shown is not None
        scene.leaders.save(replace(shown, published=False))
        refused(scene, "not an account that can be followed")

    def test_who_takes_nobody(self, scene: Scene) -> None:
        show(scene, open=False)
        refused(scene, "Ada takes no new followers now")

    def test_who_follows_already_goes_on(self, scene: Scene) -> None:
        assert start(scene).new
        show(scene, open=False)
        assert not start(scene).new

    def test_who_has_too_little(self, scene: Scene) -> None:
        show(scene, minimum_equity=Decimal(1000))
        with pytest.raises(NotReady, match="not known yet what bens has"):
            start(scene)
        self.has(scene, "999.99")
        refused(scene, "asks for 1000 dollars at least, and bens has 999.99")
        self.has(scene, "1000")
        assert start(scene).new

    def test_what_was_there_some_time_ago_says_nothing(self, scene: Scene) -> None:
        show(scene, minimum_equity=Decimal(1000))
        self.has(scene, "5000")
        scene.clock.advance(OLD_MS / 1000 + 1)
        with pytest.raises(NotReady):
            start(scene)

    def has(self, scene: Scene, dollars: str) -> None:
        coins = {"USDT": Decimal(dollars)}
        scene.wallets.save(Wallet("bens", "model", scene.clock(), coins))


class TestByInvitation:
    @pytest.fixture
    def code(self, scene: Scene) -> str:
        show(scene, visibility=Visibility.INVITED)
        made, code = invite("leader", b"0123456789", 1, 7, "", scene.clock())
        scene.invitations.add(made)
        return code

    def test_who_has_a_code_follows(self, scene: Scene, code: str) -> None:
        assert start(scene, invitation=code).new
        [left] = scene.invitations.of_leader("leader")
        assert left.left == 0

    def test_asking_again_uses_nothing_up(self, scene: Scene, code: str) -> None:
        start(scene, invitation=code)
        assert not start(scene, invitation=code).new

    @pytest.mark.parametrize("wrong", ["", "leader", "leader.aaaaaaaaaaaaaaaa", "other.{}", "{}x"])
    def test_not_with_another_one(self, scene: Scene, code: str, wrong: str) -> None:
        secret = code.partition(".")[2]
        refused(scene, "invitation", invitation=wrong.format(secret))

    def test_not_with_one_of_another_leader_s(self, scene: Scene, code: str) -> None:
        made, theirs = invite("other", b"9876543210", 1, 7, "", scene.clock())
        scene.invitations.add(made)
        refused(scene, "none of this leader's", invitation=theirs)

    def test_not_once_it_is_over_used_up_or_revoked(self, scene: Scene, code: str) -> None:
        [made] = scene.invitations.of_leader("leader")
        for over in (replace(made, left=0), replace(made, revoked=True)):
            scene.invitations.add(over)
            refused(scene, "used up, over, revoked", invitation=code)
        scene.invitations.add(made)
        scene.clock.now_ms = made.expires_ms
        refused(scene, "used up, over, revoked", invitation=code)


class TestCircles:
    def test_who_is_followed_cannot_follow(self, scene: Scene) -> None:
        """Each copy would be a trade to copy, for ever."""
        scene.accounts.save(an_account("bens", owner="ben", listen_shard="0"))
        scene.follows.save(a_follow(1, leader_id="bens", account_id="leader"))
        refused(scene, "bens is followed itself")

    def test_once_it_is_not_any_more_it_can(self, scene: Scene) -> None:
        stopped = a_follow(1, leader_id="bens", account_id="leader", status=Status.STOPPED)
        scene.follows.save(stopped)
        assert start(scene).new

    def test_who_follows_may_be_followed(self, scene: Scene) -> None:
        """A chain has an end."""
        start(scene)
        scene.accounts.save(an_account("bens", owner="ben", listen_shard="0"))
        scene.accounts.save(an_account("bens-other", owner="ben"))
        named = {"follow_id": "x", "leader_id": "bens", "account_id": "bens-other"}
        assert start(scene, **named).new


class TestOnce:
    def test_an_account_follows_a_leader_once(self, scene: Scene) -> None:
        start(scene)
        refused(scene, "bens follows already, as bens~leader", follow_id="another")

    @pytest.mark.parametrize("status", [Status.PAUSED, Status.CLOSE_ONLY])
    def test_what_is_paused_goes_on_and_does_not_begin(self, scene: Scene, status: Status) -> None:
        follow = start(scene).follow
        scene.follows.save(replace(follow, status=status))
        refused(scene, f"it is {status}")

    def test_what_is_being_closed_does_not_begin(self, scene: Scene) -> None:
        follow = start(scene).follow
        scene.follows.save(replace(follow, status=Status.STOPPED, closing=("*",)))
        refused(scene, "still being closed")
