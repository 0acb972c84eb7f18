"""Users' wallets, as they were read last."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pilotfish.domain.wallets import Wallet
from pilotfish.ports import Clock, Wallets

# They are read each minute at the soonest; so often it is looked whether they were.
LOOK_MS = 5_000


class Owned(Protocol):
    """What is a user's own."""

    def accounts(self, user: str) -> list[str]: ...


class LiveWallets:
    """A user's accounts each have a wallet; one that was never read is empty and says so."""

    def __init__(self, *, own: Owned, wallets: Wallets, clock: Clock) -> None:
        self._own = own
        self._wallets = wallets
        self._clock = clock
        self._known: dict[str, tuple[int, Sequence[Wallet]]] = {}

    def of_user(self, user: str) -> list[Wallet]:
        """As of now."""
        accounts = self._own.accounts(user)
        known = self._wallets.of(accounts) if accounts else {}
        return [known.get(name) or Wallet(name, "") for name in accounts]

    def refresh(self, users: Iterable[str]) -> Mapping[str, Sequence[Wallet]]:
        """As of some seconds ago at the latest; what it knew of others is forgotten."""
        now_ms = self._clock()
        known, self._known = self._known, {}
        for user in users:
            read_ms, wallets = known.get(user, (-LOOK_MS, ()))
            if now_ms - read_ms >= LOOK_MS:
                read_ms, wallets = now_ms, self.of_user(user)
            self._known[user] = read_ms, wallets
        return {user: wallets for user, (_, wallets) in self._known.items()}
