"""The HTTP API lets in whom the stack's own user pool names, and nobody else."""

import base64
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pilotfish_local.http_api import Reply, call
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.members import PASSWORD, Member, sign_up

HOUR_S = 3600  # for which the pool's access tokens hold
Forge = Callable[[LocalStack, Member], str]


@pytest.fixture(scope="module")
def ada(local: LocalStack) -> Member:
    return sign_up(local, "ada@example.com")


def ask(local: LocalStack, token: str) -> Reply:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return call(local.api_url, "GET", "/watchlists", headers=headers)


def test_a_member_is_let_in(local: LocalStack, ada: Member) -> None:
    assert ask(local, ada.access_token).body == {"watchlists": []}


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    head, claims, _ = token.split(".")
    return _decoded(head), _decoded(claims)


def _decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _encoded(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _signed(
    head: dict[str, Any], claims: dict[str, Any], key: rsa.RSAPrivateKey | None = None
) -> str:
    """By a key that nobody knows, or by one that is given."""
    message = f"{_encoded(head)}.{_encoded(claims)}"
    key = key or rsa.generate_private_key(65537, 2048)
    signature = key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{message}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def nothing(*_: Any) -> str:
    return ""


def id_token(_: LocalStack, member: Member) -> str:
    return member.id_token


def forged(_: LocalStack, member: Member) -> str:
    return _signed(*parts(member.access_token))


def made_operator(_: LocalStack, member: Member) -> str:
    head, claims, signature = member.access_token.split(".")
    claims = _encoded({**_decoded(claims), "cognito:groups": ["operator"]})
    return f"{head}.{claims}.{signature}"


def prolonged(_: LocalStack, member: Member) -> str:
    head, claims, signature = member.access_token.split(".")
    return f"{head}.{_encoded({**_decoded(claims), 'exp': 4_000_000_000})}.{signature}"


def _pool_key(local: LocalStack) -> rsa.RSAPrivateKey:
    """What the pool itself signs access tokens with."""
    pem = local.aws.token_key(local.name("UserPool"))
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _aged(local: LocalStack, member: Member, seconds: int) -> str:
    """The member's own token, as the pool would have signed it so long ago."""
    head, claims = parts(member.access_token)
    times = {name: claims[name] - seconds for name in ("iat", "auth_time", "exp")}
    return _signed(head, claims | times, _pool_key(local))


def expired(local: LocalStack, member: Member) -> str:
    """An hour ago it would have been let in, see `test_an_hour_is_all_that_ages_a_token`."""
    return _aged(local, member, HOUR_S + 30)


def without_signature(_: LocalStack, member: Member) -> str:
    head, claims = parts(member.access_token)
    return f"{_encoded({**head, 'alg': 'none'})}.{_encoded(claims)}."


def signed_with_the_public_key(_: LocalStack, member: Member) -> str:
    head, claims = parts(member.access_token)
    return f"{_encoded({**head, 'alg': 'HS256'})}.{_encoded(claims)}.{_encoded({'a': 1})}"


def of_another_pool(local: LocalStack, _: Member) -> str:
    cognito = local.aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="another")["UserPool"]["Id"]
    return _token_of(local, pool)


def of_another_client(local: LocalStack, _: Member) -> str:
    return _token_of(local, local.name("UserPool"))


def _token_of(local: LocalStack, pool: str) -> str:
    cognito, email = local.aws.client("cognito-idp"), f"eve-{pool[-4:]}@example.com"
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="another", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.sign_up(ClientId=client, Username=email, Password=PASSWORD)
    cognito.admin_confirm_sign_up(UserPoolId=pool, Username=email)
    answer = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


@pytest.mark.parametrize(
    "forge",
    [
        nothing,
        id_token,
        forged,
        made_operator,
        prolonged,
        expired,
        without_signature,
        signed_with_the_public_key,
        of_another_pool,
        of_another_client,
    ],
)
def test_nobody_else_is(local: LocalStack, ada: Member, forge: Forge) -> None:
    assert ask(local, forge(local, ada)).status == 401


def test_an_hour_is_all_that_ages_a_token(local: LocalStack, ada: Member) -> None:
    """What the pool's key signed is let in until its time is over, and by nothing else refused."""
    assert ask(local, _aged(local, ada, HOUR_S // 2)).status == 200


def test_the_contract_can_be_read_by_anybody(local: LocalStack) -> None:
    assert call(local.api_url, "GET", "/openapi.json").body["openapi"].startswith("3.1")
    assert "swagger" in call(local.api_url, "GET", "/docs").text.lower()


async def test_a_ticket_opens_the_live_api_once(local: LocalStack, ada: Member) -> None:
    ticket = call(local.api_url, "POST", "/tickets", headers=ada.headers).body["ticket"]
    url = f"{local.socket_url}?ticket={ticket}"
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            await socket.send_json({"action": "ping", "id": 1})
            assert (await socket.receive_json(timeout=20))["id"] == 1
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_a_program_brings_its_access_token(local: LocalStack, ada: Member) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(local.socket_url, headers=ada.headers) as socket:
            await socket.send_json({"action": "ping", "id": 2})
            assert (await socket.receive_json(timeout=20))["id"] == 2
        for token in (ada.id_token, forged(local, ada), expired(local, ada)):
            headers = {"Authorization": f"Bearer {token}"}
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(local.socket_url, headers=headers)


def test_what_is_done_under_a_key_is_done_once(local: LocalStack, ada: Member) -> None:
    headers = {**ada.headers, "Idempotency-Key": "once"}
    asked = {"name": "majors", "markets": ["BTC/USDT"]}
    first = call(local.api_url, "POST", "/watchlists", asked, headers)
    again = call(local.api_url, "POST", "/watchlists", asked, headers)
    assert first.status == 201
    assert (again.status, again.body) == (first.status, first.body)
    assert len(ask(local, ada.access_token).body["watchlists"]) == 1


def test_two_people_do_not_overwrite_each_other(local: LocalStack, ada: Member) -> None:
    made = call(local.api_url, "POST", "/watchlists", {"name": "a", "markets": []}, ada.headers)
    path = f"/watchlists/{made.body['watchlist_id']}"
    seen = {**ada.headers, "If-Match": made.headers["etag"]}
    changes = [
        call(local.api_url, "PUT", path, {"name": name, "markets": []}, seen).status
        for name in ("b", "c")
    ]
    assert changes == [200, 412]
    assert call(local.api_url, "GET", path, headers=ada.headers).body["name"] == "b"
    unseen = call(local.api_url, "PUT", path, {"name": "d", "markets": []}, ada.headers)
    assert unseen.status == 428
