"""Publish an account as a leader's, change what it says, and take it back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from pilotfish.domain.follows import Outdated
from pilotfish.domain.invitations import (
    SECRET_BYTES,
    BadInvitation,
    Invitation,
    NoSuchInvitation,
    NotInvited,
    invite,
    meant_by,
)
from pilotfish.domain.leaders import CannotLead, Leader, NoSuchLeader, Profile
from pilotfish.domain.managing import Connection
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock

INVITATIONS = 200


class Connections(Protocol):
    """Connected accounts, without their keys."""

    def get(self, account_id: str) -> Connection | None: ...


class Leaders(Protocol):
    """What accounts show of themselves."""

    def get(self, leader_id: str) -> Leader | None:
        """As it is now, published or not."""

    def save(self, leader: Leader) -> bool:
        """Write all but the figures, as the version after `leader.version`.

        False, and nothing is written, when another version is stored; 0 is of one that is new.
        """


class Invitations(Protocol):
    """Codes, by their leader."""

    def add(self, made: Invitation) -> None: ...

    def get(self, leader_id: str, invitation_id: str) -> Invitation | None: ...

    def of_leader(self, leader_id: str) -> list[Invitation]: ...

    def revoke(self, leader_id: str, invitation_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Published:
    """A leader, and whether it was not before."""

    leader: Leader
    new: bool


class Lead:
    """An owner's account as a leader's; an operator may see to anybody's."""

    def __init__(self, *, connections: Connections, leaders: Leaders, clock: Clock) -> None:
        self._connections = connections
        self._leaders = leaders
        self._clock = clock

    def publish(
        self, by: Viewer, account_id: str, profile: Profile, version: int | None = None
    ) -> Published:
        """From now on it is found and followed; raises `NoSuchLeader`, `CannotLead`, `Outdated`.

        Of one that is published it changes the profile: who follows already goes on.
        """
        account = self._connections.get(account_id)
        if account is None or not (by.operator or account.owner == by.user):
            raise NoSuchLeader(f"there is no account {account_id}")
        if account.deleted or not (account.enabled and account.leads):
            raise CannotLead(f"nobody listens to {account_id}: connect it as a leader's")
        before = self._leaders.get(account_id)
        seen = before.version if before else 0
        if version not in (None, seen):
            raise Outdated(f"{account_id} is at version {seen}")
        was = before is not None and before.published
        since_ms = before.published_ms if before and was else self._clock()
        after = Leader(account_id, account.owner, account.venue, profile, since_ms, version=seen)
        return Published(self._saved(before, after), new=not was)

    def unpublish(self, by: Viewer, account_id: str, version: int | None = None) -> Leader:
        """Nobody finds it any more, and nobody new follows; who follows already goes on."""
        before = self.own(by, account_id)
        if version not in (None, before.version):
            raise Outdated(f"{account_id} is at version {before.version}")
        return self._saved(before, replace(before, published=False))

    def own(self, by: Viewer, account_id: str) -> Leader:
        """Raises `NoSuchLeader` for one of somebody else's too."""
        found = self._leaders.get(account_id)
        if found is None or not (by.operator or found.owner == by.user):
            raise NoSuchLeader(f"there is no leader {account_id}")
        return found

    def published(self, leader_id: str) -> Leader | None:
        """Whoever asks."""
        found = self._leaders.get(leader_id)
        return found if found and found.published else None

    def _saved(self, before: Leader | None, after: Leader) -> Leader:
        if before is not None:
            after = replace(after, figures=before.figures, computed_ms=before.computed_ms)
            if after == before:
                return before
        if not self._leaders.save(after):
            raise Outdated(f"{after.leader_id} was changed meanwhile")
        return replace(after, version=after.version + 1)


class Invite:
    """Lets a leader's owner hand out codes, and take them back."""

    def __init__(
        self,
        *,
        lead: Lead,
        invitations: Invitations,
        clock: Clock,
        random: Callable[[int], bytes],
    ) -> None:
        self._lead = lead
        self._invitations = invitations
        self._clock = clock
        self._random = random

    def __call__(
        self, by: Viewer, leader_id: str, uses: int = 1, days: int = 7, note: str = ""
    ) -> tuple[Invitation, str]:
        """A new invitation and its code, which is told here and nowhere else.

        Raises `NoSuchLeader` and `BadInvitation`.
        """
        self._lead.own(by, leader_id)
        if len(self._invitations.of_leader(leader_id)) >= INVITATIONS:
            raise BadInvitation(f"a leader has at most {INVITATIONS} invitations")
        random = self._random(SECRET_BYTES)
        made, code = invite(leader_id, random, uses, days, note, self._clock())
        self._invitations.add(made)
        return made, code

    def meant(self, code: str) -> Leader:
        """Whom one may follow by a code; raises `NotInvited`."""
        leader_id, invitation_id = meant_by(code)
        made = self._invitations.get(leader_id, invitation_id)
        leader = self._lead.published(leader_id)
        if leader is None or not (made and made.usable(self._clock())):
            raise NotInvited("this code lets nobody in")
        return leader

    def listed(self, by: Viewer, leader_id: str) -> list[Invitation]:
        """The last made first."""
        self._lead.own(by, leader_id)
        return self._invitations.of_leader(leader_id)

    def revoke(self, by: Viewer, leader_id: str, invitation_id: str) -> None:
        """Who follows by it already goes on; raises `NoSuchLeader` and `NoSuchInvitation`."""
        self._lead.own(by, leader_id)
        if not self._invitations.revoke(leader_id, invitation_id):
            raise NoSuchInvitation(f"there is no invitation {invitation_id}")
