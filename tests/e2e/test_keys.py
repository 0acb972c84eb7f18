"""Keys on the whole stack with IAM enforced: in by HTTP, tried next door, found nowhere."""

import json
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from pilotfish.domain.rules import Rules
from pilotfish_local.exchange_control import ExchangeControl
from pilotfish_local.http_api import Reply, call
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.members import Member, sign_up
from pilotfish_local.onboarding import Trader, follow
from tests.canaries import in_memory, places_with

from .conftest import USDM_BTC, Scene, new_scene

_numbers = count(1)
CANARIES = ("CaNaRyKeY", "CaNaRySeCrEt", "CaNaRyPhRaSe")


@pytest.fixture(scope="module")
def ann(local: LocalStack) -> Member:
    return sign_up(local, "ann-keys@example.com")


@pytest.fixture
def exchange(local: LocalStack) -> Iterator[ExchangeControl]:
    yield local.exchange
    local.exchange.clear_faults()


def a_key(local: LocalStack, **may: Any) -> dict[str, str]:
    """A key that the exchange knows."""
    number = next(_numbers)
    key = {"api_key": f"CaNaRyKeY{number:04d}", "secret": f"CaNaRySeCrEt{number:04d}+/="}
    names = {"name": f"canary-{number}", "venue": "binanceusdm", "key": key["api_key"]}
    local.exchange.open_accounts([{**names, "secret": key["secret"], **may}])
    return {**key, "password": f"CaNaRyPhRaSe{number:04d}"}


def name_of(key: dict[str, str]) -> str:
    return f"canary-{int(key['api_key'].removeprefix('CaNaRyKeY'))}"


def ask(local: LocalStack, who: Member, method: str, path: str, body: Any = None) -> Reply:
    return call(local.api_url, method, path, body, who.headers)


def send(local: LocalStack, who: Member, key: dict[str, str], **more: Any) -> Reply:
    return ask(local, who, "POST", "/connections", {"venue": "binanceusdm", "key": key, **more})


def test_a_connection_over_http_from_its_key_to_its_end(local: LocalStack, ann: Member) -> None:
    answer = send(local, ann, a_key(local), label="mine", leads=True)
    assert answer.status == 201, answer.text
    one, key = answer.body["connection"], answer.body["key"]
    assert (one["leads"], key["trade"], key["withdraw"]) == (True, True, False)
    path = f"/connections/{one['account_id']}"
    assert ask(local, ann, "GET", "/connections").body["connections"][-1] == one
    rotated = ask(local, ann, "PUT", f"{path}/key", a_key(local))
    assert (rotated.status, rotated.body["connection"]["key_version"]) == (200, 2)
    assert ask(local, ann, "POST", f"{path}/test").body["key"]["fit"]
    assert ask(local, ann, "POST", f"{path}/pause").body["paused"]
    assert not ask(local, ann, "POST", f"{path}/resume").body["paused"]
    assert ask(local, ann, "DELETE", path).status == 204
    assert ask(local, ann, "GET", path).status == 404
    table, key = local.name("AccountsTable"), {"pk": {"S": one["account_id"]}}
    left = local.aws.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    assert "sealed_key" not in left
    assert left["owner"]["S"] == ann.user
    keys = {place for place in places_with(local, [one["account_id"]]) if "KeysTable" in place}
    assert not [place for place in keys if "data#" in place or "held#" in place]


def test_what_one_member_connects_another_neither_sees_nor_changes(
    local: LocalStack, ann: Member
) -> None:
    ben = sign_up(local, "ben-keys@example.com")
    account_id = send(local, ann, a_key(local)).body["connection"]["account_id"]
    path = f"/connections/{account_id}"
    for method, route, body in (
        ("GET", path, None),
        ("DELETE", path, None),
        ("PUT", f"{path}/key", a_key(local)),
        ("POST", f"{path}/test", None),
        ("POST", f"{path}/pause", None),
    ):
        assert ask(local, ben, method, route, body).status == 404
    assert ask(local, ben, "GET", "/connections").body == {"connections": [], "next": None}


def test_a_follower_connected_over_http_copies_until_it_is_deleted(
    local: LocalStack, ann: Member
) -> None:
    """The sealed key opens where orders are sent."""
    scene: Scene = new_scene(local, "binanceusdm")
    key = a_key(local)
    account_id = send(local, ann, key).body["connection"]["account_id"]
    trader = Trader(account_id, "binanceusdm", ann.user)
    scene.follows += follow(local, scene.leader, [trader], [Rules()])
    scene.trade(("buy", "0.02", USDM_BTC))
    scene.settle()
    assert len(local.exchange.orders(account=name_of(key))) == 1

    path = f"/connections/{account_id}"
    refused = ask(local, ann, "DELETE", path)
    assert (refused.status, refused.body["code"]) == (409, "still_followed")
    assert ask(local, ann, "DELETE", f"{path}?stop_follows=true").status == 204
    scene.trade(("buy", "0.02", USDM_BTC))
    scene.await_fills()
    time.sleep(2)
    assert len(local.exchange.orders(account=name_of(key))) == 1


