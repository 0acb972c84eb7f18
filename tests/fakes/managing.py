"""Owners and their keys on the stores in memory; the function that tries keys is next door."""

from itertools import count

from pilotfish.adapters.keys import HEADER
from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.alerts import Notice
from pilotfish.domain.connections import KeyReport, Permissions, Verdict
from pilotfish.domain.errors import NotSent, Rejected, VenueError
from pilotfish.domain.managing import Connection
from pilotfish.ports import NotTried
from pilotfish.usecases.change_follow import Changing
from pilotfish.usecases.connections import ManageConnection
from pilotfish.usecases.delete_connection import DeleteConnection
from pilotfish.usecases.look_at_keys import LookAtKeys
from pilotfish.usecases.submit_keys import NOT_TRIED, SubmitKeys, Wanted
from pilotfish.usecases.tell_followers import TellFollowers
from pilotfish.usecases.try_keys import TakeKey, TryKey
from tests.fakes.clock import ManualClock, simulate
from tests.fakes.copying import MemoryAccounts, MemoryFollows
from tests.fakes.keyring import MemoryFollowsOf, MemoryKeyring, MemoryRegister
from tests.fakes.tables import Tables
from tests.fakes.venue import ModelVenue

MAY = Permissions(read=True, trade=True, withdraw=False, ip_restricted=True)
KEY = Credentials("the key", "the secret")


class KeyVenues:
    """Venues that know keys by their sealed text; what they may do can change."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.keys: dict[bytes, KeyReport | VenueError] = {}
        self.otherwise: KeyReport | VenueError = KeyReport({}, MAY)
        self.asked: list[Account] = []

    async def account(self, account: Account) -> ModelVenue:
        self.asked.append(account)
        venue = ModelVenue(self._clock, account.account_id)
        known = self.keys.get(account.sealed_key, self.otherwise)
        if isinstance(known, VenueError):
            venue.key_errors.append(known)
        else:
            venue.key = known
        return venue

    async def instruments(self, venue: str) -> list[object]:
        raise NotSent(venue)

    async def close(self) -> None:
        return


class Memo(dict[str, Notice]):
    """What owners were told; the same matter once."""

    def keep(self, notice: Notice) -> None:
        self.setdefault(notice.alert_id, notice)


def nobody_to_tell(tables: Tables, clock: ManualClock) -> TellFollowers:
    """For a pause of an account that nobody follows."""
    return TellFollowers(follows_of=MemoryFollowsOf(tables), notices=Memo(), clock=clock)


class OwnersScene:
    """Both sides: who seals and cannot open, and who opens and asks."""

    def __init__(self, *, allow_withdrawal: bool = False) -> None:
        self.clock = ManualClock()
        self.tables = Tables()
        self.accounts, self.register = MemoryAccounts(self.tables), MemoryRegister(self.tables)
        self.keyring, self.venues = MemoryKeyring(self.tables), KeyVenues(self.clock)
        self.notices = Memo()
        self.out_of_reach = False
        numbers = count(1)
        self.submit = SubmitKeys(
            register=self.register,
            keyring=self.keyring,
            seal=sealed,
            fingerprint=lambda credentials: credentials.api_key,
            trials=self,
            clock=self.clock,
            new_id=lambda kind: f"{kind}_{next(numbers)}",
        )
        follows_of = MemoryFollowsOf(self.tables)
        tell = TellFollowers(follows_of=follows_of, notices=self.notices, clock=self.clock)
        self.manage = ManageConnection(self.register, tell)
        trying = TryKey(
            venues=self.venues,  # type: ignore[arg-type]
            clock=self.clock,
            allow_withdrawal=allow_withdrawal,
        )
        self.take = TakeKey(
            keyring=self.keyring,
            register=self.register,
            try_key=trying,
            clock=self.clock,
            venue_id=_venue_id,
        )
        self.follows = MemoryFollows(self.tables)
        self.delete = DeleteConnection(
            register=self.register,
            keyring=self.keyring,
            follows_of=follows_of,
            changing=Changing(self.follows, self.clock),
            notices=self.notices,
            clock=self.clock,
        )
        self.look = LookAtKeys(
            accounts=self.accounts,
            register=self.register,
            try_key=trying,
            notices=self.notices,
            tell=tell,
            clock=self.clock,
        )

    def candidate(self, candidate_id: str) -> Verdict:
        """As `Trials` has it."""
        if self.out_of_reach:
            raise NotTried("out of reach")
        return simulate(self.clock, self.take(candidate_id))

    def account(self, account_id: str) -> Verdict:
        """As `Trials` has it."""
        return simulate(self.clock, self.look.one(account_id))

    def dies_before_the_answer(self) -> None:
        """From now on whoever seals keys leaves them waiting."""
        self.submit._withdrawn = lambda candidate: NOT_TRIED  # type: ignore[method-assign]

    def connect(self, owner: str = "ann", key: Credentials = KEY, **more: str) -> Connection:
        """A connection whose key was taken."""
        account_id, verdict = self.submit.connect(owner, Wanted("model", **more), key)
        assert verdict.accepted, verdict
        found = self.register.get(account_id)
        assert found is not None
        return found

    def knows(self, connection: Connection, known: KeyReport | VenueError) -> None:
        """What the venue says of the connection's key from now on."""
        self.venues.keys[self.tables.accounts[connection.account_id].sealed_key] = known

    def secrets(self) -> list[bytes]:
        """Every sealed key that is stored anywhere."""
        tables = self.tables
        accounts = [
            _whole(tables.data_keys[name, account.key_version], account.sealed_key)
            for name, account in tables.accounts.items()
            if account.sealed_key
        ]
        waiting = [candidate.sealed_key for candidate in tables.candidates.values()]
        return [sealed_key for sealed_key in (*accounts, *waiting) if sealed_key]


def sealed(owner: str, account_id: str, credentials: Credentials, version: int = 1) -> bytes:
    """Readable, so that a test sees for whom it was sealed; laid out like a real one."""
    told = f"{owner}/{account_id}/{version}/{credentials.api_key}".encode()
    return HEADER.pack(1, 7) + b"wrapped" + told


def _whole(wrapped: bytes, sealed_key: bytes) -> bytes:
    return HEADER.pack(1, len(wrapped)) + wrapped + sealed_key[HEADER.size :]


def _venue_id(name: str) -> str:
    if name != "model":
        raise Rejected(f"unknown venue {name!r}")
    return name
