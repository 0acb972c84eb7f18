"""Try a key at its venue, and take it or destroy it."""

import logging
from collections.abc import Callable
from dataclasses import replace

from pilotfish.domain.accounts import Account
from pilotfish.domain.connections import Verdict, judge
from pilotfish.domain.errors import NoSuchAccount, Rejected, VenueError
from pilotfish.domain.keys import Candidate, answer_of, verdict_of
from pilotfish.domain.managing import Connection
from pilotfish.ports import (
    Clock,
    Keyring,
    KeyTaken,
    Register,
    Superseded,
    Venues,
)

logger = logging.getLogger(__name__)

ATTEMPTS = 5
AT_ONCE = 8
PAGE = 50


class TryKey:
    """Reads the balance and what the key may do; sends nothing else and stores nothing."""

    def __init__(self, *, venues: Venues, clock: Clock, allow_withdrawal: bool) -> None:
        self._venues = venues
        self._clock = clock
        self._allow_withdrawal = allow_withdrawal

    async def __call__(self, account: Account) -> Verdict:
        """What the venue refuses is a verdict too, in words that say what to do."""
        try:
            venue = await self._venues.account(account)
            report = await venue.key_report()
        except VenueError as trouble:
            refused = isinstance(trouble, Rejected)
            return Verdict(False, (str(trouble),), sure=refused, refused=refused)
        leads = bool(account.listen_shard)
        allowed = self._allow_withdrawal
        return judge(report, self._clock(), leads=leads, allow_withdrawal=allowed)


class TakeKey:
    """A key that was sent in becomes its account's if it is fit; else nothing of it is kept.

    Asked again it says the same: whoever asks may not have heard the answer.
    """

    def __init__(
        self,
        *,
        keyring: Keyring,
        register: Register,
        try_key: TryKey,
        clock: Clock,
        venue_id: Callable[[str], str],
    ) -> None:
        self._keyring = keyring
        self._register = register
        self._try = try_key
        self._clock = clock
        self._venue_id = venue_id

    async def __call__(self, candidate_id: str) -> Verdict:
        """Raises `NoSuchAccount` for a key that was never sent in, or long ago."""
        candidate = self._keyring.get(candidate_id)
        if candidate is None:
            raise NoSuchAccount(f"no key waits as {candidate_id}")
        if candidate.answer:
            return verdict_of(candidate.answer)
        verdict = await self._verdict(candidate)
        if verdict.accepted:
            verdict = self._take(candidate, verdict)
        if not verdict.accepted:
            self._keyring.refuse(candidate, answer_of(verdict))
        return verdict

    async def _verdict(self, candidate: Candidate) -> Verdict:
        if candidate.waits_too_long(self._clock()):
            return _no("the key waited too long to be tried: send it again", sure=False)
        try:
            venue = self._venue_id(candidate.venue)
        except VenueError:  # Whose words have the name in them, which may be anything.
            return _no("there is no venue of that name")
        return await self._try(
            Account(
                account_id=candidate.account_id,
                owner=candidate.owner,
                venue=venue,
                sealed_key=candidate.sealed_key,
                listen_shard=candidate.listen_shard,
                key_version=candidate.version,
            )
        )

    def _take(self, candidate: Candidate, verdict: Verdict) -> Verdict:
        for _ in range(ATTEMPTS):
            connection = self._connection(candidate)
            if connection is None:
                break
            after = connection.looked_at(verdict, self._clock())
            after = replace(after, key_version=candidate.version)
            try:
                self._keyring.take(candidate, after, answer_of(verdict))
            except KeyTaken as taken:
                return _no(_held(self._register.get(str(taken)), candidate.owner))
            except Superseded:
                continue
            return verdict
        again = self._keyring.get(candidate.candidate_id)
        if again is not None and again.answer:
            return verdict_of(again.answer)
        return _no("the connection got another key meanwhile, or was deleted")

    def _connection(self, candidate: Candidate) -> Connection | None:
        """The one that the key is for; None when it is not for that any more."""
        known = self._register.get(candidate.account_id)
        if not candidate.new:
            fits = known and not known.deleted and known.key_version + 1 == candidate.version
            return known if fits else None
        if known is not None:
            return None
        return Connection(
            account_id=candidate.account_id,
            owner=candidate.owner,
            venue=self._venue_id(candidate.venue),
            label=candidate.label,
            listen_shard=candidate.listen_shard,
            connected_ms=self._clock(),
        )


def _no(problem: str, *, sure: bool = True) -> Verdict:
    return Verdict(False, (problem,), sure=sure)


def _held(holder: Connection | None, owner: str) -> str:
    """Two connections with one key would both copy, and both be heard: it is refused."""
    if holder is not None and holder.owner == owner:
        called = f" ({holder.label})" if holder.label else ""
        return f"you have connected this key already, as {holder.account_id}{called}"
    return "this key is connected already, by somebody else"
