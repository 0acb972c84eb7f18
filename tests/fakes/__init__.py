"""In-memory twins of the ports; `tests/contract/stores` holds them to the real adapters."""

from tests.fakes.auditing import MemoryAudit, MemoryDrifts, MemoryReplays
from tests.fakes.clock import EPOCH_MS, ManualClock, simulate
from tests.fakes.copying import (
    MemoryAccounts,
    MemoryExitSyncs,
    MemoryFollows,
    MemoryInstruments,
    MemoryLedgers,
    MemoryOrders,
    MemoryRetries,
)
from tests.fakes.history import (
    MemoryHistorySyncs,
    MemoryKnownSymbols,
    MemoryPastFills,
    MemorySyncSessions,
)
from tests.fakes.listening import MemoryCursors, MemoryFills, MemoryLeases, MemoryPositions
from tests.fakes.starting import MemoryFollowStarts
from tests.fakes.tables import Tables
from tests.fakes.venue import Fault, ModelVenue, ModelVenues

__all__ = [
    "EPOCH_MS",
    "Fault",
    "ManualClock",
    "MemoryAccounts",
    "MemoryAudit",
    "MemoryCursors",
    "MemoryDrifts",
    "MemoryExitSyncs",
    "MemoryFills",
    "MemoryFollowStarts",
    "MemoryFollows",
    "MemoryHistorySyncs",
    "MemoryInstruments",
    "MemoryKnownSymbols",
    "MemoryLeases",
    "MemoryLedgers",
    "MemoryOrders",
    "MemoryPastFills",
    "MemoryPositions",
    "MemoryReplays",
    "MemoryRetries",
    "MemorySyncSessions",
    "ModelVenue",
    "ModelVenues",
    "Tables",
    "simulate",
]
