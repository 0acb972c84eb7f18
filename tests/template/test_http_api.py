"""The HTTP API: who is let in, where from, and what runs then."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import pytest

from pilotfish.api.contract import PUBLIC
from tests.template.expansion import Resources, named, of_type


@pytest.fixture
def body(resources: Resources) -> dict[str, Any]:
    definition: dict[str, Any] = resources["HttpApi"]["Properties"]["Body"]
    return definition


def test_every_route_but_the_public_ones_wants_a_token(body: dict[str, Any]) -> None:
    open_paths = set()
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if {"Members": []} not in operation.get("security", []):
                assert method == "get"
                open_paths.add(path)

    assert open_paths == PUBLIC


def test_a_token_is_of_our_pool_and_for_our_client(body: dict[str, Any]) -> None:
    scheme = body["components"]["securitySchemes"]["Members"]["x-amazon-apigateway-authorizer"]

    assert scheme["type"] == "jwt"
    assert scheme["identitySource"] == "$request.header.Authorization"
    issuer = "https://cognito-idp.AWS::Region.AWS::URLSuffix/UserPool"
    assert named(scheme["jwtConfiguration"]["issuer"]) == issuer
    assert scheme["jwtConfiguration"]["audience"] == [{"Ref": "UserPoolClient"}]


def test_browsers_ask_before_they_call_and_need_no_token_for_that(body: dict[str, Any]) -> None:
    for operations in body["paths"].values():
        assert not {"options", "x-amazon-apigateway-any-method"} & set(operations)


def test_pages_of_the_named_origins_alone_may_call(body: dict[str, Any]) -> None:
    cors = body["x-amazon-apigateway-cors"]
    (origin,) = cors["allowOrigins"]
    condition, first, nobody = origin["Fn::If"]

    assert condition == "HasOrigins"
    assert first == {"Fn::Select": [0, {"Fn::Split": [",", ANY]}]}
    assert nobody == "https://none.invalid"
    assert set(cors["allowHeaders"]) == {
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
    }
    assert not cors.get("allowCredentials")


def test_the_gateway_alone_runs_the_api(resources: Resources) -> None:
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    mine = [each for each in permissions if named(each["FunctionName"]) == "ApiFunction"]

    assert mine
    for permission in mine:
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert "HttpApi" in str(permission["SourceArn"])


def test_a_flood_is_stopped_before_it_costs(resources: Resources) -> None:
    stages = of_type(resources, "AWS::ApiGatewayV2::Stage")
    (stage,) = [each for each in stages.values() if each["ApiId"] == {"Ref": "HttpApi"}]
    settings = stage["DefaultRouteSettings"]

    assert 0 < settings["ThrottlingBurstLimit"] <= settings["ThrottlingRateLimit"]


def test_the_pool_outlives_the_stack_and_hands_out_short_sessions(resources: Resources) -> None:
    pool, client = resources["UserPool"], resources["UserPoolClient"]["Properties"]

    assert pool["DeletionPolicy"] == {"Ref": "Retention"}
    assert pool["Properties"]["DeletionProtection"]["Fn::If"][:2] == ["KeepsData", "ACTIVE"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["GenerateSecret"] is False
    assert client["AccessTokenValidity"] <= 60
    assert client["TokenValidityUnits"]["AccessToken"] == "minutes"
    assert resources["OperatorGroup"]["Properties"]["GroupName"] == "operator"
