"""Deploys a SAM template to the embedded AWS through CloudFormation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilotfish_local.aws import packaging
from pilotfish_local.aws.embedded import EmbeddedAws

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class DeploymentError(RuntimeError):
    """The stack was not created; the message names each resource that failed, and why."""


@dataclass(frozen=True)
class Stack:
    """A created stack: its outputs, and the physical id of each logical id."""

    name: str
    outputs: dict[str, str]
    resources: dict[str, str]


def deploy(
    aws: EmbeddedAws,
    template_path: Path,
    *,
    folders: Mapping[str, Path] | None = None,
    parameters: Mapping[str, str] | None = None,
    stack_name: str = "pilotfish",
    seconds: float = 120.0,
) -> Stack:
    """Package the template, create the stack and wait for it.

    `folders` maps a logical id to the folder to take in place of the one in the template.
    Raises DeploymentError.
    """
    template_url = packaging.package(aws, template_path, folders=folders)
    cloudformation = aws.client("cloudformation")
    try:
        cloudformation.create_stack(
            StackName=stack_name,
            TemplateURL=template_url,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in (parameters or {}).items()
            ],
            Capabilities=CAPABILITIES,
        )
    except cloudformation.exceptions.ClientError as error:
        raise DeploymentError(str(error)) from error
    return _created(cloudformation, stack_name, time.monotonic() + seconds)


def _created(cloudformation: Any, stack_name: str, deadline: float) -> Stack:
    while True:
        stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", ())}
            return Stack(stack_name, outputs, _resources(cloudformation, stack_name))
        in_progress = stack["StackStatus"].endswith("_IN_PROGRESS")
        if not in_progress or time.monotonic() > deadline:
            raise DeploymentError(_reasons(cloudformation, stack))
        time.sleep(0.02)


def _resources(cloudformation: Any, stack_name: str) -> dict[str, str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    return {
        row["LogicalResourceId"]: row["PhysicalResourceId"]
        for page in pages
        for row in page["StackResourceSummaries"]
    }


def _reasons(cloudformation: Any, stack: dict[str, Any]) -> str:
    events = cloudformation.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
    failed = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    status = f"{stack['StackName']} is {stack['StackStatus']}"
    return "\n".join([status, *(failed or [stack.get("StackStatusReason", "")])])
