"""Opened accounts: handed out again for a while, and their keys erased soon after.

A function that holds an account ends its run within `LONGEST_RUN_S`, so an account that is handed
out for the last time after `HANDED_OUT_S` is in use no more when its key is erased.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pilotfish.domain.accounts import Account
from pilotfish_venues.account import CcxtAccount

HANDED_OUT_S = 100.0
LONGEST_RUN_S = 200.0
ERASED_S = HANDED_OUT_S + LONGEST_RUN_S


@dataclass(frozen=True, slots=True)
class _Opened:
    venue: CcxtAccount
    sealed_key: bytes
    opened_at: float
    lent_to: Any

    def erase(self) -> None:
        """The account's key, and the one that its venue's markets are read with if that is it."""
        self.venue.erase_key(self.lent_to)


class KeyMemory:
    """No key stays for longer than `ERASED_S`, whoever still holds its account."""

    def __init__(self, wall_s: Callable[[], float]) -> None:
        self._wall_s = wall_s
        self._latest: dict[str, _Opened] = {}
        self._all: deque[_Opened] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def get(self, account: Account) -> CcxtAccount | None:
        """The account as it is open; None when its key changed, or is to be opened again."""
        self.erase_old()
        known = self._latest.get(account.account_id)
        if known is None or known.sealed_key != account.sealed_key:
            return None
        young = self._wall_s() - known.opened_at < HANDED_OUT_S
        return known.venue if young else None

    def put(self, account: Account, venue: CcxtAccount, template: Any) -> None:
        """An account that was opened just now; where markets need a key the template has it too."""
        opened = _Opened(venue, account.sealed_key, self._wall_s(), template)
        self._latest[account.account_id] = opened
        self._all.append(opened)
        self._wake()

    def erase_old(self) -> None:
        """Each time that an account is asked for; and by a timer, when none is any more."""
        now = self._wall_s()
        while self._all and now - self._all[0].opened_at >= ERASED_S:
            self._all.popleft().erase()
        kept = {id(opened) for opened in self._all}
        self._latest = {name: one for name, one in self._latest.items() if id(one) in kept}

    def clear(self) -> None:
        """Erase every key."""
        while self._all:
            self._all.popleft().erase()
        self._latest.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _wake(self) -> None:
        """A worker that is frozen runs its timers when it is woken."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(ERASED_S, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self.erase_old()
        if self._all:
            self._wake()
