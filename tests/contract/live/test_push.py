"""What the broadcaster relies on when it posts, against a gateway that can misbehave."""

import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pilotfish.adapters import push as push_module
from pilotfish.adapters.push import ATTEMPTS, SocketPush, socket_push
from pilotfish.adapters.sigv4 import Keys, Signer
from pilotfish.adapters.wire import Wire
from tests.contract.live.gateway import Gateway, running_gateway, self_signed

KEYS = Keys("AKIDEXAMPLE", "example", "session")
SIGNER = Signer(lambda: KEYS, region="eu-west-1", service="execute-api")


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_module, "BACKOFF_S", 0.001)


@pytest.fixture
def dropped() -> Counter[str]:
    return Counter()


@pytest.fixture
def push(gateway: Gateway, dropped: Counter[str]) -> Iterator[SocketPush]:
    push = SocketPush(gateway.url, SIGNER, threads=4, timeout_s=0.3, on_dropped=dropped.update)
    with closing(push):
        yield push


def test_each_connection_gets_its_frames_in_order(push: SocketPush, gateway: Gateway) -> None:
    frames = {f"c{i}/+=": [f"{i}-{n}".encode() for n in range(5)] for i in range(40)}
    assert push.post(frames) == set()
    assert gateway.posted == frames


def test_posts_are_signed(push: SocketPush, gateway: Gateway) -> None:
    push.post({"c1": [b"{}"]})
    (headers,) = gateway.headers_seen
    assert headers["host"] == f"127.0.0.1:{gateway.server_port}"
    assert headers["x-amz-security-token"] == "session"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


def test_lines_are_kept(push: SocketPush, gateway: Gateway) -> None:
    for _ in range(10):
        push.post({"c1": [b"{}"]})
    assert gateway.lines == 1
    for _ in range(5):
        push.post({f"c{i}": [b"{}"] for i in range(40)})
    assert gateway.lines <= 4


def test_the_gone_are_told_apart(push: SocketPush, gateway: Gateway, dropped: Any) -> None:
    gateway.script["c2"] = [410]
    assert push.post({"c1": [b"1"], "c2": [b"2", b"3"], "c3": [b"4"]}) == {"c2"}
    assert gateway.posted == {"c1": [b"1"], "c3": [b"4"]}
    assert not dropped


@pytest.mark.parametrize("trouble", [[429], [503, 500], ["hang up"], ["hang up", 429]])
def test_passing_trouble_loses_nothing(
    push: SocketPush, gateway: Gateway, dropped: Counter[str], trouble: list[int | str]
) -> None:
    push.post({"c1": [b"0"]})  # So that there is a kept line to hang up.
    gateway.script["c1"] = trouble
    assert push.post({"c1": [b"1", b"2"]}) == set()
    assert gateway.posted == {"c1": [b"0", b"1", b"2"]}
    assert not dropped


@pytest.mark.parametrize(
    ("answer", "reason", "tries"), [(429, "429", ATTEMPTS), (502, "502", ATTEMPTS), (403, "403", 1)]
)
def test_lasting_trouble_ends_in_a_counted_drop(
    push: SocketPush,
    gateway: Gateway,
    dropped: Counter[str],
    caplog: pytest.LogCaptureFixture,
    answer: int,
    reason: str,
    tries: int,
) -> None:
    gateway.script["c1"] = [answer] * 10
    with caplog.at_level(logging.WARNING):
        assert push.post({"c1": [b"1", b"2"], "c2": [b"3"]}) == set()
    assert gateway.posted == {"c2": [b"3"]}
    assert dropped == {reason: 2}
    assert reason in caplog.text
    assert len(gateway.headers_seen) == tries + 1


def test_a_line_that_the_gateway_closes_after_an_answer_is_replaced(
    push: SocketPush, gateway: Gateway
) -> None:
    gateway.script["c1"] = ["last"]
    push.post({"c1": [b"1", b"2"]})
    assert gateway.posted == {"c1": [b"1", b"2"]}
    assert gateway.lines == 2


