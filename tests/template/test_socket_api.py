"""The WebSocket API: nobody connects without a ticket, and every route reaches the function."""

from __future__ import annotations

from typing import Any

from tests.template.expansion import Resources, named, of_type


def routes(resources: Resources) -> dict[str, dict[str, Any]]:
    return {
        route["RouteKey"]: route
        for route in of_type(resources, "AWS::ApiGatewayV2::Route").values()
    }


def test_routes(resources: Resources) -> None:
    assert set(routes(resources)) == {"$connect", "$disconnect", "$default"}
    for route in routes(resources).values():
        assert named(route["Target"]) == "integrations/SocketIntegration"


def test_every_route_runs_the_socket_function(resources: Resources) -> None:
    integration = resources["SocketIntegration"]["Properties"]

    assert integration["IntegrationType"] == "AWS_PROXY"
    assert integration["IntegrationUri"]["Fn::Sub"][1]["Arn"] == {
        "Fn::GetAtt": ["SocketFunction", "Arn"]
    }


def test_a_connection_needs_a_ticket_or_a_token(resources: Resources) -> None:
    connect = routes(resources)["$connect"]
    authorizer = resources[connect["AuthorizerId"]["Ref"]]["Properties"]

    assert connect["AuthorizationType"] == "CUSTOM"
    assert authorizer["AuthorizerType"] == "REQUEST"
    assert authorizer["IdentitySource"] == [], "a token comes in a header, and no ticket with it"
    assert authorizer["AuthorizerUri"]["Fn::Sub"][1]["Arn"] == {
        "Fn::GetAtt": ["AuthorizerFunction", "Arn"]
    }


def test_the_stage_has_every_route_and_is_throttled(resources: Resources) -> None:
    stage = resources["SocketStage"]
    limits = stage["Properties"]["DefaultRouteSettings"]

    assert stage["Properties"]["AutoDeploy"] is True
    assert {resources[name]["Properties"]["RouteKey"] for name in stage["DependsOn"]} == set(
        routes(resources)
    )
    assert 0 < limits["ThrottlingBurstLimit"] <= limits["ThrottlingRateLimit"]


def test_the_api_alone_may_run_its_functions(resources: Resources) -> None:
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    api = "arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:SocketApi"
    sources = {
        named(permission["FunctionName"]): source
        for permission in permissions
        if (source := named(permission["SourceArn"])).startswith(api)
    }

    assert sources == {
        "SocketFunction": f"{api}/live/*",
        "AuthorizerFunction": f"{api}/authorizers/SocketAuthorizer",
    }


def test_messages_are_posted_to_the_api_or_where_the_deployment_says(resources: Resources) -> None:
    for name in ("SocketFunction", "BroadcasterFunction"):
        variables = resources[name]["Properties"]["Environment"]["Variables"]
        condition, override, own = variables["SOCKET_ENDPOINT"]["Fn::If"]

        assert condition == "HasSocketEndpoint"
        assert named(override) == "SocketEndpoint/SocketApi/live"
        assert named(own) == "https://SocketApi.execute-api.AWS::Region.AWS::URLSuffix/live"
