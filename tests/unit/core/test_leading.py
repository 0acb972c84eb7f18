"""Leaders publish themselves, hand out codes, and are found a page at a time."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.follows import Outdated
from pilotfish.domain.invitations import DAY_MS, BadInvitation, NotInvited
from pilotfish.domain.leaders import (
    FIGURES,
    SORTS,
    BadProfile,
    CannotLead,
    Leader,
    NoSuchLeader,
    Profile,
    Visibility,
    Wanted,
)
from pilotfish.domain.managing import Connection
from pilotfish.domain.places import BadCursor
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.discover import LOOKS, Discover
from pilotfish.usecases.lead import INVITATIONS, Invite, Lead
from tests.fakes import ManualClock
from tests.fakes.leading import MemoryInvitations, MemoryLeaders
from tests.fakes.tables import Tables

ADA, EVE, ADMIN = Viewer("ada"), Viewer("eve"), Viewer("admin", operator=True)
PROFILE = Profile("Ada", tags=("swing",), fee=Decimal("0.1"))


class Leading:
    """Ada has an account that is listened to, and one that is not."""

    def __init__(self) -> None:
        self.clock, tables = ManualClock(), Tables()
        self.leaders = MemoryLeaders(tables)
        listened = Connection("adas", "ada", "okx", listen_shard="0")
        self.connections = {"adas": listened, "other": Connection("other", "ada", "okx")}
        self.lead = Lead(connections=self.connections, leaders=self.leaders, clock=self.clock)
        self.secrets = iter(range(1_000))
        self.invite = Invite(
            lead=self.lead,
            invitations=MemoryInvitations(tables),
            clock=self.clock,
            random=lambda size: next(self.secrets).to_bytes(size, "big"),
        )
        self.sees: set[tuple[str, str]] = set()
        self.discover = Discover(self.leaders, lambda viewer, who: (viewer.user, who) in self.sees)


@pytest.fixture
def leading() -> Leading:
    return Leading()


class TestPublishing:
    def test_a_profile_changes_and_the_day_it_was_published_stays(self, leading: Leading) -> None:
        first = leading.lead.publish(ADA, "adas", PROFILE)
        assert (first.new, first.leader.version) == (True, 1)
        leading.leaders.save_figures("adas", {"roi_30d": Decimal("0.2")}, 5)
        leading.clock.advance(60)
        changed = leading.lead.publish(ADA, "adas", replace(PROFILE, fee=Decimal(0)), 1)
        assert (changed.new, changed.leader.version) == (False, 2)
        assert changed.leader.published_ms == first.leader.published_ms
        assert changed.leader.figures == {"roi_30d": Decimal("0.2")}
        assert leading.leaders.get("adas") == changed.leader

    def test_the_same_again_is_no_change(self, leading: Leading) -> None:
        leading.lead.publish(ADA, "adas", PROFILE)
        assert leading.lead.publish(ADA, "adas", PROFILE).leader.version == 1

    def test_taken_back_it_is_new_once_more(self, leading: Leading) -> None:
        leading.lead.publish(ADA, "adas", PROFILE)
        assert not leading.lead.unpublish(ADA, "adas").published
        leading.clock.advance(60)
        again = leading.lead.publish(ADA, "adas", PROFILE)
        assert (again.new, again.leader.published_ms) == (True, leading.clock())

    def test_somebody_else_s_change_is_not_overwritten(self, leading: Leading) -> None:
        leading.lead.publish(ADA, "adas", PROFILE)
        for act in (
            lambda: leading.lead.publish(ADA, "adas", replace(PROFILE, name="A"), 0),
            lambda: leading.lead.unpublish(ADA, "adas", 0),
        ):
            with pytest.raises(Outdated, match="at version 1"):
                act()

    @pytest.mark.parametrize("account_id", ["adas", "nobodys"])
    def test_another_s_account_is_not_there(self, leading: Leading, account_id: str) -> None:
        with pytest.raises(NoSuchLeader):
            leading.lead.publish(EVE, account_id, PROFILE)
        leading.lead.publish(ADMIN, "adas", PROFILE)
        with pytest.raises(NoSuchLeader):
            leading.lead.unpublish(EVE, account_id)

    @pytest.mark.parametrize(
        "more", [{"listen_shard": ""}, {"enabled": False}, {"deleted_ms": 5}], ids=str
    )
    def test_who_is_not_listened_to_cannot_lead(self, leading: Leading, more: Any) -> None:
        leading.connections["adas"] = replace(leading.connections["adas"], **more)
        with pytest.raises(CannotLead, match="nobody listens to adas"):
            leading.lead.publish(ADA, "adas", PROFILE)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", " "),
            ("name", "x" * 41),
            ("name", "a\nb"),
            ("text", "x" * 2_001),
            ("text", "\ud800"),
            ("tags", ("Big",)),
            ("tags", ("a1", "a1")),
            ("tags", tuple(f"t{n}" for n in range(9))),
            ("minimum_equity", Decimal(-1)),
            ("minimum_equity", Decimal("Infinity")),
            ("fee", Decimal("0.51")),
            ("fee", Decimal("NaN")),
        ],
    )
    def test_what_is_wrong_in_a_profile_is_named(self, field: str, value: Any) -> None:
        with pytest.raises(BadProfile) as wrong:
            replace(PROFILE, **{field: value})
        assert wrong.value.field == field


class TestInvitations:
    @pytest.fixture(autouse=True)
    def published(self, leading: Leading) -> None:
        leading.lead.publish(ADA, "adas", replace(PROFILE, visibility=Visibility.INVITED))

    def test_a_code_says_whom_one_may_follow(self, leading: Leading) -> None:
        made, code = leading.invite(ADA, "adas", uses=2, days=3, note="Ben")
        assert (made.left, made.expires_ms) == (2, leading.clock() + 3 * DAY_MS)
        assert leading.invite.meant(code).leader_id == "adas"
        assert code.partition(".")[2] not in repr(leading.invite.listed(ADA, "adas"))

    @pytest.mark.parametrize("wrong", ["", "adas", "adas.zzzzzzzzzzzzzzzz", "{}a", "x{}"])
    def test_no_other_text_does(self, leading: Leading, wrong: str) -> None:
        _, code = leading.invite(ADA, "adas")
        with pytest.raises(NotInvited):
            leading.invite.meant(wrong.format(code))

    def test_not_once_it_is_over_revoked_or_its_leader_is_gone(self, leading: Leading) -> None:
        (made, over), (_, gone) = leading.invite(ADA, "adas"), leading.invite(ADA, "adas", days=9)
        leading.invite.revoke(ADA, "adas", made.invitation_id)
        with pytest.raises(NotInvited):
            leading.invite.meant(over)
        leading.clock.advance(9 * DAY_MS / 1000)
        with pytest.raises(NotInvited):
            leading.invite.meant(gone)
        _, code = leading.invite(ADA, "adas")
        leading.lead.unpublish(ADA, "adas")
        with pytest.raises(NotInvited):
            leading.invite.meant(code)

    def test_nobody_invites_to_another_s(self, leading: Leading) -> None:
        for act in (
            lambda: leading.invite(EVE, "adas"),
            lambda: leading.invite.listed(EVE, "adas"),
            lambda: leading.invite.revoke(EVE, "adas", "x"),
        ):
            with pytest.raises(NoSuchLeader):
                act()

    @pytest.mark.parametrize(
        "how", [{"uses": 0}, {"uses": 10_001}, {"days": 0}, {"days": 366}, {"note": "\ud800"}]
    )
    def test_what_cannot_be_made(self, leading: Leading, how: Any) -> None:
        with pytest.raises(BadInvitation):
            leading.invite(ADA, "adas", **how)

    def test_there_is_an_end_of_them(self, leading: Leading) -> None:
        for _ in range(INVITATIONS):
            leading.invite(ADA, "adas")
        with pytest.raises(BadInvitation, match="at most 200"):
            leading.invite(ADA, "adas")


class TestDiscovering:
    def show(self, leading: Leading, number: int, **more: Any) -> None:
        shown = Leader(f"l{number:03d}", "cho", "okx", PROFILE, number + 1)
        assert leading.leaders.save(replace(shown, **more))
        leading.leaders.save_figures(shown.leader_id, {"roi_30d": Decimal(number % 7)}, 5)

    def test_every_one_is_on_one_page(self, leading: Leading) -> None:
        for number in range(50):
            self.show(leading, number)
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = leading.discover(Wanted("roi_30d"), after, 7)
            found += [one.leader_id for one in page.items]
            after = page.next
        assert len(found) == len(set(found)) == 50

    def test_a_page_costs_one_query(
        self, leading: Leading, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also when nobody on it passes: then it is empty, and says where the next one begins."""
        for number in range(LOOKS + 1):
            self.show(leading, number)
        listed, reads = leading.leaders.listed, []

        def counted(*asked: Any) -> Any:
            reads.append(asked)
            return listed(*asked)

        monkeypatch.setattr(leading.leaders, "listed", counted)
        wanted = Wanted("newest", at_least={"roi_30d": Decimal(9)})
        page = leading.discover(wanted)
        assert (len(reads), list(page.items), page.next is None) == (1, [], False)
        assert leading.discover(wanted, page.next or "").next is None

    def test_a_cursor_is_of_one_question(self, leading: Leading) -> None:
        for number in range(3):
            self.show(leading, number)
        page = leading.discover(Wanted("newest"), limit=1)
        for other in (Wanted("roi_30d"), Wanted("newest", venue="okx")):
            with pytest.raises(BadCursor):
                leading.discover(other, page.next or "")

    def test_who_may_know_of_one(self, leading: Leading) -> None:
        hidden = replace(PROFILE, visibility=Visibility.INVITED)
        self.show(leading, 1, profile=hidden)
        assert list(leading.discover(Wanted()).items) == []
        leading.sees.add(("ben", "l001"))
        for viewer in (Viewer("cho"), Viewer("ben"), ADMIN):
            assert leading.discover.one(viewer, "l001").leader_id == "l001"
        with pytest.raises(NoSuchLeader):
            leading.discover.one(EVE, "l001")

    def test_what_may_be_asked(self) -> None:
        with pytest.raises(ValueError, match="sort is one of"):
            Wanted("luck")
        with pytest.raises(ValueError, match="there is no figure luck"):
            Wanted(at_least={"luck": Decimal(1)})
        assert {sort.by for sort in SORTS.values()} <= {*FIGURES, "published_ms"}
