"""Codes by which a leader lets somebody follow.

A code is `<leader>.<secret>`. The secret is shown once, when the code is made; kept is its digest,
which is enough to know it again and not enough to use it.
"""

import hashlib
import re
from base64 import b32encode
from dataclasses import dataclass

SECRET_BYTES = 10
MOST_USES = 10_000
MOST_DAYS = 365
DAY_MS = 86_400_000

_CODE = re.compile(r"(?P<leader>[^\s.]{1,64})\.(?P<secret>[a-z2-7]{16})", re.ASCII)


class BadInvitation(ValueError):
    """One that cannot be made; the message says why."""


class NoSuchInvitation(LookupError):
    """The leader made none of that name."""


class NotInvited(Exception):
    """A code that lets nobody in, and why."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """So many may still begin to follow by it, until `expires_ms` (UTC)."""

    leader_id: str
    invitation_id: str
    created_ms: int
    expires_ms: int
    uses: int = 1
    left: int = 1
    revoked: bool = False
    note: str = ""

    def usable(self, now_ms: int) -> bool:
        """Whether it still lets somebody in."""
        return self.left > 0 and not self.revoked and now_ms < self.expires_ms


def invite(
    leader_id: str, random: bytes, uses: int, days: int, note: str, now_ms: int
) -> tuple[Invitation, str]:
    """A new invitation and its code; raises `BadInvitation`. `random` are `SECRET_BYTES`."""
    if not 1 <= uses <= MOST_USES:
        raise BadInvitation(f"an invitation is for 1 to {MOST_USES} uses")
    if not 1 <= days <= MOST_DAYS:
        raise BadInvitation(f"an invitation is good for 1 to {MOST_DAYS} days")
    if len(note) > 100 or not note.isprintable():
        raise BadInvitation("a note has at most 100 characters that can be printed")
    secret = b32encode(random).decode().lower()
    made = Invitation(
        leader_id=leader_id,
        invitation_id=_digest(secret),
        created_ms=now_ms,
        expires_ms=now_ms + days * DAY_MS,
        uses=uses,
        left=uses,
        note=note,
    )
    return made, f"{leader_id}.{secret}"


def meant_by(code: str) -> tuple[str, str]:
    """The leader and the invitation that a code is for; raises `NotInvited`."""
    found = _CODE.fullmatch(code.strip())
    if found is None:
        raise NotInvited("this is no code of an invitation")
    return found["leader"], _digest(found["secret"])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:32]
