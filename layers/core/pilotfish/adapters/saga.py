"""Starts the `retry_order` state machine, once for each revision of an order."""

import json
from typing import TYPE_CHECKING

from pilotfish.domain.orders import CopyOrder

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient


class StepFunctionsRetries:
    """An execution's name is its idempotence: the same revision never starts a second one."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, order: CopyOrder) -> None:
        """Start the saga for this revision of the order; a second start does nothing."""
        payload = {"follow_id": order.follow_id, "order_key": order.order_key}
        try:
            self._client.start_execution(
                stateMachineArn=self._arn,
                name=f"{order.client_order_id}-{order.revision}",
                input=json.dumps(payload),
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
