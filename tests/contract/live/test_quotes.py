"""The last prices that were told stay for a day, whoever tells others afterwards."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo import quotes as quotes_module
from pilotfish.adapters.dynamo.quotes import KEEP_S, DynamoQuotes
from pilotfish.domain.quotes import Quote

TABLE = "ChannelLogTable"
T0 = 1_763_726_400_000


def quote(symbol: str, at_ms: int = T0, last: str = "1.10", **more: Any) -> Quote:
    return Quote("okx", symbol, Decimal(last), at_ms, **more)


FULL = quote(
    "A/B:B",
    mark=Decimal("1.2"),
    change=Decimal("-0.10"),
    change_percent=Decimal("-8.3"),
    high=Decimal("1.3"),
    low=Decimal(1),
    volume=Decimal("1E+6"),
)


def test_every_figure_is_kept(dynamodb: Any) -> None:
    DynamoQuotes(dynamodb, TABLE).save([FULL, quote("C/D")], T0)
    assert DynamoQuotes(dynamodb, TABLE).at("okx") == {"A/B:B": FULL, "C/D": quote("C/D")}
    assert DynamoQuotes(dynamodb, TABLE).at("gate") == {}


def test_what_is_not_told_any_more_stays_with_its_time(dynamodb: Any) -> None:
    first = DynamoQuotes(dynamodb, TABLE)
    first.save([quote("A/B"), quote("C/D")], T0)
    first.save([quote("A/B", T0 + 1, "2")], T0 + 1)
    second = DynamoQuotes(dynamodb, TABLE)  # Another run, which knows nothing of the first.
    second.save([quote("E/F", T0 + 2)], T0 + 2)
    assert {s: (q.last, q.at_ms) for s, q in second.at("okx").items()} == {
        "A/B": (Decimal(2), T0 + 1),
        "C/D": (Decimal("1.10"), T0),
        "E/F": (Decimal("1.10"), T0 + 2),
    }


def test_who_closed_reads_again_what_others_wrote(dynamodb: Any) -> None:
    first, second = DynamoQuotes(dynamodb, TABLE), DynamoQuotes(dynamodb, TABLE)
    first.save([quote("A/B")], T0)
    first.close()
    second.save([quote("C/D")], T0)
    first.save([quote("E/F")], T0)
    assert set(first.at("okx")) == {"A/B", "C/D", "E/F"}


def test_a_day_later_it_is_gone(dynamodb: Any) -> None:
    quotes, later = DynamoQuotes(dynamodb, TABLE), T0 + KEEP_S * 1000 + 1
    quotes.save([quote("A/B"), quote("C/D", T0 + 1)], T0)
    quotes.save([quote("E/F", later)], later)
    assert set(quotes.at("okx")) == {"C/D", "E/F"}


def test_the_newest_ones_fit_in(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotes_module, "MOST", 2)
    quotes = DynamoQuotes(dynamodb, TABLE)
    quotes.save([quote("A/B", T0 + 2), quote("C/D", T0), quote("E/F", T0 + 1)], T0 + 2)
    assert set(quotes.at("okx")) == {"A/B", "E/F"}


def test_as_many_as_an_item_holds(dynamodb: Any) -> None:
    many = [
        quote(f"C{n}/USDT:USDT", last=f"{n * 7919 % 100_000}.{n}", volume=Decimal(n * 31 + 7) / 7)
        for n in range(quotes_module.MOST)
    ]
    DynamoQuotes(dynamodb, TABLE).save(many, T0)
    stored = dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "quotes|okx"}, "sk": {"N": "0"}})[
        "Item"
    ]
    assert len(stored["rows"]["B"]) < 200_000
    assert len(DynamoQuotes(dynamodb, TABLE).at("okx")) == quotes_module.MOST
