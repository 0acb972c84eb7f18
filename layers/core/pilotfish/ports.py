"""What the use cases need from the world outside."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, Report, Review
from pilotfish.domain.connections import Health, KeyReport, Verdict, Vitals
from pilotfish.domain.corrections import Correction
from pilotfish.domain.fills import Fill, PositionSide
from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.invitations import Invitation
from pilotfish.domain.keys import Candidate
from pilotfish.domain.levels import Level
from pilotfish.domain.limits import Standing
from pilotfish.domain.managing import Connection
from pilotfish.domain.margining import Margin, MarginMark
from pilotfish.domain.netting import Booked, Ledger
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.paper.prices import PublicMarket
from pilotfish.domain.paper.wallet import PaperWallet
from pilotfish.domain.payments import Funded, Payment, Reading, Tells, Wanted
from pilotfish.domain.sync_sessions import SyncSession, SyncStatus, Tally
from pilotfish.domain.tickers import Ticker
from pilotfish.domain.venues import Evidence, OrderRequest, Position, VenueOrder
from pilotfish.domain.viewers import Viewer
from pilotfish.domain.wallets import Contents, Wallet

if TYPE_CHECKING:  # Deciding and sending need none of these.
    from pilotfish.domain.fees import Statement
    from pilotfish.domain.performance.counting import Ended, Head
    from pilotfish.domain.performance.days import Day
    from pilotfish.domain.performance.following import Followed
    from pilotfish.domain.performance.records import TrackRecord
    from pilotfish.domain.places import Place
    from pilotfish.domain.portfolios import Portfolio


class Clock(Protocol):
    """The time, in UTC milliseconds."""

    def __call__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Past fills, and the text to ask for the next page with; None after the last one.

    `asides` are what the venue told among them and cannot be trades.
    """

    fills: Sequence[Fill]
    next_token: str | None
    asides: Sequence[Aside] = ()


class Venue(Protocol):
    """One account on one venue. Every call may raise `Rejected`, `NotSent`, `OutcomeUnknown`."""

    evidence: Evidence
    streams_fills: bool
    tells_funding: Tells

    async def create_order(self, request: OrderRequest) -> VenueOrder:
        """Send a market order once, with no retry of any kind."""

    async def find_order(self, request: OrderRequest) -> VenueOrder | None:
        """The order with this client id, looked for in orders and then in fills; None: not seen.

        It cannot be older than the claim: an older one with the same client id is another order.
        """

    async def symbols_traded(self, since_ms: int) -> set[str]:
        """Symbols in which the account may have fills since then: held, ordered, or traded."""

    async def fills_since(self, since_ms: int, symbols: Iterable[str]) -> list[Report]:
        """All the account's fills from `since_ms` on, oldest first, through every page.

        What cannot be a trade stands among them as an `Aside`. `symbols` is where to look on
        venues that cannot list fills without a symbol.
        """

    async def history(
        self, since_ms: int, until_ms: int, symbols: Iterable[str], token: str | None
    ) -> HistoryPage:
        """The account's fills of a period (both ends included), one request's worth at a time.

        `token` is None for the first page, then what the page before gave; it can be used again,
        also in another process, as long as the period is the same, and the symbols are the same or
        more, of those that the pages before have told. A page may be
        empty with more behind it, and hold fills from outside the period.
        """

    def watch_fills(self, connected: asyncio.Event) -> AsyncIterator[list[Report]]:
        """Fills as the venue streams them; raises when the socket dies or goes mute.

        `connected` is set once the subscription stands: no fill after that can be missed.
        """

    async def positions(self) -> list[Position]:
        """Every holding that is not zero; raises rather than answering when in doubt."""

    async def margin_of(self, symbol: str) -> Margin:
        """At what leverage and in which margin mode a market is held; None for what is not told."""

    async def set_margin(self, symbol: str, margin: Margin) -> None:
        """Set a market's leverage and margin mode, those that are given; may simply be asked again.

        `Rejected` where venue, market or account does not allow it.
        """

    def most_leverage(self, symbol: str) -> Decimal | None:
        """The highest leverage that a market allows; None where its venue does not list that."""

    async def wallet(self) -> Contents:
        """All that the account has; raises `Rejected` where the venue does not tell."""

    async def levels(self, symbols: Iterable[str]) -> list[Level]:
        """Orders that close positions in these symbols at a price.

        Raises `Rejected` where the venue's cannot be read.
        """

    async def funding(self, since_ms: int) -> Funded:
        """What was paid for holding perpetuals from `since_ms` on, as far as some requests tell.

        Raises `Rejected` unless `tells_funding` says yes.
        """

    async def server_time_ms(self) -> int:
        """The venue's clock."""

    async def key_report(self) -> KeyReport:
        """What the account's key shows and may do; raises what a key that is refused raises."""

    def vitals(self) -> Vitals:
        """What is known by now of the venue's clock, and what is left of the request budget."""


