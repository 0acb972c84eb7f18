"""Lambda reads each mapping of a DynamoDB stream by itself, and retries what failed.

Restores: ReportBatchItemFailures, BisectBatchOnFunctionError, MaximumRetryAttempts,
MaximumRecordAgeInSeconds, OnFailure, ParallelizationFactor and the batching window; a slow handler
delays no other mapping; a throttled batch is kept. New records are taken over as soon as the
request that wrote them is done, all that a transaction wrote at once, so an idle mapping hands
them out without a poll.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from ministack.core.concurrency import esm_wake
from ministack.services import dynamodb, lambda_svc

from pilotfish_local.aws.repairs.stream_reader import StreamReader


class Mappings:
    """All enabled mappings of DynamoDB streams, by id."""

    def __init__(self) -> None:
        self._running: dict[str, StreamReader] = {}
        self._told: set[str] = set()
        self._settling = threading.Lock()

    def settle(self) -> bool:
        """Start mappings that were created or enabled, stop those deleted or disabled."""
        with self._settling:
            wanted = {
                mapping["UUID"]: (account, region, mapping)
                for account, region, mapping in lambda_svc._iter_all_esms()
                if _reads_a_table(mapping)
            }
            for identifier in set(self._running) - set(wanted):
                self._running.pop(identifier).stop()
            for identifier in set(wanted) - set(self._running):
                account, region, mapping = wanted[identifier]
                table_name = _table_name(mapping["EventSourceArn"])
                reader = StreamReader(account, region, mapping, table_name)
                self._running[identifier] = reader
                reader.take()
        return False

    def new_records(self, table_name: str) -> None:
        """A table has new records: its mappings take them when the request at work is done."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # Written by a background thread.
            self._take(table_name)
            return
        if table_name not in self._told:
            self._told.add(table_name)
            loop.call_soon(self._take, table_name)

    def _take(self, table_name: str) -> None:
        self._told.discard(table_name)
        for running in list(self._running.values()):
            if running.table_name == table_name:
                running.take()


def _reads_a_table(mapping: dict[str, Any]) -> bool:
    enabled = str(mapping.get("Enabled", True)).lower() == "true"
    return enabled and ":dynamodb:" in mapping.get("EventSourceArn", "")


def _table_name(stream_arn: str) -> str:
    return stream_arn.split(":table/", 1)[1].split("/", 1)[0]


def apply() -> None:
    """Replace MiniStack's poller of DynamoDB streams, and wake mappings from the write itself."""
    mappings = Mappings()
    emit, position_of_new = dynamodb._emit_stream_event, lambda_svc._init_stream_position

    def emit_and_tell(table_name: str, *args: Any, **kwargs: Any) -> None:
        emit(table_name, *args, **kwargs)
        mappings.new_records(table_name)

    def position_and_wake(*args: Any) -> None:
        position_of_new(*args)
        esm_wake.set()

    dynamodb._emit_stream_event = emit_and_tell
    lambda_svc._init_stream_position = position_and_wake
    lambda_svc._poll_dynamodb_streams = mappings.settle
