"""MEXC's binary messages, as its spot sockets say them."""

import pytest

from pilotfish_venues.mexc_frames import read


def test_what_fills_do_not_need_is_passed_over() -> None:
    told = b"\x1a\x07BTCUSDT" + b"\x11" + b"\x00" * 8 + b"\x15" + b"\x00" * 4 + b"\x30\xac\x02"
    assert read(told) == {"symbol": "BTCUSDT", "sendTime": 300}


def test_a_deal_is_told_by_the_names_of_its_fields() -> None:
    deal = b"\x0a\x0581200" + b"\x20\x01" + b"\x28\x00" + b"\x3a\x02X1" + b"\x6a\x01?"
    assert read(b"\x92\x13" + bytes([len(deal)]) + deal) == {
        "privateDeals": {"price": "81200", "tradeType": 1, "isMaker": 0, "tradeId": "X1"}
    }


@pytest.mark.parametrize("frame", [b"\x1a\x07BTC", b"\x30\xac", b"\x11\x00", b"\x1a"])
def test_a_message_that_is_cut_off_is_none(frame: bytes) -> None:
    with pytest.raises(ValueError, match="cut off"):
        read(frame)


def test_a_field_of_an_unknown_kind_is_none() -> None:
    with pytest.raises(ValueError, match="unknown kind 3"):
        read(b"\x1b")
