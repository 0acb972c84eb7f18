"""What Lambda does with one batch of stream records until each is handled or discarded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
RECORD_TOO_OLD = "RecordAgeExceeded"
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True)
class RetryPolicy:
    """The mapping's own settings; -1 retries and -1 seconds mean without end, as in AWS."""

    maximum_retries: int = -1
    maximum_age: float = -1
    bisect: bool = False
    reports_item_failures: bool = False

    @classmethod
    def of(cls, mapping: dict[str, Any]) -> RetryPolicy:
        """Read the settings of an event source mapping as CloudFormation or the API wrote them."""
        retries = mapping.get("MaximumRetryAttempts")
        age = mapping.get("MaximumRecordAgeInSeconds")
        return cls(
            maximum_retries=-1 if retries is None else int(retries),
            maximum_age=-1 if age is None else float(age),
            bisect=str(mapping.get("BisectBatchOnFunctionError")).lower() == "true",
            reports_item_failures="ReportBatchItemFailures"
            in (mapping.get("FunctionResponseTypes") or ()),
        )


@dataclass(frozen=True)
class Invocation:
    """What came of handing a batch to the function."""

    failed: bool = False
    throttled: bool = False
    body: Any = None
    error: str = ""


@dataclass(frozen=True)
class Discarded:
    """Records that Lambda gives up, and why; `invocations` is how often the function saw them."""

    records: Sequence[Record]
    condition: str
    invocations: int
    failed: bool


@dataclass(frozen=True)
class Delivery:
    """Hands batches to a function under a retry policy; the world comes in as four functions."""

    policy: RetryPolicy
    invoke: Callable[[Sequence[Record]], Invocation]
    discard: Callable[[Discarded], None]
    pause: Callable[[float], None]
    now: Callable[[], float]

    def deliver(self, batch: Sequence[Record]) -> None:
        """Return when every record was handled or discarded; order is kept throughout."""
        waiting = [batch]
        while waiting:
            records = waiting.pop(0)
            rest = self._attempt(records)
            waiting[:0] = [part for part in rest if part]

    def _attempt(self, records: Sequence[Record]) -> Sequence[Sequence[Record]]:
        """Invoke, again as the policy allows; return what is left of these records, in parts."""
        failures = pauses = 0
        while records:
            invocation = self.invoke(records)
            unhandled = remaining(records, invocation, self.policy)
            if not unhandled:
                return ()
            if len(unhandled) < len(records):
                return (unhandled,)
            if not invocation.throttled:
                failures += 1
                if self.policy.bisect and len(records) > 1:
                    middle = len(records) // 2
                    return records[:middle], records[middle:]
                if 0 <= self.policy.maximum_retries < failures:
                    self._give_up(records, RETRIES_EXHAUSTED, failures, invocation)
                    return ()
            self.pause(min(FIRST_PAUSE * 2**pauses, LONGEST_PAUSE))
            pauses += 1
            records = self._without_old(records, failures, invocation)
        return ()

    def _without_old(
        self, records: Sequence[Record], failures: int, invocation: Invocation
    ) -> Sequence[Record]:
        if self.policy.maximum_age < 0:
            return records
        oldest = self.now() - self.policy.maximum_age
        old = [record for record in records if created(record) < oldest]
        if old:
            self._give_up(old, RECORD_TOO_OLD, failures, invocation)
        return [record for record in records if created(record) >= oldest]

    def _give_up(
        self, records: Sequence[Record], why: str, failures: int, invocation: Invocation
    ) -> None:
        self.discard(Discarded(records, why, failures, invocation.failed))


def created(record: Record) -> float:
    """When DynamoDB wrote the change, in seconds since the epoch."""
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def remaining(
    records: Sequence[Record], invocation: Invocation, policy: RetryPolicy
) -> Sequence[Record]:
    """The records that are not handled: all after an error, else from the lowest reported.

    An identifier that is missing, empty or of no record of the batch makes the whole batch fail.
    """
    if invocation.failed or invocation.throttled:
        return records
    if not policy.reports_item_failures or not isinstance(invocation.body, dict):
        return ()
    reported = invocation.body.get("batchItemFailures") or ()
    places = {record["dynamodb"]["SequenceNumber"]: i for i, record in enumerate(records)}
    lowest = len(records)
    for failure in reported:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        lowest = min(lowest, places.get(identifier, 0))
    return records[lowest:]