class Venues(Protocol):
    """Opens accounts on venues; keeps connections, markets and opened keys warm."""

    async def account(self, account: Account) -> Venue:
        """The venue of an account, opened with its key."""

    async def instruments(self, venue: str) -> list[Instrument]:
        """What can be traded on a venue now."""

    async def tickers(self, venue: str, symbols: Iterable[str]) -> list[Ticker]:
        """Prices now of those of the symbols that the venue has; needs no key."""

    async def close(self) -> None:
        """Close every connection."""


class PublicMarkets(Protocol):
    """What anybody can see of venues' markets, without a key."""

    async def ready(self, venue: str) -> None:
        """Have at hand what asking for a market takes. Raises as `Venue` does."""

    async def market(self, venue: str, symbol: str) -> PublicMarket | None:
        """A market as it is now; None: the venue has no such. Raises as `Venue` does."""


class PaperBooks(Protocol):
    """Paper accounts' wallets and trades.

    Every call may raise `NotSent` when surely nothing was written, else `OutcomeUnknown`.
    """

    def open(self, wallet: PaperWallet) -> bool:
        """False when the account has a wallet already; that one stays."""

    def load(self, account_id: str) -> PaperWallet | None:
        """As stored now."""

    def trade_of(self, account_id: str, client_order_id: str) -> Fill | None:
        """The one trade of an order, as stored now."""

    def advance(self, before: PaperWallet, after: PaperWallet, fills: Sequence[Fill] = ()) -> bool:
        """Write the wallet and its trades, all or none.

        False when the wallet moved on from `before`, or one of the orders has its trade already.
        """

    def trades(
        self, account_id: str, since_ms: int, until_ms: int, limit: int, after: str = ""
    ) -> tuple[list[Fill], str]:
        """Of a period (both ends included), oldest first, and where to go on; "" at the end."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to listen for a shard of accounts, until `expires_ms`; `fence` only grows."""

    shard: str
    owner: str
    fence: int
    expires_ms: int


class Leases(Protocol):
    """Who listens to which shard of accounts."""

    def acquire(self, shard: str, owner: str, now_ms: int, ttl_ms: int) -> Lease | None:
        """Take the lease if it is free or expired, with the next fencing number."""

    def renew(self, lease: Lease, now_ms: int, ttl_ms: int) -> Lease:
        """Prolong it; raises `LeaseLost` when another run has taken it."""

    def release(self, lease: Lease) -> None:
        """Let the next run take it at once."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far an account's fills are known to be complete (UTC ms), and where it trades.

    What was traded before `started_ms`, the time of the baseline, is none of ours.
    """

    account_id: str
    started_ms: int
    complete_ms: int
    symbols: frozenset[str] = frozenset()


class Cursors(Protocol):
    """Where to go on listening after a crash."""

    def load(self, account_id: str) -> Cursor | None: ...

    def save(self, cursor: Cursor, lease: Lease) -> None:
        """Raises `LeaseLost` under a stale lease."""


class Fills(Protocol):
    """Leaders' fills, each written once."""

    def add(
        self, account: Account, holdings: Holdings, fills: Sequence[Fill], lease: Lease
    ) -> list[Fill]:
        """Write those that are new, stamped with number and position before, and return them.

        `holdings` are the account's and move with the fills, in memory and in the store alike.
        Raises `LeaseLost` under a stale lease.
        """

    def mark_decided(self, fill: Fill) -> None:
        """Every follow has its decision about the fill."""

    def get(self, account_id: str, fill_id: str) -> Fill | None:
        """The fill as stored."""

    def of_account(self, account_id: str, since_ms: int, limit: int) -> list[Fill]:
        """The account's last `limit` since then (the venue's time), oldest first; the past too."""

    def after(self, fill: Fill) -> list[Fill]:
        """The later fills of the position, in the order of writing."""

    def decided_after(self, fill: Fill) -> list[Fill]:
        """The later fills of the position that have their decisions, in the order of writing."""

    def undecided(self, before_ms: int, limit: int = 100) -> list[Fill]:
        """Fills seen before `before_ms` that the mapper has not finished with."""


