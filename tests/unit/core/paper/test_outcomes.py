"""What an answer of the table means for the order that was on its way."""

from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from pilotfish.adapters.dynamo import items
from pilotfish.adapters.dynamo.paper import DynamoPaperBooks
from pilotfish.domain.errors import NotSent, OutcomeUnknown, VenueError
from pilotfish.domain.paper.wallet import moved_on, opened

WALLET = opened("pam", "okx", Decimal(1000), 1)


class Answering:
    """A client that answers every call with the same error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def call(**kwargs: Any) -> Any:
            raise self._error

        return call


def answer(code: str, status: int, *reasons: str) -> ClientError:
    reply: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(reply, "TransactWriteItems")


CANCELED = "TransactionCanceledException"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (answer("ProvisionedThroughputExceededException", 400), NotSent),
        (answer("ThrottlingException", 400), NotSent),
        (answer("AccessDeniedException", 400), NotSent),
        (answer(CANCELED, 400, "ThrottlingError", "None"), NotSent),
        (answer(CANCELED, 400, "TransactionConflict", "None"), NotSent),
        (answer("InternalServerError", 500), OutcomeUnknown),
        (answer("ServiceUnavailable", 503), OutcomeUnknown),
        (ReadTimeoutError(endpoint_url="https://dynamodb"), OutcomeUnknown),
    ],
    ids=str,
)
def test_a_refusal_did_nothing_and_silence_may_have(
    error: Exception, outcome: type[VenueError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "CONFLICT_PAUSE_S", 0)
    books = DynamoPaperBooks(Answering(error), "paper")  # type: ignore[arg-type]
    with pytest.raises(VenueError) as told:
        books.advance(WALLET, moved_on(WALLET))
    assert type(told.value) is outcome


def test_a_condition_that_failed_is_no_error() -> None:
    error = answer(CANCELED, 400, "None", "ConditionalCheckFailed")
    books = DynamoPaperBooks(Answering(error), "paper")  # type: ignore[arg-type]
    assert not books.advance(WALLET, moved_on(WALLET))
