"""A template's limit of a function's concurrency, and its dead-letter queue, take effect."""

from __future__ import annotations

from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners


def apply() -> None:
    """Have CloudFormation set what it drops when it creates a function."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create = handler["create"]

    def create_with_all(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        name, attributes = create(logical_id, properties, stack_name)
        function = lambda_svc._functions[name]
        limit = properties.get("ReservedConcurrentExecutions")
        if limit is not None:
            function["concurrency"] = int(limit)
        if dead_letters := properties.get("DeadLetterConfig"):
            function["config"]["DeadLetterConfig"] = dead_letters
        return name, attributes

    handler["create"] = create_with_all
