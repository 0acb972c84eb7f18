"""The OpenAPI document, out of the routes themselves, and the page that shows it."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from pilotfish.api.problems import CONTENT_TYPE

TITLE = "Pilotfish"
VERSION = "1"
ABOUT = (
    "Copy trading. Money and quantities are decimal text, times are UTC milliseconds. Bring an "
    "access token of the stack's user pool as `Authorization: Bearer …`. Errors are problems "
    "(RFC 9457). A write with an `Idempotency-Key` is done once, however often it is sent. "
    "A list has `next` for `?cursor=` while there is more. Each member has 300 requests a minute."
)
# Whoever reads it must not be made to load scripts from elsewhere.
PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
METHODS = ("get", "post", "put", "patch", "delete")
PUBLIC = frozenset({"/openapi.json", "/docs"})

PROBLEM = {
    "type": "object",
    "description": "What went wrong, as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do, for a person."},
        "code": {"type": "string", "description": "What is wrong, for a program."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
REFUSED = {
    "type": "object",
    "description": "What the gateway itself refuses: no token, no such path, too much at once.",
    "required": ["message"],
    "properties": {"message": {"type": "string"}},
}


def document(resolver: APIGatewayHttpResolver) -> dict[str, Any]:
    """OpenAPI 3.1 of every route, with the problems that each may answer."""
    schema: dict[str, Any] = json.loads(
        resolver.get_openapi_json_schema(
            title=TITLE,
            version=VERSION,
            description=ABOUT,
            openapi_version="3.1.0",
            security_schemes={"token": HTTPBearer(scheme="bearer", bearerFormat="JWT")},
        )
    )
    schema["servers"] = [{"url": "/"}]
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(name, None)
    schemas |= {"Problem": PROBLEM, "Refused": REFUSED}
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                _complete(operations[method], public=path in PUBLIC)
    return schema


def _complete(operation: dict[str, Any], *, public: bool) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    content = {
        CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
        "application/json": {"schema": {"$ref": "#/components/schemas/Refused"}},
    }
    responses["4XX"] = {"description": "Not done, and why.", "content": content}
    responses["5XX"] = {"description": "Not done: our fault.", "content": content}
    if not public:
        operation["security"] = [{"token": []}]


def publish(resolver: APIGatewayHttpResolver) -> None:
    """Serve the document, and a page that calls the API by it."""

    @resolver.get("/openapi.json", include_in_schema=False)
    def contract() -> Response[str]:
        return Response(200, "application/json", json.dumps(document(resolver)))

    @resolver.get("/docs", compress=True, include_in_schema=False)
    def page() -> Response[str]:
        return Response(
            200,
            "text/html; charset=utf-8",
            _page(json.dumps(document(resolver))),
            headers={"Content-Security-Policy": PAGE_POLICY, "X-Content-Type-Options": "nosniff"},
        )


def _page(spec: str) -> str:
    from importlib.resources import files

    from aws_lambda_powertools.event_handler.openapi.swagger_ui.html import generate_swagger_html

    folder = files("aws_lambda_powertools.event_handler.openapi.swagger_ui")
    script = (folder / "swagger-ui-bundle.min.js").read_text("utf-8")
    style = (folder / "swagger-ui.min.css").read_text("utf-8")
    # `</` would end the page's script.
    return generate_swagger_html(
        spec.replace("</", "<\\/"), script, style, "", None, persist_authorization=False
    )
