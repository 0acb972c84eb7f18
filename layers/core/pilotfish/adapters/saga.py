"""Starts the `retry_order` state machine, once at a time for each revision of an order."""

import json
from typing import TYPE_CHECKING

from pilotfish.domain.orders import CopyOrder
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient


# No execution runs longer (template.yaml); one that failed may be followed by another one then.
LIFETIME_MS = 30 * 60 * 1000


class StepFunctionsRetries:
    """An execution's name is its idempotence: AWS starts the same one once in 90 days.

    The half hour is part of the name, so that the sweep can start an order's saga again after one
    that failed without having moved the order.
    """

    def __init__(self, client: "SFNClient", state_machine_arn: str, clock: Clock) -> None:
        self._client = client
        self._arn = state_machine_arn
        self._clock = clock

    def start(self, order: CopyOrder) -> None:
        """Start the saga for this revision of the order; a second start now does nothing."""
        payload = {"follow_id": order.follow_id, "order_key": order.order_key}
        try:
            self._client.start_execution(
                stateMachineArn=self._arn,
                name=f"{order.client_order_id}-{order.revision}-{self._clock() // LIFETIME_MS}",
                input=json.dumps(payload),
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