class Corrections(Protocol):
    """What people said of fills; only ever added to."""

    def append(self, correction: Correction) -> bool:
        """False when somebody said something else of the fill meanwhile."""

    def of_fill(self, account_id: str, fill_id: str) -> list[Correction]:
        """In their order."""

    def between(self, account_id: str, first_id: str, last_id: str) -> list[Correction]:
        """Of the fills from the first to the last (fill ids, both included)."""

    def said_between(self, account_id: str, after_ms: int, until_ms: int) -> list[str]:
        """Fill ids, of what was said later than the one time and not later than the other."""


class Asides(Protocol):
    """What venues reported as trades and cannot be: the poller writes, a person judges."""

    def keep(
        self, account: Account, holdings: Holdings, aside: Aside, lease: Lease
    ) -> Aside | None:
        """Write one that is new, with the position that it moves; None: it was known.

        Raises `LeaseLost` under a stale lease.
        """

    def settle(
        self, account: Account, holdings: Holdings, aside: Aside, fill: Fill, lease: Lease
    ) -> Fill | None:
        """Write the fill that an aside turned out to be; None: it is there, or was dropped."""

    def release(self, aside: Aside, fill: Fill, review: Review) -> bool:
        """Hand the corrected fill to the poller; False when the aside is not open any more."""

    def drop(self, aside: Aside, review: Review) -> bool:
        """It is no trade at all; False when the aside is not open any more."""

    def released(self, account_id: str) -> list[tuple[Aside, Fill]]:
        """What a person has corrected and the poller has not written yet, maybe a moment old."""

    def open(self, limit: int = 100) -> list[Aside]:
        """What waits for a person, oldest first, maybe a moment old."""

    def of_account(self, account_id: str) -> list[Aside]:
        """All that was ever set aside of an account."""

    def get(self, account_id: str, aside_id: str) -> Aside | None: ...


class Accounts(Protocol):
    """Connected exchange accounts."""

    async def get(self, account_id: str) -> Account | None: ...

    def leaders(self, shard: str) -> list[Account]:
        """The enabled accounts that a poller shard listens to, the paused ones too."""

    def save(self, account: Account) -> None:
        """Write all but `follows_revision`."""


class Register(Protocol):
    """Connections as their owners manage them: accounts without their keys."""

    def get(self, account_id: str) -> Connection | None:
        """As of now; what was deleted is there, marked so."""

    def of_owner(self, owner: str) -> list[Connection]:
        """A user's, what was deleted too; the latest may be missing for a moment."""

    def of_shard(self, shard: str) -> list[Connection]:
        """Those that a poller shard listens to, the paused ones and those switched off too."""

    def open(self, connection: Connection) -> bool:
        """Write one that needs no key; False, and nothing is written, when its id is taken."""

    def change(self, before: Connection, after: Connection) -> bool:
        """Write the label, whether it is paused, and what was found out about its key.

        False, and nothing is written, when it is not at `before.revision` any more.
        """

    def due(self, now_ms: int, limit: int) -> list[str]:
        """Accounts whose keys are to be looked at, the longest overdue first."""


class KeyTaken(Exception):
    """Another account has this key already; the message is its id."""


class Superseded(Exception):
    """The account got another key meanwhile, or is gone, or the candidate was tried already."""


class Keyring(Protocol):
    """Sealed keys that wait to be tried, and which account holds which key."""

    def offer(self, candidate: Candidate) -> None:
        """Keep a key until it is tried."""

    def get(self, candidate_id: str) -> Candidate | None:
        """As of now; None also some time after it was tried."""

    def take(self, candidate: Candidate, connection: Connection, answer: str) -> None:
        """The candidate's key becomes the connection's, which is new, or known at its revision.

        Raises `KeyTaken` and `Superseded`; nothing is written then.
        """

    def refuse(self, candidate: Candidate, answer: str) -> None:
        """Destroy the key of a candidate and keep what is answered about it."""

    def destroy(self, connection: Connection, now_ms: int) -> bool:
        """Delete a connection: its key is gone at once, its name stays for the history.

        False, and nothing is written, when it is not at its revision any more.
        """


