"""An exchange account that a user connected."""

from dataclasses import dataclass

from pilotfish.domain.venue_ids import is_paper


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account; `sealed_key` is ciphertext, opened only where venues are called.

    It is sealed for this owner, account and `key_version`, which grows with each new key, and is
    empty once the connection was deleted. `listen_shard` names the poller shard of a leader's
    account and is empty for a follower's. `follows_revision` changes whenever a follow of this
    leader does. A `paused` account is not listened to, and only exits are sent for it.
    """

    account_id: str
    owner: str
    venue: str
    sealed_key: bytes = b""
    enabled: bool = True
    listen_shard: str = ""
    follows_revision: int = 0
    paused: bool = False
    key_version: int = 1

    @property
    def paper(self) -> bool:
        """Whether its money is play money; such an account has no key."""
        return is_paper(self.venue)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An opened API key. It lives in memory only, and shows nothing of itself when printed."""

    api_key: str
    secret: str
    password: str = ""

    def __repr__(self) -> str:
        return "Credentials(…)"
