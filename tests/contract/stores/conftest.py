"""Each store twice: the twin in memory and the adapter on DynamoDB (moto), on the same tests."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pilotfish import ports
from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.asides import DynamoAsides
from pilotfish.adapters.dynamo.audit import DynamoAudit
from pilotfish.adapters.dynamo.corrections import DynamoCorrections
from pilotfish.adapters.dynamo.cursors import DynamoCursors
from pilotfish.adapters.dynamo.data_keys import DynamoDataKeys
from pilotfish.adapters.dynamo.drifts import DynamoDrifts
from pilotfish.adapters.dynamo.executed import DynamoExecuted
from pilotfish.adapters.dynamo.fee_statements import DynamoFeeStatements
from pilotfish.adapters.dynamo.fills import DynamoFills
from pilotfish.adapters.dynamo.follow_starts import DynamoFollowStarts
from pilotfish.adapters.dynamo.follows import DynamoFollows
from pilotfish.adapters.dynamo.follows_of import DynamoFollowsOf
from pilotfish.adapters.dynamo.halts import DynamoHaltGate, DynamoHalts
from pilotfish.adapters.dynamo.health import DynamoHealths
from pilotfish.adapters.dynamo.instruments import DynamoInstruments
from pilotfish.adapters.dynamo.invitations import DynamoInvitations
from pilotfish.adapters.dynamo.keyring import DynamoKeyring
from pilotfish.adapters.dynamo.known_symbols import DynamoKnownSymbols
from pilotfish.adapters.dynamo.leaders import DynamoLeaders
from pilotfish.adapters.dynamo.leases import DynamoLeases
from pilotfish.adapters.dynamo.ledgers import DynamoLedgers
from pilotfish.adapters.dynamo.margins import DynamoMargins
from pilotfish.adapters.dynamo.orders import DynamoOrders
from pilotfish.adapters.dynamo.owners import DynamoOwners
from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
from pilotfish.adapters.dynamo.past_asides import DynamoPastAsides
from pilotfish.adapters.dynamo.past_fills import DynamoPastFills
from pilotfish.adapters.dynamo.payments import DynamoPayments
from pilotfish.adapters.dynamo.portfolios import DynamoPortfolios
from pilotfish.adapters.dynamo.positions import DynamoPositions
from pilotfish.adapters.dynamo.records import DynamoRecords
from pilotfish.adapters.dynamo.register import DynamoRegister
from pilotfish.adapters.dynamo.replays import DynamoReplays
from pilotfish.adapters.dynamo.sync_sessions import DynamoSyncSessions
from pilotfish.adapters.dynamo.track_records import DynamoTrackRecords
from pilotfish.adapters.dynamo.trail import DynamoTrail
from pilotfish.adapters.dynamo.waits import DynamoWaits
from pilotfish.usecases.halt import Halts
from pilotfish.usecases.lists import Owners, Records
from pilotfish.usecases.trails import Trail
from tests import fakes
from tests.fakes.asides import MemoryAsides
from tests.fakes.copying import MemoryWaits
from tests.fakes.corrections import MemoryCorrections
from tests.fakes.dynamo import OneAtATime, create_tables
from tests.fakes.halting import MemoryHalts, MemoryTrail
from tests.fakes.healths import MemoryHealths
from tests.fakes.history import MemoryPastAsides
from tests.fakes.keyring import (
    MemoryDataKeys,
    MemoryFollowsOf,
    MemoryKeyring,
    MemoryRegister,
)
from tests.fakes.leading import MemoryInvitations, MemoryLeaders
from tests.fakes.listed import MemoryOwners, MemoryRecords
from tests.fakes.margins import MemoryMargins
from tests.fakes.paper import MemoryPaperBooks
from tests.fakes.track_records import (
    MemoryExecuted,
    MemoryFeeStatements,
    MemoryPayments,
    MemoryPortfolios,
    MemoryTrackRecords,
)

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
run = itertools.count()


@dataclass
class Stores:
    """A worker's stores; another worker has its own, on the same tables."""

    accounts: Any
    asides: ports.Asides
    audit: ports.Audit
    corrections: ports.Corrections
    cursors: ports.Cursors
    data_keys: Any
    drifts: ports.Drifts
    executed: ports.Executed
    fee_statements: ports.FeeStatements
    fills: ports.Fills
    follow_starts: ports.FollowStarts
    follows: Any
    follows_of: Any
    halts: Halts
    halt_gate: ports.HaltGate
    healths: ports.Healths
    instruments: ports.Instruments
    keyring: ports.Keyring
    known_symbols: ports.KnownSymbols
    leaders: Any
    invitations: Any
    leases: ports.Leases
    ledgers: ports.Ledgers
    margins: ports.Margins
    orders: ports.Orders
    paper: ports.PaperBooks
    portfolios: ports.Portfolios
    owners: Owners
    past_asides: ports.PastAsides
    past_fills: ports.PastFills
    positions: ports.Positions
    records: Records
    register: ports.Register
    replays: ports.Replays
    sessions: ports.SyncSessions
    track_records: ports.TrackRecords
    payments: ports.Payments
    trail: Trail
    waits: ports.Waits


