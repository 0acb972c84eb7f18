"""HTTP and WebSocket APIs of a template, as a client finds them."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pilotfish_local.aws.deploy import deploy
from pilotfish_local.aws.embedded import EmbeddedAws
from tests.contract.aws.conftest import Deployed, Workshop, eventually

HTTP_API = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Issuer: {Type: String}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        AllowOrigins: ["http://localhost:3000"]
        AllowMethods: [GET, POST]
        AllowHeaders: [authorization]
      Auth:
        DefaultAuthorizer: Token
        Authorizers:
          Token:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {issuer: !Ref Issuer, audience: [pilotfish]}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/api
      Handler: app.handler
      Runtime: python3.13
      Events:
        Open:
          Type: HttpApi
          Properties:
            {ApiId: !Ref Api, Path: "/open/{id}", Method: get, Auth: {Authorizer: NONE}}
        Closed:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Path: /closed, Method: post}
"""

API = """
def handler(event, context):
    authorizer = event["requestContext"].get("authorizer", {})
    who = authorizer.get("jwt", {}).get("claims", {}).get("sub")
    return {"route": event["routeKey"], "path": event.get("pathParameters"), "sub": who}
"""


class Issuer:
    """An identity provider with one key: its discovery document, its key set, its tokens."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.url = ""

    def token(self, **claims: Any) -> str:
        now = int(time.time())
        body = {"iss": self.url, "aud": "pilotfish", "sub": "ada", "exp": now + 60, **claims}
        signed = f"{_encoded({'alg': 'RS256', 'kid': 'k'})}.{_encoded(body)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"

    def documents(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        modulus = _base64url(numbers.n.to_bytes(256, "big"))
        key = {"kty": "RSA", "kid": "k", "alg": "RS256", "n": modulus, "e": "AQAB"}
        return {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/k"},
            "/.well-known/jwks.json": {"keys": [key]},
            "/k": {"keys": [key]},
        }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encoded(document: dict[str, Any]) -> str:
    return _base64url(json.dumps(document).encode())


@contextmanager
def serving(issuer: Issuer) -> Iterator[None]:
    class Documents(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(issuer.documents()[self.path]).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Documents)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    provider = Issuer()
    with serving(provider):
        yield provider


def deploy_http_api(aws: EmbeddedAws, workshop: Workshop, issuer: Issuer) -> Deployed:
    workshop.write("code/api/app.py", API)
    workshop.write("template.yaml", HTTP_API)
    name = f"http-{time.time_ns()}"
    template = workshop.folder / "template.yaml"
    stack = deploy(aws, template, parameters={"Issuer": issuer.url}, stack_name=name)
    return Deployed(aws, stack)


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def call(
    stack: Deployed, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], Any]:
    url = stack.aws.api_url(stack.physical("Api")) + path
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, _lower(reply.headers), json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _lower(error.headers), error.read().decode()


def test_a_sam_http_api_has_its_routes(
    aws: EmbeddedAws, workshop: Workshop, issuer: Issuer
) -> None:
    stack = deploy_http_api(aws, workshop, issuer)
    status, _, body = call(stack, "/open/7")
    assert (status, body["route"], body["path"]) == (200, "GET /open/{id}", {"id": "7"})
    assert call(stack, "/nowhere")[0] == 404


def test_its_jwt_authorizer_lets_in_only_tokens_of_the_issuer(
    aws: EmbeddedAws, workshop: Workshop, issuer: Issuer
) -> None:
    stack = deploy_http_api(aws, workshop, issuer)
    assert call(stack, "/closed", "POST")[0] == 401
    status, _, body = call(stack, "/closed", "POST", Authorization=f"Bearer {issuer.token()}")
    assert (status, body["sub"]) == (200, "ada")
    forger = Issuer()
    forger.url = issuer.url
    for token in (
        forger.token(),
        issuer.token(aud="others"),
        issuer.token(exp=1),
        issuer.token(iss="http://x"),
    ):
        assert call(stack, "/closed", "POST", Authorization=f"Bearer {token}")[0] == 401


def test_its_cors_configuration_is_answered_to_browsers(
    aws: EmbeddedAws, workshop: Workshop, issuer: Issuer
) -> None:
    stack = deploy_http_api(aws, workshop, issuer)
    origin = "http://localhost:3000"
    status, headers, _ = call(stack, "/open/7", "OPTIONS", Origin=origin)
    assert status == 204
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-methods"] == "GET,POST"
    assert call(stack, "/open/7", Origin=origin)[1]["access-control-allow-origin"] == origin
    assert "access-control-allow-origin" not in call(stack, "/open/7", Origin="http://evil")[1]


def test_unrepaired_a_sam_http_api_has_no_routes(
    unrepaired: Callable[[str], EmbeddedAws], workshop: Workshop, issuer: Issuer
) -> None:
    stack = deploy_http_api(unrepaired("http_api_definition"), workshop, issuer)
    assert call(stack, "/open/7")[0] == 404


WEBSOCKET_API = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: sockets
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: $request.body.action
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: live, AutoDeploy: true}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub
        arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Socket.Arn}/invocations
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $connect, Target: !Sub "integrations/${Integration}"}
  Default:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${Integration}"}
  Answer:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Api, RouteId: !Ref Default, RouteResponseKey: $default}
  Socket:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code/socket, Handler: app.handler, Runtime: python3.13, Timeout: 10}
"""

SOCKET = """
import json, os, time

def handler(event, context):
    request = event["requestContext"]
    print("ROUTE", request["routeKey"])
    if request["routeKey"] == "$default":
        time.sleep(0.5)
        return {"statusCode": 200, "body": json.dumps({"pid": os.getpid()})}
    return {"statusCode": 200}
"""


async def ask_from_sockets(stack: Deployed, count: int) -> list[int]:
    """The processes that answer when `count` sockets ask at the same moment."""
    url = stack.aws.websocket_url(stack.physical("Api"), "live")

    async def ask(session: aiohttp.ClientSession) -> int:
        async with session.ws_connect(url) as socket:
            await socket.send_str("hello")
            answer: dict[str, int] = await socket.receive_json(timeout=20)
            return answer["pid"]

    async with aiohttp.ClientSession() as session:
        return list(await asyncio.gather(*(ask(session) for _ in range(count))))


async def test_websocket_routes_run_side_by_side_and_log(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = await asyncio.to_thread(workshop.deploy, aws, WEBSOCKET_API, socket=SOCKET)
    assert len(set(await ask_from_sockets(stack, 3))) == 3
    routes = await asyncio.to_thread(
        eventually, lambda: [ln for ln in stack.log("Socket") if ln.startswith("ROUTE")]
    )
    assert {"ROUTE $connect", "ROUTE $default"} <= set(routes)


async def test_unrepaired_one_worker_serves_all_sockets(
    unrepaired: Callable[[str], EmbeddedAws], workshop: Workshop
) -> None:
    aws = await asyncio.to_thread(unrepaired, "websocket_routes")
    stack = await asyncio.to_thread(workshop.deploy, aws, WEBSOCKET_API, socket=SOCKET)
    assert len(set(await ask_from_sockets(stack, 3))) == 1
    assert stack.log("Socket") == []
