"""MEXC's binary messages of spot, as far as fills need them.

ccxt reads them with a library of 300 kB and sixteen generated modules. The numbers of the fields
are those of MEXC's `PushDataV3ApiWrapper` and `PrivateDealsV3Api`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_WRAPPER: Mapping[int, str] = {1: "channel", 3: "symbol", 6: "sendTime", 306: "privateDeals"}
_DEAL: Mapping[int, str] = {
    1: "price",
    2: "quantity",
    3: "amount",
    4: "tradeType",
    5: "isMaker",
    6: "isSelfTrade",
    7: "tradeId",
    8: "clientOrderId",
    9: "orderId",
    10: "feeAmount",
    11: "feeCurrency",
    12: "time",
}
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


def read(frame: bytes) -> dict[str, Any]:
    """A message by the names of its fields; raises `ValueError` for what is none."""
    found: dict[str, Any] = {}
    for number, value in _fields(frame):
        name = _WRAPPER.get(number)
        if name == "privateDeals":
            found[name] = {
                _DEAL[inner]: _text(told) for inner, told in _fields(value) if inner in _DEAL
            }
        elif name is not None:
            found[name] = _text(value)
    return found


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        kind, size = key & 7, 0
        if kind == _VARINT:
            value, at = _number(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _number(data, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"a field of the unknown kind {kind}")
        if at + size > len(data):
            raise ValueError("a message that is cut off")
        yield key >> 3, data[at : at + size]
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; the eighth says that there are more."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if not byte & 0x80:
            return value, at
    raise ValueError("a message that is cut off")
