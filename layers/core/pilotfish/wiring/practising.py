"""What owners do with paper accounts; needs no key and no venue."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pilotfish.wiring import outside
from pilotfish.wiring.managing import new_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.paper_accounts import (
        OpenPaperAccount,
        ResetPaperAccount,
        ShowPaperAccount,
    )


@dataclass(frozen=True, slots=True)
class Practising:
    """The use cases of paper accounts."""

    open: "OpenPaperAccount"
    show: "ShowPaperAccount"
    reset: "ResetPaperAccount"


def practising(
    dynamodb: "DynamoDBClient", accounts_table: str, paper_table: str, venues: Collection[str]
) -> Practising:
    """`venues` are those whose instruments are published."""
    from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
    from pilotfish.adapters.dynamo.register import DynamoRegister
    from pilotfish.usecases.paper_accounts import (
        OpenPaperAccount,
        ResetPaperAccount,
        ShowPaperAccount,
    )

    register = DynamoRegister(dynamodb, accounts_table)
    books, clock = DynamoPaperBooks(dynamodb, paper_table), outside.utc_ms
    return Practising(
        open=OpenPaperAccount(
            register=register, books=books, venues=venues, clock=clock, new_id=new_id
        ),
        show=ShowPaperAccount(register=register, books=books),
        reset=ResetPaperAccount(register=register, books=books, clock=clock),
    )
