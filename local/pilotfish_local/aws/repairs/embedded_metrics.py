"""CloudWatch makes metrics of log lines in the embedded metric format (EMF)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudwatch, lambda_svc


@dataclass(frozen=True)
class Sample:
    """One value of one metric under one set of dimensions."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: dict[str, str]


def samples(line: str) -> Iterator[Sample]:
    """The values that a log line carries; none for a line that is not EMF or breaks its rules."""
    if '"_aws"' not in line or not line.startswith("{"):
        return
    try:
        entry = json.loads(line)
        directives = entry["_aws"]["CloudWatchMetrics"]
        found = [sample for directive in directives for sample in _samples_of(directive, entry)]
    except (ValueError, KeyError, TypeError):
        return
    yield from found


def _samples_of(directive: dict[str, Any], entry: dict[str, Any]) -> Iterator[Sample]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = {name: str(entry[name]) for name in names}
        for metric in directive["Metrics"]:
            unit = metric.get("Unit", "None")
            for value in _values(entry[metric["Name"]]):
                yield Sample(directive["Namespace"], metric["Name"], value, unit, dimensions)


def _values(written: Any) -> Iterator[float]:
    """A number, a list of numbers, or values with how often each occurred."""
    if isinstance(written, dict):
        counts = written.get("Counts") or [1] * len(written["Values"])
        for value, count in zip(written["Values"], counts, strict=True):
            yield from [float(value)] * int(count)
    elif isinstance(written, list):
        yield from map(float, written)
    else:
        yield float(written)


def apply() -> None:
    """Read metrics off each function's log when an invocation ends."""
    emit_logs = lambda_svc._emit_lambda_logs

    def emit_logs_and_metrics(
        func: dict[str, Any], request_id: str, log: str, *args: Any, **kwargs: Any
    ) -> None:
        emit_logs(func, request_id, log, *args, **kwargs)
        for line in (log or "").splitlines():
            for sample in samples(line):
                cloudwatch.record_metric(
                    sample.namespace, sample.name, sample.value, sample.unit, sample.dimensions
                )

    lambda_svc._emit_lambda_logs = emit_logs_and_metrics
