"""The operator's setting of other hosts."""

import json

import pytest
from ccxt.async_support import binanceusdm
from ccxt.pro import binance as streaming_binance

from pilotfish_venues.endpoints import BadEndpoints, Endpoint, parse_endpoints

HERE = {"rest": "http://127.0.0.1:9000/binanceusdm", "ws": "ws://127.0.0.1:9000/binanceusdm"}


def test_an_empty_setting_changes_nothing() -> None:
    assert parse_endpoints("") == {}


def test_every_url_keeps_its_path_behind_the_new_base() -> None:
    endpoint = parse_endpoints(json.dumps({"binanceusdm": HERE}))["binanceusdm"]
    urls = endpoint.rewrite(
        {
            "fapiPrivate": "https://fapi.binance.com/fapi/v1",
            "public": "https://api.delta.exchange",
            "ws": {"linear": "wss://fstream.binance.com/ws", "spot": "wss://a.b:9443/ws?x=1"},
        }
    )

    assert urls == {
        "fapiPrivate": "http://127.0.0.1:9000/binanceusdm/fapi/v1",
        "public": "http://127.0.0.1:9000/binanceusdm",
        "ws": {
            "linear": "ws://127.0.0.1:9000/binanceusdm/ws",
            "spot": "ws://127.0.0.1:9000/binanceusdm/ws?x=1",
        },
    }


@pytest.mark.parametrize("venue_class", [binanceusdm, streaming_binance])
def test_no_url_of_a_class_stays_behind(venue_class: type) -> None:
    described = venue_class().describe()["urls"]["api"]

    assert "binance.com" not in json.dumps(Endpoint(HERE["rest"], HERE["ws"]).rewrite(described))


def test_only_what_is_named_is_redirected() -> None:
    endpoint = parse_endpoints('{"delta": {"rest": "https://testnet.example/"}}')["delta"]

    assert endpoint.rewrite("https://api.delta.exchange/v2") == "https://testnet.example/v2"
    assert endpoint.rewrite("wss://socket.delta.exchange") == "wss://socket.delta.exchange"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "not a JSON object"),
        ('{"nowhere": {"rest": "http://x"}}', "unknown venue 'nowhere'"),
        ('{"binance": "http://x"}', "needs an object"),
        ('{"binance": {}}', "needs an object"),
        ('{"binance": {"http": "http://x"}}', "needs an object"),
        ('{"binance": {"rest": "ftp://x"}}', "must start with http:// or https://"),
        ('{"binance": {"ws": "http://x"}}', "must start with ws:// or wss://"),
        ('{"binance": {"rest": "http://"}}', "must start with"),
        ('{"binance": {"rest": 7}}', "must start with"),
        ('{"binance": {"addresses": 0}}', "must be a whole number from 1 on"),
        ('{"binance": {"addresses": "4"}}', "must be a whole number from 1 on"),
        ('{"binance": {"addresses": true}}', "must be a whole number from 1 on"),
        ('{"binance": {"rest": "http://me:pw@x"}}', "no query, fragment or user"),
        ('{"binance": {"rest": "http://x?y=1"}}', "no query, fragment or user"),
    ],
)
def test_a_bad_setting_is_named_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadEndpoints, match=f"^VENUE_ENDPOINTS: .*{reason}"):
        parse_endpoints(text)


def test_a_proxy_may_send_from_several_addresses() -> None:
    assert parse_endpoints('{"delta": {"addresses": 4}}')["delta"] == Endpoint(addresses=4)
