"""What the stores hold. One object, because one transaction touches several tables."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside
from pilotfish.domain.connections import Health
from pilotfish.domain.corrections import Correction
from pilotfish.domain.errors import LeaseLost
from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.halts import Halt
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.invitations import Invitation
from pilotfish.domain.keys import Candidate
from pilotfish.domain.leaders import Leader
from pilotfish.domain.limits import Standing
from pilotfish.domain.managing import Connection
from pilotfish.domain.margining import MarginMark
from pilotfish.domain.netting import Booked, Ledger
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.sync_sessions import SyncSession
from pilotfish.domain.trail import Action
from pilotfish.ports import Cursor, Lease, LedgerKey


@dataclass
class Tables:
    """Every table of the stack as dictionaries, by the keys that the real ones have."""

    leases: dict[str, Lease] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    keys_held: dict[str, str] = field(default_factory=dict)
    data_keys: dict[tuple[str, int], bytes] = field(default_factory=dict)
    follows: dict[tuple[str, str], Follow] = field(default_factory=dict)
    leaders: dict[str, Leader] = field(default_factory=dict)
    invitations: dict[tuple[str, str], Invitation] = field(default_factory=dict)
    follow_looks: dict[tuple[str, str], int] = field(default_factory=dict)
    follows_revision: Counter[str] = field(default_factory=Counter)
    fills: dict[tuple[str, str], Fill] = field(default_factory=dict)
    written_by: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    sessions: dict[tuple[str, str], SyncSession] = field(default_factory=dict)
    running: dict[tuple[str, str], str] = field(default_factory=dict)
    undecided: set[tuple[str, str]] = field(default_factory=set)
    held: dict[str, Holdings] = field(default_factory=dict)
    baselines: set[str] = field(default_factory=set)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    instruments: dict[str, dict[str, Instrument]] = field(default_factory=dict)
    asides: dict[tuple[str, str], Aside] = field(default_factory=dict)
    corrected: dict[tuple[str, str], Fill] = field(default_factory=dict)
    healths: dict[str, Health] = field(default_factory=dict)
    corrections: dict[tuple[str, str, int], Correction] = field(default_factory=dict)
    ledgers: dict[LedgerKey, Ledger] = field(default_factory=dict)
    orders: dict[tuple[str, str], CopyOrder] = field(default_factory=dict)
    booked: dict[tuple[str, str], Booked] = field(default_factory=dict)
    margins: dict[tuple[str, str], MarginMark] = field(default_factory=dict)
    marks: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    halts: dict[str, Halt] = field(default_factory=dict)
    trail: list[Action] = field(default_factory=list)

    def books_of(self, order: CopyOrder) -> Booked:
        """The position of its follow that an order changes."""
        return self.booked.get((order.follow_id, order.position_key), Booked())

    def require(self, lease: Lease) -> None:
        """Raises `LeaseLost` unless the lease's fence is the current one."""
        current = self.leases.get(lease.shard)
        if current is None or current.fence != lease.fence:
            raise LeaseLost(lease.shard)