class Workers:
    """Opens stores for as many workers as a test needs."""

    def __init__(self, clock: fakes.ManualClock, dynamo: tuple[Any, dict[str, str]] | None) -> None:
        self._clock = clock
        self._dynamo = dynamo
        self._tables = fakes.Tables()
        self._paper = MemoryPaperBooks()
        self._fee_statements = MemoryFeeStatements()
        self._portfolios = MemoryPortfolios()
        self._track_records = MemoryTrackRecords()
        self._payments = MemoryPayments()

    def another(self) -> Stores:
        return self._in_memory() if self._dynamo is None else self._on_dynamo(*self._dynamo)

    def _in_memory(self) -> Stores:
        tables = self._tables
        return Stores(
            accounts=fakes.MemoryAccounts(tables),
            asides=MemoryAsides(tables),
            audit=fakes.MemoryAudit(tables),
            corrections=MemoryCorrections(tables),
            cursors=fakes.MemoryCursors(tables),
            data_keys=MemoryDataKeys(tables),
            drifts=fakes.MemoryDrifts(tables),
            executed=MemoryExecuted(tables),
            fee_statements=self._fee_statements,
            fills=fakes.MemoryFills(tables),
            follow_starts=fakes.MemoryFollowStarts(tables),
            follows=fakes.MemoryFollows(tables),
            follows_of=MemoryFollowsOf(tables),
            halts=MemoryHalts(tables),
            halt_gate=MemoryHalts(tables),
            healths=MemoryHealths(tables),
            instruments=fakes.MemoryInstruments(tables),
            keyring=MemoryKeyring(tables),
            known_symbols=fakes.MemoryKnownSymbols(tables),
            leaders=MemoryLeaders(tables),
            invitations=MemoryInvitations(tables),
            leases=fakes.MemoryLeases(tables),
            ledgers=fakes.MemoryLedgers(tables),
            margins=MemoryMargins(tables),
            orders=fakes.MemoryOrders(tables),
            paper=self._paper,
            portfolios=self._portfolios,
            owners=MemoryOwners(tables),
            past_asides=MemoryPastAsides(tables),
            past_fills=fakes.MemoryPastFills(tables),
            positions=fakes.MemoryPositions(tables),
            records=MemoryRecords(tables),
            register=MemoryRegister(tables),
            replays=fakes.MemoryReplays(tables),
            sessions=fakes.MemorySyncSessions(tables),
            track_records=self._track_records,
            payments=self._payments,
            trail=MemoryTrail(tables),
            waits=MemoryWaits(tables, self._clock),
        )

    def _on_dynamo(self, client: Any, name: dict[str, str]) -> Stores:
        leases, positions = name["LeasesTable"], name["PositionsTable"]
        orders, follows = name["CopyOrdersTable"], name["FollowsTable"]
        return Stores(
            accounts=DynamoAccounts(client, name["AccountsTable"], self._clock),
            asides=DynamoAsides(
                client,
                name["AsidesTable"],
                fills_table=name["FillsTable"],
                positions_table=positions,
                leases_table=leases,
            ),
            audit=DynamoAudit(client, orders),
            corrections=DynamoCorrections(client, name["CorrectionsTable"]),
            cursors=DynamoCursors(client, name["CursorsTable"], leases),
            data_keys=DynamoDataKeys(client, name["KeysTable"]),
            drifts=DynamoDrifts(
                client,
                ledgers_table=name["LedgersTable"],
                orders_table=orders,
                positions_table=positions,
            ),
            executed=DynamoExecuted(
                client, fills_table=name["FillsTable"], copy_orders_table=orders
            ),
            fee_statements=DynamoFeeStatements(client, name["TrackRecordsTable"]),
            fills=DynamoFills(
                client, name["FillsTable"], positions_table=positions, leases_table=leases
            ),
            follow_starts=DynamoFollowStarts(
                client,
                accounts_table=name["AccountsTable"],
                follows_table=follows,
                leaders_table=name["LeadersTable"],
                ledgers_table=name["LedgersTable"],
                orders_table=orders,
                positions_table=positions,
            ),
            follows=DynamoFollows(client, follows, name["AccountsTable"]),
            follows_of=DynamoFollowsOf(client, follows),
            halts=DynamoHalts(client, name["HaltsTable"], name["TrailTable"]),
            halt_gate=DynamoHaltGate(client, name["HaltsTable"], self._clock),
            healths=DynamoHealths(client, name["HealthTable"], leases),
            instruments=DynamoInstruments(client, name["InstrumentsTable"], self._clock),
            keyring=DynamoKeyring(client, name["KeysTable"], name["AccountsTable"]),
            known_symbols=DynamoKnownSymbols(
                client, positions_table=positions, sessions_table=name["SyncSessionsTable"]
            ),
            leaders=DynamoLeaders(client, name["LeadersTable"]),
            invitations=DynamoInvitations(client, name["LeadersTable"]),
            leases=DynamoLeases(client, leases),
            ledgers=DynamoLedgers(client, name["LedgersTable"], orders),
            margins=DynamoMargins(client, positions),
            orders=DynamoOrders(client, orders, follows_table=follows, positions_table=positions),
            owners=DynamoOwners(client, name["AccountsTable"], follows),
            paper=DynamoPaperBooks(client, name["PaperTable"]),
            past_asides=DynamoPastAsides(
                client,
                name["AsidesTable"],
                fills_table=name["FillsTable"],
                sessions_table=name["SyncSessionsTable"],
            ),
            past_fills=DynamoPastFills(client, name["FillsTable"]),
            portfolios=DynamoPortfolios(client, name["PortfoliosTable"]),
            positions=DynamoPositions(client, positions, leases),
            records=DynamoRecords(client, fills_table=name["FillsTable"], orders_table=orders),
            register=DynamoRegister(client, name["AccountsTable"]),
            replays=DynamoReplays(
                client,
                ledgers_table=name["LedgersTable"],
                orders_table=orders,
                positions_table=positions,
            ),
            sessions=DynamoSyncSessions(client, name["SyncSessionsTable"]),
            waits=DynamoWaits(
                client,
                ledgers_table=name["LedgersTable"],
                orders_table=orders,
                positions_table=positions,
                clock=self._clock,
            ),
            track_records=DynamoTrackRecords(client, name["TrackRecordsTable"]),
            payments=DynamoPayments(client, name["TrackRecordsTable"]),
            trail=DynamoTrail(client, name["TrailTable"]),
        )


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """A client of moto's DynamoDB, one for these tests: each has tables of its own."""
    with mock_aws():
        yield OneAtATime(boto3.client("dynamodb", region_name="us-east-1"))