def test_one_mute_connection_costs_the_others_nothing(gateway: Gateway) -> None:
    gateway.script["mute"] = ["mute"]
    others = {f"c{i}": [b"1"] for i in range(100)}
    with closing(SocketPush(gateway.url, SIGNER, threads=4, timeout_s=60)) as push:
        waiting = threading.Thread(target=push.post, args=({"mute": [b"1"], **others},))
        waiting.start()
        deadline = time.monotonic() + 20
        while sum(map(len, gateway.posted.values())) < 100 and time.monotonic() < deadline:
            time.sleep(0.001)
        told = set(gateway.posted)
        gateway.released.set()
        waiting.join()
    assert told == set(others)


def test_a_mute_connection_is_left_alone_for_a_while(
    push: SocketPush, gateway: Gateway, dropped: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.script["slow"] = ["mute"]
    push.post({"slow": [b"1"]})
    asked = len(gateway.headers_seen)
    push.post({"slow": [b"2"]})
    assert len(gateway.headers_seen) == asked
    assert dropped == {"slow": 2}
    later = time.monotonic() + push_module.SLOW_REST_S
    monkeypatch.setattr(push_module.time, "monotonic", lambda: later)
    push.post({"slow": [b"3"]})
    assert gateway.posted == {"slow": [b"3"]}


def test_a_gateway_that_is_not_there_is_given_up(dropped: Counter[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    with closing(SocketPush(nowhere, SIGNER, on_dropped=dropped.update)) as push:
        assert push.post({"c1": [b"1"], "c2": [b"2"]}) == set()
    assert dropped == {"unreachable": 2}


def test_one_call_does_not_go_on_for_ever(
    push: SocketPush, gateway: Gateway, dropped: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_module, "BUDGET_S", 0.0)
    assert push.post({"c1": [b"1"], "c2": [b"2"]}) == set()
    assert gateway.posted == {}
    assert dropped == {"late": 2}


def test_credentials_and_region_come_from_the_environment(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with closing(socket_push(gateway.url)) as push:
        push.post({"c1": [b"1"]})
    (headers,) = gateway.headers_seen
    assert "Credential=ASIAEXAMPLE/" in headers["authorization"]
    assert "/eu-central-1/execute-api/aws4_request" in headers["authorization"]
    assert headers["x-amz-security-token"] == "session"


@pytest.mark.parametrize("endpoint", ["", "wss://host/live", "127.0.0.1:80/live"])
def test_an_endpoint_is_http(endpoint: str) -> None:
    with pytest.raises(ValueError, match="not an HTTP endpoint"):
        Wire(endpoint, timeout_s=1)


def test_a_kept_line_that_went_dead_is_replaced_at_once(gateway: Gateway) -> None:
    wire = Wire(gateway.url, timeout_s=5)
    post = f"POST {wire.path}/@connections/c1 HTTP/1.1\r\ncontent-length:0\r\n\r\n".encode()
    gateway.script["c1"] = [200, "hang up", 200, "hang up", "hang up"]
    with wire.line() as line:
        assert [line.exchange(post) for _ in range(2)] == [200, 200]
        with pytest.raises(ConnectionError):
            line.exchange(post)
    wire.close()
    assert gateway.lines == 3


def test_the_address_on_aws() -> None:
    wire = Wire("https://a1b2.execute-api.eu-west-1.amazonaws.com/live/", timeout_s=1)
    assert (wire.host, wire.path) == ("a1b2.execute-api.eu-west-1.amazonaws.com", "/live")


def test_over_tls_the_gateway_has_to_prove_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dropped: Counter[str]
) -> None:
    chain = self_signed(tmp_path, "127.0.0.1")
    with running_gateway(chain) as server:
        assert server.url.startswith("https://")
        with closing(SocketPush(server.url, SIGNER, on_dropped=dropped.update)) as stranger:
            stranger.post({"c1": [b"1"]})
        assert dropped == {"unreachable": 1}
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        with closing(SocketPush(server.url, SIGNER)) as push:
            push.post({"c1": [b"2"]})
            push.post({"c1": [b"3"]})
    assert server.posted == {"c1": [b"2", b"3"]}
