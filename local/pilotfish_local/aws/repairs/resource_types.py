"""CloudFormation accepts these types; here they are created and do nothing.

None of them alters what a request or a record does; a template that has them must still deploy.
"""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

INERT_TYPES = (
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::IntegrationResponse",
    "AWS::ApiGatewayV2::Model",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::ApplicationInsights::Application",
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::InsightRule",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Events::Archive",
    "AWS::Lambda::CodeSigningConfig",
    "AWS::Logs::QueryDefinition",
    "AWS::ResourceGroups::Group",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::XRay::Group",
    "AWS::XRay::SamplingRule",
)


def _create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
    name = f"{stack_name}-{logical_id}"
    return name, {"Arn": f"arn:aws:inert:::{name}", "Id": name}


def _delete(physical_id: str, properties: dict[str, Any]) -> None:
    """There is nothing to delete."""


def apply() -> None:
    """Let the types through, and alarms on metric math, which MiniStack cannot evaluate."""
    handlers = provisioners._RESOURCE_HANDLERS
    for kind in INERT_TYPES:
        handlers.setdefault(kind, {"create": _create, "delete": _delete})
    create_alarm = handlers["AWS::CloudWatch::Alarm"]["create"]

    def create_alarm_unless_math(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        create = _create if properties.get("Metrics") else create_alarm
        return create(logical_id, properties, stack)

    handlers["AWS::CloudWatch::Alarm"]["create"] = create_alarm_unless_math