class NotTried(Exception):
    """Nobody could be asked to try a key."""


class Trials(Protocol):
    """Has keys tried where they may be opened, by their ids; raises `NotTried`."""

    def candidate(self, candidate_id: str) -> Verdict:
        """Whether a key that was sent in is taken."""

    def account(self, account_id: str) -> Verdict:
        """How the key of an account is, as stored; raises `NoSuchAccount`."""


class Healths(Protocol):
    """How listening to accounts goes."""

    def save(self, health: Health, lease: "Lease") -> None:
        """What is 0 or empty stays as it was; raises `LeaseLost` under a stale lease."""

    def of(self, account_ids: Sequence[str]) -> dict[str, Health]:
        """By account; one that was never listened to is left out."""


class Follows(Protocol):
    """Who follows a leader."""

    def of_leader(self, leader_id: str) -> list[Follow]:
        """The active follows, as of now."""

    def ever_of_leader(self, leader_id: str) -> "Roll":
        """The stopped ones too."""

    def pin(self, leader_id: str, revision: int, pinned: Mapping[str, Mapping[str, str]]) -> bool:
        """Write what is pinned to follows, by their ids.

        False, and nothing is written, when a follow of the leader changed since `revision`.
        """


@dataclass(frozen=True, slots=True)
class Roll:
    """All the follows that a leader ever had, at a revision that every change of one raises."""

    revision: int
    follows: Sequence[Follow]


class FollowStarts(Protocol):
    """Follows that begin, with what they take on of their leader's positions."""

    def begin(
        self,
        follow: Follow,
        rolls: Sequence[Roll],
        decided: Sequence[tuple["LedgerKey", Ledger, CopyOrder]],
        skipped: Sequence[CopyOrder],
        invitation: Invitation | None = None,
    ) -> bool:
        """Write the follow, its orders and their ledgers, and use up the invitation, all or none.

        False, and nothing is written, when meanwhile a fill of the leader's was written down
        (`follow.first_fill` is not the next one any more), a follow of the leader or of the
        follower's own account changed since these two `rolls`, one of the ledgers moved, or the
        invitation lets nobody in any more.
        """


class Instruments(Protocol):
    """What can be traded where, as published from the venues."""

    def of_venue(self, venue: str) -> Mapping[str, Instrument]:
        """By symbol; raises `NotReady` while the venue was never published.

        A paper venue has those of the real one.
        """

    def publish(self, venue: str, instruments: Sequence[Instrument], now_ms: int) -> None: ...


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """A leader's position and one shard of its follows."""

    leader_id: str
    symbol: str
    position_side: PositionSide
    shard: int


class LedgerConflict(Exception):
    """Somebody else decided for this ledger meanwhile: load it again."""


class Ledgers(Protocol):
    """The mapper's books."""

    def load(self, key: LedgerKey, *, fresh: bool) -> Ledger | None:
        """The ledger as last seen by this worker, or as stored when `fresh`."""

    def commit(self, key: LedgerKey, ledger: Ledger, orders: Sequence[CopyOrder]) -> bool:
        """Write the next ledger and its decisions, all or none.

        False when the fill was decided before; raises `LedgerConflict` when `ledger.revision`
        is not the one after the stored ledger's.
        """


class Positions(Protocol):
    """What leaders hold, and what follows missed."""

    def of_account(self, account_id: str) -> Holdings | None:
        """What a leader holds; None when its baseline was never taken."""

    def save_baseline(self, account_id: str, positions: Sequence[Position], lease: Lease) -> None:
        """What a leader held before its first fill; raises `LeaseLost` under a stale lease."""

    def fills_written(self, account_id: str) -> int:
        """How many fills of a leader are written down so far."""

    def booked(self, keys: Mapping[str, str]) -> dict[str, Booked]:
        """What follows hold and missed; from and by follow id, `keys` are `position_key`s."""

    def of_follow(self, follow_id: str) -> dict[str, Booked]:
        """All that a follow holds and missed, by `position_key`."""


class PositionMoved(Exception):
    """Another order took of what this one wants to close or to open: look again."""


