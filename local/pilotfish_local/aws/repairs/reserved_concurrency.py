"""A function's ReservedConcurrentExecutions in a template is the limit of its concurrency."""

from __future__ import annotations

from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners


def apply() -> None:
    """Have CloudFormation set the limit when it creates a function."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create = handler["create"]

    def create_with_limit(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        name, attributes = create(logical_id, properties, stack_name)
        limit = properties.get("ReservedConcurrentExecutions")
        if limit is not None:
            lambda_svc._functions[name]["concurrency"] = int(limit)
        return name, attributes

    handler["create"] = create_with_limit
