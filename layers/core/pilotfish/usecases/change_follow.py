"""Change a follow's rules, pause it, and let it go on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from pilotfish.domain.follows import CannotFollow, Follow, NoSuchFollow, Outdated, Status
from pilotfish.domain.margin_rules import require_settable
from pilotfish.domain.netting import symbol_of
from pilotfish.domain.rules import BadRules, Rules
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock, Positions

ATTEMPTS = 5


class ChangingFollows(Protocol):
    """Follows by their leader and name."""

    def get(self, leader_id: str, follow_id: str) -> Follow | None:
        """As it is now, stopped or not."""

    def change(self, before: Follow, after: Follow) -> bool:
        """Write status, rules and what is to be closed, as `before.version + 1`.

        False, and nothing is written, when somebody else changed it since `before`.
        """


class OpenOrders(Protocol):
    """Copies that are not at their end."""

    def under_way(self, leader_id: str, *, waiting: bool = False) -> set[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class Named:
    """A follow by its name, who wants to change it, and the version seen; None: whatever it is."""

    leader_id: str
    follow_id: str
    by: Viewer
    version: int | None = None


class Changing:
    """Writes what `change` makes of a follow, unless somebody else was first."""

    def __init__(self, follows: ChangingFollows, clock: Clock) -> None:
        self._follows = follows
        self._clock = clock

    def __call__(self, named: Named, change: Callable[[Follow], Follow]) -> Follow:
        """As it is then; raises `NoSuchFollow`, `Outdated` and what `change` raises."""
        for _ in range(ATTEMPTS):
            before = self.own(named)
            if named.version not in (None, before.version):
                raise Outdated(f"{named.follow_id} is at version {before.version}")
            after = change(before)
            if after == before:
                return before
            after = replace(after, changed_ms=self._clock())
            if self._follows.change(before, after):
                return replace(after, version=before.version + 1)
        raise Outdated(f"{named.follow_id} changes without a pause")

    def own(self, named: Named) -> Follow:
        """Raises `NoSuchFollow` for one that is another user's, too."""
        found = self._follows.get(named.leader_id, named.follow_id)
        if found is None or not (named.by.operator or found.owner == named.by.user):
            raise NoSuchFollow(f"there is no follow {named.follow_id}")
        return found


class ChangeFollow:
    """Nothing here sends or plans an order: what is under way goes on by the rules it began by."""

    def __init__(self, changing: Changing, positions: Positions, orders: OpenOrders) -> None:
        self._change = changing
        self._positions = positions
        self._orders = orders

    def pause(self, named: Named) -> Follow:
        """No entry is sent from now on; exits go on."""
        return self._change(named, _paused)

    def resume(self, named: Named) -> Follow:
        """Entries of the leader's are copied from now on; what was missed is not made up for."""
        return self._change(named, _resumed)

    def rules(self, named: Named, rules: Rules) -> Follow:
        """Raises `BadRules` for what the venue has not, and for a symbol that would be copied as
        another while it is held.

        Its exits would go to the other one. Nor is what is held turned round: new entries would
        only take from it.
        """
        return self._change(named, lambda before: self._with(before, rules))

    def _with(self, before: Follow, rules: Rules) -> Follow:
        require_settable(rules, before.venue)
        after = replace(before, rules=rules)
        turned = before.rules.reverse != rules.reverse
        if before.rules.symbols == rules.symbols and not turned:
            return after
        if before.active:
            what = "reverse is changed" if turned else "symbols are mapped anew"
            raise CannotFollow(f"{what} only while the follow is paused")
        held = self._held(before)
        if turned and held:
            raise BadRules("reverse", f"reverse: {symbol_of(min(held))} is held, close that first")
        for key in held:
            own = symbol_of(key)
            theirs = before.leader_symbol(own)
            if after.copied(theirs) != own or after.leader_symbol(own) != theirs:
                raise BadRules("symbols", f"symbols: {theirs} is held as {own}, close that first")
        return after

    def _held(self, follow: Follow) -> set[str]:
        booked = self._positions.of_follow(follow.follow_id)
        held = {key for key, books in booked.items() if books.copied or books.closable}
        under_way = self._orders.under_way(follow.leader_id)
        under_way |= self._orders.under_way(follow.leader_id, waiting=True)
        return held | {key for name, key in under_way if name == follow.follow_id}


def _paused(before: Follow) -> Follow:
    if before.status in (Status.PAUSED, Status.ACTIVE):
        return replace(before, status=Status.PAUSED)
    raise CannotFollow(f"it is {before.status}")


def _resumed(before: Follow) -> Follow:
    if before.status is Status.STOPPED:
        raise CannotFollow("it is stopped: let it begin anew")
    if before.closing:
        raise CannotFollow("positions of it are being closed")
    return replace(before, status=Status.ACTIVE)
