"""May this account follow that leader?"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NotReady
from pilotfish.domain.follows import CannotFollow
from pilotfish.domain.invitations import Invitation, NotInvited, meant_by
from pilotfish.domain.leaders import Leader, Profile, Visibility
from pilotfish.domain.viewers import Viewer
from pilotfish.domain.wallets import Wallet
from pilotfish.ports import Clock


class Leaders(Protocol):
    """What accounts show of themselves."""

    def get(self, leader_id: str) -> Leader | None: ...


class Invitations(Protocol):
    """Codes, by their leader."""

    def get(self, leader_id: str, invitation_id: str) -> Invitation | None: ...


class Wallets(Protocol):
    """What accounts have at their venues."""

    def of(self, account_ids: Sequence[str]) -> Mapping[str, Wallet]: ...


class AdmitFollower:
    """An own account may always be followed with another own one; an operator asks nobody."""

    def __init__(
        self, *, leaders: Leaders, invitations: Invitations, wallets: Wallets, clock: Clock
    ) -> None:
        self._leaders = leaders
        self._invitations = invitations
        self._wallets = wallets
        self._clock = clock

    def __call__(
        self, by: Viewer, leader: Account, account: Account, code: str
    ) -> Invitation | None:
        """The invitation that is to be used up with it, if one is needed.

        Raises `CannotFollow`, and `NotReady` while nobody knows what the account has.
        """
        if by.operator or leader.owner == account.owner:
            return None
        shown = self._leaders.get(leader.account_id)
        if shown is None or not shown.published:
            raise CannotFollow(f"{leader.account_id} is not an account that can be followed")
        invitation = self._invited(shown, code)
        if not shown.profile.open:
            raise CannotFollow(f"{shown.profile.name} takes no new followers now")
        self._require_equity(shown.profile, account)
        return invitation

    def _invited(self, shown: Leader, code: str) -> Invitation | None:
        if shown.profile.visibility is Visibility.PUBLIC:
            return None
        try:
            leader_id, invitation_id = meant_by(code)
        except NotInvited as wrong:
            raise CannotFollow(f"{shown.leader_id} is followed by invitation: {wrong}") from None
        found = self._invitations.get(leader_id, invitation_id)
        if leader_id != shown.leader_id or not (found and found.usable(self._clock())):
            raise CannotFollow("the invitation is used up, over, revoked, or none of this leader's")
        return found

    def _require_equity(self, profile: Profile, account: Account) -> None:
        if not profile.minimum_equity:
            return
        wallet = self._wallets.of([account.account_id]).get(account.account_id)
        known = wallet is not None and not wallet.old(self._clock())
        if wallet is None or not known or wallet.equity is None:
            raise NotReady(f"it is not known yet what {account.account_id} has")
        if wallet.equity < profile.minimum_equity:
            raise CannotFollow(
                f"{profile.name} asks for {profile.minimum_equity:f} dollars at least, "
                f"and {account.account_id} has {wallet.equity:.2f}"
            )
