"""An HTTP API defined by OpenAPI, as `AWS::Serverless::HttpApi` is, has its routes and authorizers.

Restores as well: a CorsConfiguration, in a template's spelling or in OpenAPI's, takes effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

ANY_METHOD = "x-amazon-apigateway-any-method"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", ANY_METHOD}


def define(api_id: str, definition: dict[str, Any]) -> None:
    """Create what the OpenAPI document describes on an API that exists."""
    schemes = (definition.get("components") or {}).get("securitySchemes") or {}
    authorizers = {name: _authorizer(api_id, name, scheme) for name, scheme in schemes.items()}
    for route_key, operation in _operations(definition):
        integration = _integration(api_id, operation["x-amazon-apigateway-integration"])
        route: dict[str, Any] = {"routeKey": route_key, "target": f"integrations/{integration}"}
        for requirement in operation.get("security") or []:
            for name, scopes in requirement.items():
                route |= _authorization(authorizers.get(name), schemes.get(name) or {}, scopes)
        _created(apigateway._create_route(api_id, route))


def cors_configuration(written: dict[str, Any]) -> dict[str, Any]:
    """The configuration in the API's own spelling: `allowOrigins`, not `AllowOrigins`."""
    return {name[0].lower() + name[1:]: value for name, value in written.items()}


def _operations(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in (definition.get("paths") or {}).items():
        for method, operation in operations.items():
            if method not in METHODS or "x-amazon-apigateway-integration" not in operation:
                continue
            verb = "ANY" if method == ANY_METHOD else method.upper()
            yield ("$default" if path == "/$default" else f"{verb} {path}"), operation


def _integration(api_id: str, written: dict[str, Any]) -> str:
    request = {
        "integrationType": str(written["type"]).upper(),
        "integrationUri": written["uri"],
        "integrationMethod": written.get("httpMethod", "POST"),
        "payloadFormatVersion": written.get("payloadFormatVersion", "2.0"),
    }
    return str(_created(apigateway._create_integration(api_id, request))["integrationId"])


def _authorizer(api_id: str, name: str, scheme: dict[str, Any]) -> str | None:
    written = scheme.get("x-amazon-apigateway-authorizer")
    if not written:
        return None
    source = written.get("identitySource", "$request.header.Authorization")
    request: dict[str, Any] = {
        "name": name,
        "identitySource": source.split(",") if isinstance(source, str) else source,
    }
    if written["type"] == "jwt":
        request |= {"authorizerType": "JWT", "jwtConfiguration": written["jwtConfiguration"]}
    else:
        request |= {"authorizerType": "REQUEST"} | {
            key: written[key]
            for key in (
                "authorizerUri",
                "authorizerPayloadFormatVersion",
                "authorizerResultTtlInSeconds",
                "enableSimpleResponses",
            )
            if key in written
        }
    return str(_created(apigateway._create_authorizer(api_id, request))["authorizerId"])


def _authorization(
    authorizer: str | None, scheme: dict[str, Any], scopes: list[str]
) -> dict[str, Any]:
    """What a route needs of its authorizer; without one, IAM when the scheme says so."""
    if authorizer is None:
        iam = scheme.get("x-amazon-apigateway-authtype") == "awsSigv4"
        return {"authorizationType": "AWS_IAM"} if iam else {}
    jwt = scheme["x-amazon-apigateway-authorizer"]["type"] == "jwt"
    kind = {"authorizationType": "JWT" if jwt else "CUSTOM", "authorizerId": authorizer}
    return {**kind, "authorizationScopes": scopes}


def _created(reply: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
    status, _, body = reply
    if status >= 300:
        raise ValueError(f"AWS::ApiGatewayV2::Api Body: {body.decode()}")
    created: dict[str, Any] = json.loads(body)
    return created


def apply() -> None:
    """Have CloudFormation read an API's Body and CorsConfiguration."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create = handler["create"]

    def create_as_defined(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        api_id, attributes = create(logical_id, properties, stack_name)
        body = properties.get("Body")
        cors = properties.get("CorsConfiguration")
        if isinstance(body, dict):
            define(api_id, body)
            cors = cors or body.get("x-amazon-apigateway-cors")
        if isinstance(cors, dict):
            apigateway._apis[api_id]["corsConfiguration"] = cors_configuration(cors)
        return api_id, attributes

    handler["create"] = create_as_defined
