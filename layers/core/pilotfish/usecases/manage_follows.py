"""What a person does with the own follows: read them here, have them changed next door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pilotfish.domain.consents import require_consent
from pilotfish.domain.follows import Follow, NoSuchFollow, follow_name
from pilotfish.domain.netting import Booked
from pilotfish.domain.places import Page, Place, cursor, place_of
from pilotfish.domain.rules import rules_from, stated
from pilotfish.domain.sorting import Column, Sorting, sorted_page
from pilotfish.domain.trail import Verb
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.sorted_lists import FOLLOWS_BY, all_of

MOST = 100
BY_NAME = "by name, all of them are listed"
# Of an operator: these routes are the owners' own, which ask for none.
NO_REASON = "no reason was asked for"


class OwnFollows(Protocol):
    """Follows as their owners read them."""

    def get(self, leader_id: str, follow_id: str) -> Follow | None: ...

    def leader_of(self, owner: str, follow_id: str) -> str | None: ...

    def of_owner(
        self, owner: str, after: Place | None, limit: int
    ) -> tuple[list[Follow], Place | None]: ...


class Positions(Protocol):
    """What follows hold."""

    def of_follow(self, follow_id: str) -> Mapping[str, Booked]: ...


class Calls(Protocol):
    """The function that may plan orders; raises what was refused, and `NotDone`."""

    def __call__(self, by: Viewer, event: Mapping[str, Any]) -> Mapping[str, Any]: ...


class Trail(Protocol):
    """Who did what to an account; an operator's line is there before it is done."""

    def say(self, subject: str, by: str, verb: Verb, why: str, detail: str = "") -> object: ...

    def own(self, subject: str, owner: str, verb: Verb, detail: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A follow to begin, with rules as JSON has them."""

    leader_id: str
    account_id: str
    rules: Mapping[str, Any]
    consent: str
    invitation: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """The follow, whether it began by this, and what became of each position that it found."""

    follow: Follow
    new: bool
    positions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Ending:
    """The follow as it is now, and what of it is still being closed."""

    follow: Follow
    left: Sequence[Mapping[str, Any]]


class ManageFollows:
    """The owner is the caller; of somebody else's follow nobody learns that it is there."""

    def __init__(self, *, own: OwnFollows, positions: Positions, call: Calls, trail: Trail) -> None:
        self._trail = trail
        self._own = own
        self._positions = positions
        self._call = call

    def begin(self, by: Viewer, asked: Asked) -> Begun:
        """Raises `NoConsent`, `BadRules`, `CannotFollow`, `NotReady` and `NotDone`."""
        require_consent(asked.consent)
        event = {
            **stated(rules_from(asked.rules)),
            "do": "start",
            "leader_id": asked.leader_id,
            "account_id": asked.account_id,
            "consent": asked.consent,
            "invitation": asked.invitation,
        }
        answer = self._call(by, event)
        follow_id = follow_name(asked.account_id, asked.leader_id)
        follow = self._found(by, asked.leader_id, follow_id)
        if answer["state"] == "started":
            self._trail.own(follow.account_id, by.user, Verb.FOLLOW, _said(follow))
        return Begun(follow, answer["state"] == "started", answer["positions"])

    def one(self, by: Viewer, follow_id: str) -> Follow:
        """Raises `NoSuchFollow`; an operator's look at somebody else's is on the trail."""
        follow = self._theirs(by, follow_id)
        self._operated(by, follow, Verb.LOOK)
        return follow

    def held(self, follow: Follow) -> dict[str, Booked]:
        """What it holds, by position key."""
        booked = self._positions.of_follow(follow.follow_id)
        return {key: books for key, books in sorted(booked.items()) if books.copied}

    def listed(
        self, by: Viewer, after: str = "", limit: int = 50, sorting: Sorting | None = None
    ) -> Page[Follow]:
        """The caller's own, stopped ones too, by name or sorted.

        Raises `BadCursor`, and `TooMany` when they are to be sorted.
        """
        question = {"of": "follows", "owner": by.user}
        if sorting is not None:
            found = all_of(lambda place, most: self._own.of_owner(by.user, place, most), BY_NAME)
            column = Column(FOLLOWS_BY[sorting.by], lambda follow: follow.follow_id)
            return sorted_page(found, column, sorting, question, after, min(limit, MOST))
        place = place_of(question, after) if after else None
        found, following = self._own.of_owner(by.user, place, min(limit, MOST))
        return Page(found, cursor(question, following) if following else None)

    def rules(self, by: Viewer, follow_id: str, rules: Mapping[str, Any], version: int) -> Follow:
        """Replaces them; raises `NoSuchFollow`, `Outdated`, `BadRules`, `CannotFollow`, `NotDone`.

        What is left out is as usual.
        """
        wanted = stated(rules_from(rules))
        return self._changed(by, follow_id, Verb.RULES, wanted, version)

    def pause(self, by: Viewer, follow_id: str) -> Follow:
        """Raises `NoSuchFollow`, `CannotFollow` and `NotDone`."""
        return self._changed(by, follow_id, Verb.PAUSE, {}, None)

    def resume(self, by: Viewer, follow_id: str) -> Follow:
        """Raises `NoSuchFollow`, `CannotFollow` and `NotDone`."""
        return self._changed(by, follow_id, Verb.RESUME, {}, None)

    def stop(
        self, by: Viewer, follow_id: str, how: str, positions: Sequence[str], version: int | None
    ) -> Ending:
        """Raises `NoSuchFollow`, `Outdated`, `CannotFollow` and `NotDone`."""
        follow = self._theirs(by, follow_id)
        event = {"how": how, "positions": list(positions), "version": version}
        self._operated(by, follow, Verb.STOP)
        answer = self._call(by, _named(follow, Verb.STOP) | event)
        self._owned(by, follow, Verb.STOP)
        return Ending(self._found(by, follow.leader_id, follow_id), answer["left"])

    def _changed(
        self, by: Viewer, follow_id: str, act: Verb, more: Mapping[str, Any], version: int | None
    ) -> Follow:
        follow = self._theirs(by, follow_id)
        self._operated(by, follow, act)
        self._call(by, {**more, **_named(follow, act), "version": version})
        self._owned(by, follow, act)
        return self._found(by, follow.leader_id, follow_id)

    def _theirs(self, by: Viewer, follow_id: str) -> Follow:
        return self._found(by, self._leader(by, follow_id), follow_id)

    def _operated(self, by: Viewer, follow: Follow, verb: Verb) -> None:
        if by.user != follow.owner:
            self._trail.say(follow.account_id, by.user, verb, NO_REASON, _said(follow))

    def _owned(self, by: Viewer, follow: Follow, verb: Verb) -> None:
        if by.user == follow.owner:
            self._trail.own(follow.account_id, by.user, verb, _said(follow))

    def _leader(self, by: Viewer, follow_id: str) -> str:
        """A follow that nobody named says itself whom it follows."""
        _, named, leader_id = follow_id.rpartition("~")
        if named and leader_id and self._own.get(leader_id, follow_id):
            return leader_id
        return self._own.leader_of(by.user, follow_id) or ""

    def _found(self, by: Viewer, leader_id: str, follow_id: str) -> Follow:
        found = self._own.get(leader_id, follow_id) if leader_id else None
        if found is None or not (by.operator or found.owner == by.user):
            raise NoSuchFollow(f"there is no follow {follow_id}")
        return found


def _said(follow: Follow) -> str:
    return f"follow {follow.follow_id}"


def _named(follow: Follow, act: Verb) -> dict[str, Any]:
    return {"do": str(act), "leader_id": follow.leader_id, "follow_id": follow.follow_id}
