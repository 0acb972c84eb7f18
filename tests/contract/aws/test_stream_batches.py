"""Lambda's rules for a batch of stream records that its function did not handle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pilotfish_local.aws.repairs.stream_batches import (
    Delivery,
    Discarded,
    Invocation,
    Record,
    RetryPolicy,
)


def record(number: int, created: float = 0.0) -> Record:
    return {
        "dynamodb": {"SequenceNumber": str(number), "ApproximateCreationDateTime": created},
    }


def numbers(records: Sequence[Record]) -> list[int]:
    return [int(r["dynamodb"]["SequenceNumber"]) for r in records]


class Run:
    """One delivery of `count` records to `function`, with a clock that pauses advance."""

    def __init__(
        self, policy: RetryPolicy, function: Callable[[list[int]], Invocation], count: int
    ) -> None:
        self.batches: list[list[int]] = []
        self.discarded: list[tuple[list[int], str, int]] = []
        self.clock = 0.0

        def invoke(records: Sequence[Record]) -> Invocation:
            self.batches.append(numbers(records))
            return function(self.batches[-1])

        def discard(given_up: Discarded) -> None:
            self.discarded.append(
                (numbers(given_up.records), given_up.condition, given_up.invocations)
            )

        def pause(seconds: float) -> None:
            self.clock += seconds

        delivery = Delivery(policy, invoke, discard, pause, lambda: self.clock)
        delivery.deliver([record(n) for n in range(count)])


def reports(*failed: object) -> Invocation:
    return Invocation(body={"batchItemFailures": [{"itemIdentifier": f} for f in failed]})


def failing_on(poison: int) -> Callable[[list[int]], Invocation]:
    return lambda batch: Invocation(failed=poison in batch)


def test_a_reported_failure_is_retried_from_the_lowest_reported_record() -> None:
    answers = iter([reports("3", "1"), Invocation()])
    run = Run(RetryPolicy(reports_item_failures=True), lambda _: next(answers), 5)
    assert run.batches == [[0, 1, 2, 3, 4], [1, 2, 3, 4]]
    assert run.discarded == []


def test_reports_count_only_where_the_mapping_asks_for_them() -> None:
    run = Run(RetryPolicy(), lambda _: reports("1"), 3)
    assert run.batches == [[0, 1, 2]]


def test_an_identifier_that_says_nothing_fails_the_whole_batch() -> None:
    for nonsense in ("", None, "999"):
        answers = iter([reports(nonsense), Invocation()])
        run = Run(RetryPolicy(reports_item_failures=True), lambda _, a=answers: next(a), 2)
        assert run.batches == [[0, 1], [0, 1]]


def test_bisecting_isolates_the_poison_record_and_handles_all_others_once() -> None:
    policy = RetryPolicy(maximum_retries=2, bisect=True)
    run = Run(policy, failing_on(5), 8)
    handled = [n for batch in run.batches if 5 not in batch for n in batch]
    assert sorted(handled) == [0, 1, 2, 3, 4, 6, 7]
    assert run.discarded == [([5], "RetryAttemptsExhausted", 3)]


def test_without_bisecting_the_whole_batch_is_given_up() -> None:
    run = Run(RetryPolicy(maximum_retries=1), failing_on(1), 3)
    assert run.batches == [[0, 1, 2]] * 2
    assert run.discarded == [([0, 1, 2], "RetryAttemptsExhausted", 2)]


def test_records_older_than_the_maximum_age_are_given_up() -> None:
    run = Run(RetryPolicy(maximum_age=1.0), failing_on(0), 2)
    assert run.discarded == [([0, 1], "RecordAgeExceeded", len(run.batches))]
    assert len(run.batches) > 2


def test_a_throttled_batch_does_not_use_up_retries() -> None:
    answers = iter([Invocation(throttled=True)] * 9 + [Invocation()])
    run = Run(RetryPolicy(maximum_retries=0), lambda _: next(answers), 1)
    assert len(run.batches) == 10
    assert run.discarded == []


def test_a_mapping_without_limits_retries_without_end() -> None:
    answers = iter([Invocation(failed=True)] * 50 + [Invocation()])
    run = Run(RetryPolicy.of({}), lambda _: next(answers), 1)
    assert len(run.batches) == 51


def test_settings_are_read_as_cloudformation_writes_them() -> None:
    written = {
        "MaximumRetryAttempts": "0",
        "MaximumRecordAgeInSeconds": 60,
        "BisectBatchOnFunctionError": "true",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    assert RetryPolicy.of(written) == RetryPolicy(0, 60, True, True)
