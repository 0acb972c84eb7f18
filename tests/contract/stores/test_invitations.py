"""Invitations are their leader's; what is revoked stays so."""

from dataclasses import replace

from pilotfish.domain.invitations import DAY_MS, Invitation, invite
from tests.contract.stores.conftest import Stores
from tests.fakes import EPOCH_MS


def made(number: int = 1, leader: str = "ada") -> Invitation:
    return invite(leader, bytes([number] * 10), 3, 7, "for ben", EPOCH_MS + number)[0]


def test_it_comes_back(stores: Stores) -> None:
    stores.invitations.add(made())
    assert stores.invitations.get("ada", made().invitation_id) == made()
    assert stores.invitations.get("ben", made().invitation_id) is None
    assert made().expires_ms == EPOCH_MS + 1 + 7 * DAY_MS


def test_each_leader_has_its_own_the_last_first(stores: Stores) -> None:
    for one in (made(1), made(3), made(2), made(4, "ben")):
        stores.invitations.add(one)
    assert stores.invitations.of_leader("ada") == [made(3), made(2), made(1)]
    assert stores.invitations.of_leader("nobody") == []


def test_one_is_revoked(stores: Stores) -> None:
    stores.invitations.add(made())
    assert stores.invitations.revoke("ada", made().invitation_id)
    assert stores.invitations.get("ada", made().invitation_id) == replace(made(), revoked=True)
    assert not stores.invitations.revoke("ben", made().invitation_id)
    assert stores.invitations.of_leader("ben") == []
