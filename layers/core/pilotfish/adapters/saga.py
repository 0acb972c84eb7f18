"""Starts state machines. An execution's name is its idempotence: AWS starts one once in 90 days."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from pilotfish.domain.fills import Fill
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.sync_sessions import SyncSession
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient


# No execution of retry_order runs longer (template.yaml); one that failed may be followed by
# another one then.
LIFETIME_MS = 30 * 60 * 1000


class StepFunctionsRetries:
    """`retry_order`, once at a time for each revision of an order.

    The half hour is part of the name, so that the sweep can start an order's saga again after one
    that failed without having moved the order.
    """

    def __init__(self, client: "SFNClient", state_machine_arn: str, clock: Clock) -> None:
        self._client = client
        self._arn = state_machine_arn
        self._clock = clock

    def start(self, order: CopyOrder) -> None:
        """Start the saga for this revision of the order; a second start now does nothing."""
        name = f"{order.client_order_id}-{order.revision}-{self._clock() // LIFETIME_MS}"
        payload = {"follow_id": order.follow_id, "order_key": order.order_key}
        _start(self._client, self._arn, name, payload)


class StepFunctionsExitSyncs:
    """`exit_sync`, once for each exit of a leader."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, fill: Fill, *, late: bool) -> None:
        """Start the saga for this fill; a second start does nothing."""
        payload = {"account_id": fill.account_id, "fill_id": fill.fill_id}
        digest = sha256(json.dumps(payload).encode()).hexdigest()[:32]
        name = f"{fill.traded_ms}-{digest}"
        _start(self._client, self._arn, name, {**payload, "late": late})


class StepFunctionsHistorySyncs:
    """`history_sync`, once for each attempt of a session."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, session: SyncSession) -> None:
        """Start the state machine for this attempt; a second start does nothing."""
        name = f"{session.session_id}-{session.attempt}"
        key = {"account_id": session.account_id, "session_id": session.session_id}
        _start(self._client, self._arn, name, key | {"attempt": session.attempt})


def _start(client: "SFNClient", arn: str, name: str, payload: Mapping[str, object]) -> None:
    try:
        client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(payload))
    except client.exceptions.ExecutionAlreadyExists:
        return
