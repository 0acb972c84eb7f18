"""Paper accounts over HTTP: opened among the connections, shown and reset here."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
from pilotfish.adapters.dynamo.register import DynamoRegister
from pilotfish.domain.managing import Connection
from pilotfish.domain.paper.wallet import Held
from tests.handlers.api.conftest import Call


@pytest.fixture
def account_id(call: Call) -> str:
    """Ada's, with 500 USDT."""
    asked = {"venue": "okx", "paper": True, "terms": {"balance": "500"}}
    answer = call("POST", "/connections", asked, user="ada")
    assert answer.status == 201, answer.text
    assert answer.body["connection"]["paper"] is True
    opened: str = answer.body["connection"]["account_id"]
    return opened


def test_it_is_shown_and_marked(call: Call, dynamodb: Any, account_id: str) -> None:
    books = DynamoPaperBooks(dynamodb, "PaperTable")
    wallet = books.load(account_id)
    assert wallet is not None
    held = {"BTC/USDT:USDT#net": Held(Decimal("-0.10"), Decimal(100), Decimal(90))}
    books.advance(wallet, replace(wallet, version=2, executed=1, positions=held))
    shown = call("GET", f"/paper/{account_id}", user="ada")
    assert shown.status == 200
    assert shown.body["positions"] == [
        {
            "symbol": "BTC/USDT:USDT",
            "position_side": "net",
            "quantity": "-0.10",
            "entry_price": "100",
            "mark": "90",
        }
    ]
    assert (shown.body["paper"], shown.body["venue"]) == (True, "okx")
    assert (shown.body["cash"], shown.body["equity"]) == ({"USDT": "500"}, "501.00")
    assert shown.body["trades"] == 1


def test_it_gets_its_money_back(call: Call, account_id: str) -> None:
    reset = call("POST", f"/paper/{account_id}/reset", {"balance": "900.5"}, user="ada")
    assert (reset.status, reset.body["equity"], reset.body["epoch"]) == (200, "900.5", 2)
    again = call("POST", f"/paper/{account_id}/reset", {}, user="ada")
    assert (again.body["start"], again.body["epoch"]) == ("900.5", 3)


@pytest.mark.parametrize("balance", ["0", "-1", "1e10", "NaN", "much"])
def test_a_balance_that_makes_no_sense_is_named(call: Call, account_id: str, balance: str) -> None:
    refused = call("POST", f"/paper/{account_id}/reset", {"balance": balance}, user="ada")
    assert refused.status == 422
    assert "body.balance" in refused.text


def test_a_real_account_is_no_paper_account(call: Call, dynamodb: Any) -> None:
    DynamoRegister(dynamodb, "AccountsTable").open(Connection("rae", "ada", "okx"))
    assert call("GET", "/paper/rae", user="ada").status == 404
    assert call("POST", "/paper/rae/reset", {}, user="ada").status == 404
