"""What the broadcaster relies on when it posts, against a gateway that can misbehave."""

import logging
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pilotfish.adapters import push as push_module
from pilotfish.adapters.push import ATTEMPTS, SocketPush, socket_push
from pilotfish.adapters.sigv4 import Keys, Signer
from pilotfish.adapters.wire import Wire
from pilotfish.domain.posting import Posted
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
def push(gateway: Gateway) -> Iterator[SocketPush]:
    with closing(SocketPush(gateway.url, SIGNER, threads=4, timeout_s=60)) as push:
        yield push


@pytest.fixture
def hasty(gateway: Gateway) -> Iterator[SocketPush]:
    """Gives a mute connection up soon."""
    with closing(SocketPush(gateway.url, SIGNER, threads=4, timeout_s=0.3)) as push:
        yield push


def test_each_connection_gets_its_frames_in_order(push: SocketPush, gateway: Gateway) -> None:
    frames = {f"c{i}/+=": [f"{i}-{n}".encode() for n in range(5)] for i in range(40)}
    assert push.post(frames) == Posted(frames=200)
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


def test_the_gone_are_told_apart(push: SocketPush, gateway: Gateway) -> None:
    gateway.script["c2"] = [410]
    posted = push.post({"c1": [b"1"], "c2": [b"2", b"3"], "c3": [b"4"]})
    assert posted == Posted(gone={"c2"}, frames=2)
    assert gateway.posted == {"c1": [b"1"], "c3": [b"4"]}


@pytest.mark.parametrize("trouble", [[429], [503, 500], ["hang up"], ["hang up", 429]])
def test_passing_trouble_loses_nothing(
    push: SocketPush, gateway: Gateway, trouble: list[int | str]
) -> None:
    push.post({"c1": [b"0"]})  # So that there is a kept line to hang up.
    gateway.script["c1"] = trouble
    assert push.post({"c1": [b"1", b"2"]}) == Posted(frames=2)
    assert gateway.posted == {"c1": [b"0", b"1", b"2"]}


@pytest.mark.parametrize(
    ("answer", "reason", "tries"), [(429, "429", ATTEMPTS), (502, "502", ATTEMPTS), (403, "403", 1)]
)
def test_lasting_trouble_ends_in_a_counted_drop(
    push: SocketPush,
    gateway: Gateway,
    caplog: pytest.LogCaptureFixture,
    answer: int,
    reason: str,
    tries: int,
) -> None:
    gateway.script["c1"] = [answer] * 10
    with caplog.at_level(logging.WARNING):
        posted = push.post({"c1": [b"1", b"2"], "c2": [b"3"]})
    assert gateway.posted == {"c2": [b"3"]}
    assert posted == Posted(behind={"c1"}, dropped=Counter({reason: 2}), frames=1)
    assert reason in caplog.text
    assert len(gateway.headers_seen) == tries + 1


def test_a_line_that_the_gateway_closes_after_an_answer_is_replaced(
    push: SocketPush, gateway: Gateway
) -> None:
    gateway.script["c1"] = ["last"]
    push.post({"c1": [b"1", b"2"]})
    assert gateway.posted == {"c1": [b"1", b"2"]}
    assert gateway.lines == 2


def test_mute_connections_cost_the_others_nothing_and_are_not_waited_for(
    gateway: Gateway,
) -> None:
    mute = {f"mute{i}": [b"1"] for i in range(6)}
    for who in mute:
        gateway.script[who] = ["mute"]
    others = {f"c{i}": [b"1"] for i in range(100)}
    with closing(SocketPush(gateway.url, SIGNER, threads=4, timeout_s=60)) as push:
        posted = push.post({**mute, **others})
        told = set(gateway.posted)
        gateway.released.set()
    assert told == set(others)
    assert posted == Posted(behind=set(mute), dropped=Counter(slow=6), frames=100)


def test_a_mute_connection_is_left_alone_for_a_while_and_then_for_longer(
    hasty: SocketPush, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.script["slow"] = ["mute"]
    now = time.monotonic()
    monkeypatch.setattr(push_module.time, "monotonic", lambda: now)
    assert hasty.post({"slow": [b"1"]}).behind == {"slow"}
    asked = len(gateway.headers_seen)
    assert hasty.post({"slow": [b"2"]}).dropped == {"slow": 1}
    assert len(gateway.headers_seen) == asked
    rest_s = hasty._rests["slow"][1]
    now += rest_s
    gateway.script["slow"] = [429] * push_module.ATTEMPTS
    now_passes(monkeypatch, now)
    hasty.post({"slow": [b"3"]})
    assert hasty._rests["slow"][1] == 2 * rest_s
    now_passes(monkeypatch, now + 3 * rest_s)
    assert hasty.post({"slow": [b"4"]}) == Posted(frames=1)
    assert gateway.posted == {"slow": [b"4"]}
    assert "slow" not in hasty._rests


def now_passes(monkeypatch: pytest.MonkeyPatch, start: float) -> None:
    """Time goes on from there."""
    began = time.perf_counter()
    passing = lambda: start + time.perf_counter() - began  # noqa: E731
    monkeypatch.setattr(push_module.time, "monotonic", passing)


def test_who_is_throttled_waits_behind_the_others(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_module, "BACKOFF_S", 0.05)
    gateway.script["busy"] = [429]
    with closing(SocketPush(gateway.url, SIGNER, threads=1)) as push:
        push.post({"busy": [b"1", b"2"], "c1": [b"1"], "c2": [b"1"]})
    assert list(gateway.posted) == ["c1", "c2", "busy"]
    assert gateway.posted["busy"] == [b"1", b"2"]


def test_a_connection_is_hung_up(push: SocketPush, gateway: Gateway) -> None:
    gateway.script["gone"] = [410]
    push.hang_up(["gone", "here"])
    assert gateway.hung_up == ["gone", "here"]


def test_a_gateway_that_is_not_there_is_given_up() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    with closing(SocketPush(nowhere, SIGNER)) as push:
        posted = push.post({"c1": [b"1"], "c2": [b"2"]})
        push.hang_up(["c1"])
    assert posted == Posted(behind={"c1", "c2"}, dropped=Counter(unreachable=2))


def test_one_call_does_not_go_on_for_ever(
    push: SocketPush, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_module, "BUDGET_S", 0.0)
    posted = push.post({"c1": [b"1"], "c2": [b"2"]})
    assert gateway.posted == {}
    assert posted == Posted(behind={"c1", "c2"}, dropped=Counter(late=2))


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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = self_signed(tmp_path, "127.0.0.1")
    with running_gateway(chain) as server:
        assert server.url.startswith("https://")
        with closing(SocketPush(server.url, SIGNER)) as stranger:
            assert stranger.post({"c1": [b"1"]}).dropped == {"unreachable": 1}
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        with closing(SocketPush(server.url, SIGNER)) as push:
            push.post({"c1": [b"2"]})
            push.post({"c1": [b"3"]})
    assert server.posted == {"c1": [b"2", b"3"]}