class Orders(Protocol):
    """Copy orders. Every transition is one conditional write from a known revision."""

    async def claim(
        self, order: CopyOrder, quantity: Decimal, now_ms: int, standing: Standing | None = None
    ) -> CopyOrder | None:
        """The order as SENT, so that `quantity` (base units) may be sent now.

        None when it has moved on from the revision that the caller holds, and for an entry
        whose follow was stopped before the claim: that one is SKIPPED. Raises `PositionMoved` for
        an exit of more than is closable, and for an entry that may pass its cap, or whose follow
        does not stand any more where `standing` says.
        """

    async def record(self, before: CopyOrder, after: CopyOrder) -> CopyOrder | None:
        """Move an order on, with what that changes for the position of its follow.

        `after` as stored, or None when the order has moved on from `before.revision` meanwhile.
        """

    async def booked(self, order: CopyOrder) -> Booked:
        """The position of its follow that the order changes."""

    async def standing(self, order: CopyOrder) -> Standing:
        """Where its follow stands as a whole, as of now; the revision was read first."""

    def get(self, follow_id: str, order_key: str) -> CopyOrder | None: ...

    def under_way(self, leader_id: str, *, waiting: bool = False) -> set[tuple[str, str]]:
        """Follow id and position key of a leader's copies that are not at their end.

        Those that wait for a better price are told instead when they are asked for. What was
        planned within the last seconds may be missing.
        """

    def stale(self, before_ms: int, limit: int = 100) -> list[CopyOrder]:
        """Orders that are not terminal and have not moved since `before_ms`."""


class Waits(Protocol):
    """Entries that wait for a better price."""

    def waiting(self, limit: int) -> list[CopyOrder]:
        """The first of them, by when they began; what was written a moment ago may be missing."""

    def move(
        self, key: LedgerKey, ledger: Ledger, steps: Sequence[tuple[CopyOrder, CopyOrder]]
    ) -> bool:
        """Move orders on, each of another follow, with the next ledger; all or none.

        False when one of them has moved on meanwhile; raises `LedgerConflict` when
        `ledger.revision` is not the one after the stored ledger's.
        """


class Margins(Protocol):
    """What accounts' markets were set to at their venues."""

    def get(self, account_id: str, symbol: str) -> MarginMark | None:
        """As stored now."""

    def put(self, mark: MarginMark) -> bool:
        """False, and nothing is written, when the stored one is not of the revision before it."""

    def holds(self, follow_ids: Iterable[str], symbol: str) -> bool:
        """Whether one of the follows has something in a market, or entries that may yet fill."""


class MarginGate(Protocol):
    """The leverage and margin mode that an entry asks for, set before it is claimed."""

    async def bar(self, order: CopyOrder, venue: Venue) -> str:
        """Why the entry is not to be sent; "" once its market is as it wants it.

        Raises `NotSent` for what may be tried again.
        """


class HaltGate(Protocol):
    """What operators have stopped, as the sender of an order has to know it."""

    async def stops(self, order: CopyOrder) -> bool:
        """Whether the order must not be sent, as of at most half a second ago.

        Never an exit. Raises `NotSent` when that cannot be known.
        """


class Replays(Protocol):
    """Failed orders that come back to life."""

    def reopen(
        self, key: LedgerKey, ledger: Ledger, before: CopyOrder, after: CopyOrder
    ) -> CopyOrder | None:
        """Move the order on and take back what its end did, on the next revision of the ledger.

        None when the order has moved on meanwhile; raises `LedgerConflict` when
        `ledger.revision` is not the one after the stored ledger's.
        """


class Drifts(Protocol):
    """Copies that an account does not hold any more."""

    def accept(
        self,
        key: LedgerKey,
        ledger: Ledger,
        copied: Decimal,
        record: CopyOrder,
        restored: CopyOrder | None = None,
    ) -> bool:
        """Take the record's quantity off what its follow holds, on the ledger's next revision.

        `restored` is planned with it, to get it back. False, and nothing is written, when the
        ledger or `copied`, which is what the follow held (signed base units), has moved meanwhile,
        or when an exit of it is in flight.
        """


