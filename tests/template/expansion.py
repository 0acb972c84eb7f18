"""The template as written, and as CloudFormation gets it once SAM has expanded it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform

from pilotfish_local.aws import template_yaml

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"

Resources = dict[str, dict[str, Any]]


class NoManagedPolicies:
    """What SAM asks for the ARNs of managed policies; we use none."""

    def load(self) -> dict[str, str]:
        return {}


def written() -> dict[str, Any]:
    """template.yaml in long form."""
    return template_yaml.load(ROOT / "template.yaml")


def expanded() -> Resources:
    """The resources after the SAM transform, in process and offline."""
    template = written()
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri", "DefinitionUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://artifacts/" + resource["Properties"][name]
    resources: Resources = transform(copy.deepcopy(template), {}, NoManagedPolicies())["Resources"]
    return resources


def of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == kind
    }


def named(value: Any) -> str:
    """An intrinsic as short text: `Fills.Arn`, `Fills.StreamArn`, `Fills/index/undecided`, `*`."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"{name}.{attribute}"
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: found[1].removesuffix(".Arn"), text)
    return json.dumps(value)


def as_list(value: Any) -> list[Any]:
    """A list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every statement of a role's inline policies."""
    for policy in role.get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def grants(role: dict[str, Any]) -> dict[str, set[str]]:
    """What a role allows: actions by resource, the resource as `named` writes it."""
    allowed: dict[str, set[str]] = {}
    for statement in statements(role):
        for resource in as_list(statement["Resource"]):
            allowed.setdefault(named(resource), set()).update(as_list(statement["Action"]))
    return allowed


def function_of(logical_id: str) -> str:
    """`ExitSyncFunction` is `exit_sync`, in functions/ and in events/."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id.removesuffix("Function")).lower()


def sample_events(function: str) -> dict[str, Any]:
    """The samples of a function by case."""
    return {
        path.stem: json.loads(path.read_text()) for path in sorted((EVENTS / function).glob("*"))
    }
