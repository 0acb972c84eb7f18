"""One event source mapping of a DynamoDB stream at work: records in, invocations out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import _request_account_id, _request_region
from ministack.services import dynamodb, lambda_svc

from pilotfish_local.aws.repairs import stream_failures
from pilotfish_local.aws.repairs.stream_batches import (
    Delivery,
    Discarded,
    Invocation,
    Record,
    RetryPolicy,
)
from pilotfish_local.aws.repairs.stream_lanes import Lane, lane_of

logger = logging.getLogger(__name__)
READ_AT_ONCE = 1000


class StreamReader:
    """Takes records off the stream into the lanes of an enabled mapping."""

    def __init__(self, account: str, region: str, mapping: dict[str, Any], table_name: str) -> None:
        self.mapping = mapping
        self.table_name = table_name
        self._scope = account, region
        self._taking = threading.Lock()
        factor = int(mapping.get("ParallelizationFactor") or 1)
        self._lanes = [self._lane(number) for number in range(factor)]
        self._position = self._stored_position()

    def take(self) -> None:
        """Move what is new in the stream into the lanes, past the filter, in order."""
        account, region = self._scope
        scope = {"account_id": account, "region": region}
        table = dynamodb._tables.get_scoped(account, region, self.table_name)
        if not table or table.get("LatestStreamArn") != self.mapping["EventSourceArn"]:
            return
        with self._taking:
            position = max(self._position, dynamodb.stream_start_position(self.table_name, **scope))
            while records := dynamodb.stream_records_since(
                self.table_name, position, READ_AT_ONCE, **scope
            ):
                for offset, record in enumerate(records):
                    if lambda_svc._apply_filter_criteria([record], self.mapping):
                        lane = lane_of(record, table["pk_name"], len(self._lanes))
                        self._lanes[lane].put(position + offset, record)
                position += len(records)
            self._position = position

    def stop(self) -> None:
        """Stop, and leave the mapping's position at the oldest record that is not handled."""
        with self._taking:
            for lane in self._lanes:
                lane.stop()
            unhandled = [lane.first_position for lane in self._lanes]
            position = min([p for p in unhandled if p is not None], default=self._position)
        self._store_position(position)

    def _lane(self, number: int) -> Lane:
        def deliver(batch: Sequence[Record]) -> None:
            policy = RetryPolicy.of(self.mapping)
            Delivery(policy, self._invoke, self._discard, lane.pause, time.time).deliver(batch)

        def limits() -> tuple[int, float]:
            window = self.mapping.get("MaximumBatchingWindowInSeconds") or 0
            return int(self.mapping.get("BatchSize") or 100), float(window)

        lane = Lane(f"stream-{self.table_name}-{number}", deliver, limits)
        return lane

    def _invoke(self, records: Sequence[Record]) -> Invocation:
        try:
            function = self._function()
            started = time.monotonic()
            result = lambda_svc._execute_function_with_config_scope(
                function, {"Records": list(records)}
            )
        except Exception as error:
            logger.exception("could not invoke %s", self.mapping["FunctionName"])
            return Invocation(throttled=True, error=str(error))
        if result.get("throttle"):
            return Invocation(throttled=True)
        failed = bool(result.get("error"))
        self._account_for(failed, time.monotonic() - started)
        body = result.get("body")
        return Invocation(failed=failed, body=body)

    def _account_for(self, failed: bool, seconds: float) -> None:
        name = self.mapping["FunctionName"]
        self.mapping["LastProcessingResult"] = "PROBLEM: Function call failed" if failed else "OK"
        arguments = {"duration_ms": seconds * 1000, "error": failed, "throttle": False}
        self._scoped(lambda_svc._emit_lambda_metrics, name, **arguments)

    def _discard(self, discarded: Discarded) -> None:
        destinations = self.mapping.get("DestinationConfig") or {}
        destination = (destinations.get("OnFailure") or {}).get("Destination")
        if not destination:
            return
        record = stream_failures.invocation_record(
            discarded,
            self.mapping["EventSourceArn"],
            self._function()["config"]["FunctionArn"],
            datetime.now(UTC),
        )
        try:
            stream_failures.send(destination, record)
        except Exception:
            logger.exception("OnFailure destination %s did not take a record", destination)

    def _function(self) -> dict[str, Any]:
        function, _ = self._scoped(
            lambda_svc._get_func_record_for_qualifier,
            self.mapping["FunctionName"],
            self.mapping.get("Qualifier"),
        )
        if function is None:
            raise LookupError(f"no function {self.mapping['FunctionName']}")
        return dict(function)

    def _scoped(self, call: Any, *args: Any, **kwargs: Any) -> Any:
        account, region = self._scope
        account_token = _request_account_id.set(account)
        region_token = _request_region.set(region)
        try:
            return call(*args, **kwargs)
        finally:
            _request_account_id.reset(account_token)
            _request_region.reset(region_token)

    def _stored_position(self) -> int:
        account, region = self._scope
        positions = lambda_svc._dynamodb_stream_positions
        return int(positions.get_scoped(account, region, self.mapping["UUID"], 0))

    def _store_position(self, position: int) -> None:
        positions = lambda_svc._dynamodb_stream_positions
        with lambda_svc._dynamodb_stream_positions_lock:
            positions.set_scoped(*self._scope, self.mapping["UUID"], position)