class Audit(Protocol):
    """The history of copy orders, as it is asked for; times are UTC milliseconds."""

    def of_follow(self, follow_id: str, since_ms: int, limit: int) -> list[CopyOrder]:
        """The last `limit` copies of what the leader traded since then, oldest first."""

    def of_leader(self, leader_id: str, since_ms: int, limit: int) -> list[CopyOrder]:
        """The same for all the follows of a leader."""

    def in_state(self, state: State, since_ms: int, limit: int) -> list[CopyOrder]:
        """The last `limit` that came into a state since then, oldest first.

        Of states that are open or failed; raises `ValueError` for the others.
        """

    def failed_since(self, since_ms: int, limit: int) -> list[CopyOrder]:
        """The first `limit` that failed since then, oldest first."""


class Retries(Protocol):
    """The saga of an order that did not go through at once."""

    def start(self, order: CopyOrder) -> None:
        """Start `retry_order` for this revision of the order; a second start does nothing."""


class ExitSyncs(Protocol):
    """The saga that brings every follower to where a leader's exit left its target."""

    def start(self, fill: Fill, *, late: bool) -> None:
        """Start `exit_sync` for the leader's exit; a second start does nothing.

        `late` is one that was decided after later fills.
        """


class AlreadyRunning(Exception):
    """Another session of the same account and type runs; the message names it."""


class SyncSessions(Protocol):
    """Back-fills and how far they have come. Every change is one write from a known revision."""

    def begin(self, session: SyncSession) -> None:
        """Write a new session; raises `AlreadyRunning`."""

    def move(self, before: SyncSession, after: SyncSession) -> bool:
        """Whether the session was still at the revision of `before`, and is `after` now.

        Raises `AlreadyRunning` when it would run beside another one.
        """

    def get(self, account_id: str, session_id: str) -> SyncSession | None: ...

    def of_account(self, account_id: str, limit: int) -> list[SyncSession]:
        """The last `limit`, the latest first."""

    def in_status(self, status: SyncStatus, limit: int) -> list[SyncSession]:
        """The same of all accounts."""


class PastFills(Protocol):
    """Fills of the past, in the table of the live ones, written so that nobody copies them."""

    def add(self, account: Account, session_id: str, fills: Sequence[Fill]) -> Tally:
        """Write those that are new, and those that an earlier back-fill was told otherwise.

        Doing it again counts the same. A fill that was listened to live stays as it is.
        """


class PastAsides(Protocol):
    """What back-fills were told and cannot be trades; nothing of it moves a position.

    Every write raises `Overtaken` unless the session runs, in this attempt of it.
    """

    def keep(self, account: Account, session: SyncSession, aside: Aside) -> bool:
        """Write one that is new."""

    def settle(self, account: Account, session: SyncSession, aside: Aside, fill: Fill) -> bool:
        """Write the fill of the past that one turned out to be.

        False when it was dropped, and when the fill is there already.
        """

    def open(self, account_id: str) -> list[Aside]:
        """What nobody has judged yet."""

    def released(self, account_id: str) -> list[tuple[Aside, Fill]]:
        """What a person has corrected and no back-fill has written yet, maybe a moment old."""


class KnownSymbols(Protocol):
    """Where an account is known to have traded."""

    def of_account(self, account_id: str) -> set[str]:
        """Symbols of all the fills that are stored, and of what earlier back-fills looked at."""


class HistorySyncs(Protocol):
    """The state machine that brings a back-fill to its end."""

    def start(self, session: SyncSession) -> None:
        """Start `history_sync` for this attempt of the session; a second start does nothing."""


class Own(Protocol):
    """What is a user's own."""

    def accounts(self, user: str) -> list[str]: ...

    def follows(self, user: str) -> list[str]: ...

    def fills(
        self, account_id: str, since: str, until: str, limit: int | None, *, newest: bool
    ) -> list[Fill]: ...

    def orders(
        self, follow_id: str, since: str, until: str, limit: int | None, *, newest: bool
    ) -> list[CopyOrder]: ...


class Wallets(Protocol):
    """What accounts have at their venues, as it was read last."""

    def of(self, account_ids: Iterable[str]) -> dict[str, Wallet]:
        """By account; one that was never asked for is left out."""

    def save(self, wallet: Wallet) -> None:
        """A wallet with an error leaves what was read before as it is."""