def test_a_key_that_gained_the_right_to_withdraw_pauses_its_connection(
    local: LocalStack, ann: Member
) -> None:
    key = a_key(local)
    path = f"/connections/{send(local, ann, key).body['connection']['account_id']}"
    local.exchange.change_account(name_of(key), can_withdraw=True)
    tested = ask(local, ann, "POST", f"{path}/test").body
    assert (tested["key"]["fit"], tested["connection"]["paused"]) == (False, True)
    assert ask(local, ann, "POST", f"{path}/resume").status == 409
    assert local.invoke("ConnectionsFunction", {"do": "check"})["done"]["paused"] == []


def as_role(local: LocalStack, role: str, service: str) -> Any:
    """A client with what a function's role may do."""
    arn = f"arn:aws:iam::000000000000:role/{local.name(role)}"
    given = local.aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=local.aws.endpoint,
        region_name=local.aws.region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def test_who_seals_keys_is_denied_to_open_them(local: LocalStack) -> None:
    context = {"owner": "o", "account": "a", "key_version": "1"}
    api, key_id = as_role(local, "ApiRole", "kms"), local.name("SealingKey")
    sealed = api.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=context)
    wrapped = {"CiphertextBlob": sealed["CiphertextBlob"], "EncryptionContext": context}
    with pytest.raises(ClientError, match="AccessDenied"):
        api.decrypt(KeyId=key_id, **wrapped)
    opener = as_role(local, "ConnectionsRole", "kms")
    assert opener.decrypt(KeyId=key_id, **wrapped)["Plaintext"] == sealed["Plaintext"]
    with pytest.raises(ClientError, match="AccessDenied"):
        opener.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=context)


def test_no_key_is_found_anywhere(
    local: LocalStack, ann: Member, exchange: ExchangeControl
) -> None:
    """Healthy, refused, said back by the venue, misspelt, sent twice, rotated and deleted."""
    good = a_key(local)
    said = f"<html>no key {good['api_key']} with {good['secret']} signature={'a1' * 32}</html>"
    replies = [send(local, ann, good)]
    path = f"/connections/{replies[0].body['connection']['account_id']}"
    replies += [send(local, ann, a_key(local, can_withdraw=True)), send(local, ann, good)]
    unknown = {"api_key": "CaNaRyKeY9999", "secret": "CaNaRySeCrEt9999", "password": ""}
    replies.append(send(local, ann, unknown))
    rules = {"kind": "status", "body": "html", "text": said, "times": 2, "endpoint": "balance"}
    for status in (401, 503):
        exchange.add_faults([{**rules, "status": status}])
        replies.append(ask(local, ann, "POST", f"{path}/test"))
        replies.append(ask(local, ann, "PUT", f"{path}/key", good))
        exchange.clear_faults()
    for bad in (
        {"key": good},
        {"venue": "okx", "key": json.dumps(good)},
        {"venue": "okx", "key": {**good, "api_key": [good["secret"]]}},
        {"venue": "okx", "key": {**good, "api_key": f"{good['api_key']} with a space"}},
    ):
        replies.append(ask(local, ann, "POST", "/connections", bad))
        assert replies[-1].status == 422
    again = a_key(local)
    replies += [ask(local, ann, "PUT", f"{path}/key", again), ask(local, ann, "DELETE", path)]
    local.invoke("ConnectionsFunction", {"do": "check"})

    told = "".join(reply.text for reply in replies)
    assert not [word for word in CANARIES if word in told]
    assert any("signature" in reply.text or "no key" in reply.text for reply in replies)
    assert places_with(local, CANARIES) == []
    found = {place.partition(":")[0] for place in places_with(local, [path.rpartition("/")[2]])}
    assert {"tables", "logs"} <= found, "the search finds nothing"


def test_what_a_worker_of_the_api_has_in_memory(
    local: LocalStack, ann: Member, closing_line: Any
) -> None:
    """No object holds a key once it was sealed; what is left of it is overwritten soon."""
    key = a_key(local)
    assert send(local, ann, key).status == 201
    words = [key["secret"], key["api_key"]]
    began = time.monotonic()
    function = local.name("ApiFunction")
    [pid, *_] = local.aws.worker_pids(function)
    assert in_memory(pid, ["pilotfish"])["pilotfish"], "the search finds nothing"
    while True:
        left = [in_memory(pid, words) for pid in local.aws.worker_pids(function)]
        if not any(sum(each.values()) for each in left):
            break
        if time.monotonic() - began > 60:
            pytest.fail(f"{left} in {function}")
        ask(local, ann, "GET", "/connections")
    closing_line(f"a key left the memory of the API's workers in {time.monotonic() - began:.1f} s")