@pytest.fixture
def tables(dynamodb: Any) -> dict[str, str]:
    """The template's tables, empty; their names by logical id."""
    return create_tables(dynamodb, TEMPLATE, f"t{next(run)}-")


@pytest.fixture
def clock() -> fakes.ManualClock:
    return fakes.ManualClock()


@pytest.fixture(params=["memory", "dynamo"])
def workers(request: pytest.FixtureRequest, clock: fakes.ManualClock) -> Workers:
    if request.param == "memory":
        return Workers(clock, None)
    client, names = request.getfixturevalue("dynamodb"), request.getfixturevalue("tables")
    return Workers(clock, (client, names))


@pytest.fixture
def stores(workers: Workers) -> Stores:
    return workers.another()


@pytest.fixture
def lease(stores: Stores, clock: fakes.ManualClock) -> ports.Lease:
    """The current lease of shard 0."""
    taken = stores.leases.acquire("0", "first run", clock(), 6_000)
    assert taken is not None
    return taken


@pytest.fixture
def stale(stores: Stores, lease: ports.Lease, clock: fakes.ManualClock) -> ports.Lease:
    """A lease that another run has taken over from its holder."""
    clock.advance(7)
    assert stores.leases.acquire("0", "second run", clock(), 6_000) is not None
    return lease