class Executed(Protocol):
    """What was executed, in the order in which track records count it."""

    def fills(self, account_id: str, after: str, limit: int) -> list[Fill]:
        """The first `limit` fills after this fill id, back-filled ones too, as of now."""

    def written_after(self, account_id: str, number: int, limit: int) -> list[tuple[int, str]]:
        """Number and id of the first `limit` live fills after this one in the order of writing.

        What was written within the last seconds may be missing.
        """

    def copies(self, follow_id: str, after_ms: int, until_ms: int) -> list[CopyOrder]:
        """Orders that moved a position later than the one time and not later than the other.

        What came to its end within the last seconds may be missing.
        """


class TrackRecords(Protocol):
    """Days of accounts and follows, and what they come to."""

    def head(self, place: str) -> "Head | None":
        """How far an account or a follow is counted."""

    def save(self, head: "Head", ended: "Sequence[Ended]") -> bool:
        """Write days that ended, and then the head with its day.

        False, and the head stays, when the stored one is not at the revision before it.
        """

    def ended_before(self, place: str, day: str) -> "Ended | None":
        """The last day before that one, with what was open at its end."""

    def days(self, place: str, since: str = "") -> "dict[str, Day]":
        """From that day on, the one that runs too."""

    def publish(self, record: "TrackRecord") -> bool:
        """False when a later one is there."""

    def record(self, place: str) -> "TrackRecord | None":
        """As it was computed last."""

    def published(self, places: "Iterable[str]") -> "dict[str, TrackRecord]":
        """Those of several places at once; what was never computed is left out."""

    def save_followed(self, row: "Followed") -> None:
        """What a follow comes to, for its leader's record."""

    def followed(self, leader_id: str) -> "dict[str, Followed]":
        """By follow, stopped ones too."""

    def copied(self, account_id: str) -> "dict[str, Followed]":
        """What an account copies, or did; by follow."""


class Payments(Protocol):
    """What accounts were paid beside trades. A payment that is written is never changed."""

    def readings(self, account_ids: Iterable[str]) -> dict[str, Reading]:
        """How far each was read; one that never was is left out."""

    def add(self, reading: Reading, payments: Sequence[Payment]) -> Reading | None:
        """Write those that are new, and the reading after `reading.revision`, which is returned.

        None, and nothing is written, when somebody else wrote one meanwhile. At most
        `payments.MOST`.
        """

    def between(self, account_id: str, since_ms: int, until_ms: int) -> list[Payment]:
        """From the one time to the other, both included, in their order."""

    def want(self, account_id: str, wanted: Wanted) -> None:
        """Fees of copies are to be looked for; what the follow wanted before is not any more."""

    def wanted(self, account_id: str) -> list[Wanted]:
        """What was wanted last, of each follow of the account; found or not."""


class FeeStatements(Protocol):
    """What follows owed their leaders, by month. A statement that was made is never changed."""

    def add(self, statement: "Statement") -> bool:
        """False when the month's was made before."""

    def of_follow(self, follow_id: str) -> "list[Statement]":
        """In their order."""

    def estimate(self, statement: "Statement") -> bool:
        """Write what the month that runs comes to; False when the month's was made before."""

    def owed_by(
        self, owner: str, month: str, after: "Place | None", limit: int
    ) -> "tuple[Sequence[Statement], Place | None]":
        """By a user's follows, of all months or of one, the newest first; and where more are."""

    def owed_to(
        self, owner: str, month: str, after: "Place | None", limit: int
    ) -> "tuple[Sequence[Statement], Place | None]":
        """The same to a user's leaders; only what is settled."""


class Portfolios(Protocol):
    """A user's groups of accounts. Every change is one write from a known revision."""

    def of_owner(self, owner: str) -> "list[Portfolio]": ...

    def get(self, owner: str, portfolio_id: str) -> "Portfolio | None": ...

    def save(self, portfolio: "Portfolio") -> bool:
        """Write the next revision; False when the stored one is not the one before it."""

    def delete(self, owner: str, portfolio_id: str, revision: int) -> bool:
        """False when it is not at that revision."""


class NotAnswered(Exception):
    """Nothing harmful was done: every command of a client may be sent again."""


class Live(Protocol):
    """The commands of the WebSocket, for who has none."""

    def __call__(self, viewer: Viewer, command: str) -> list[dict[str, Any]]:
        """What a WebSocket would bring, the command's answer last; raises `NotAnswered`."""
