"""The life of a copy order, and its name at the venue."""

import string
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.orders import CLAIMABLE, TERMINAL, Leg, State, advanced, effect
from tests.fakes import EPOCH_MS
from tests.fakes.samples import an_order

ALPHANUMERIC = set(string.ascii_letters + string.digits)


def test_every_state_is_terminal_claimable_or_under_way() -> None:
    under_way = {State.WAITING, State.SENT, State.UNKNOWN}
    assert set(State) == TERMINAL | CLAIMABLE | under_way
    assert not TERMINAL & CLAIMABLE
    assert {state for state in State if state.terminal} == TERMINAL


def test_the_client_order_id_is_the_same_for_every_attempt() -> None:
    order = an_order()
    again = replace(order, state=State.UNSENT, revision=7, attempts=3, sent_ms=5)
    assert again.client_order_id == order.client_order_id


def test_the_client_order_id_does_not_change_from_version_to_version() -> None:
    """Orders that are under way while a new version is deployed have to be found again."""
    assert an_order().client_order_id == "pfv5mcbuwz6rgavvkn"


def test_client_order_ids_are_short_plain_and_distinct() -> None:
    ids = {
        an_order(follow_id=f"follow-{follow}", fill_id=f"fill-{fill}", leg=leg).client_order_id
        for follow in range(100)
        for fill in range(500)
        for leg in Leg
    }
    assert len(ids) == 100_000
    assert max(map(len, ids)) <= 18
    assert set("".join(ids)) <= ALPHANUMERIC


def test_an_order_key_names_the_fill_and_the_leg() -> None:
    entry, exit_ = an_order(), an_order(leg=Leg.EXIT)
    assert entry.order_key != exit_.order_key
    assert entry.order_key.startswith(entry.fill_id)
    assert (entry.reduce_only, exit_.reduce_only) == (False, True)


def test_an_entry_expires_and_an_exit_never_does() -> None:
    entry, exit_ = an_order(), an_order("-1", leg=Leg.EXIT)
    assert not entry.late(entry.expires_ms)
    assert entry.late(entry.expires_ms + 1)
    assert not exit_.late(exit_.expires_ms + 10**9)


def test_a_step_is_the_next_revision_with_a_line_of_history() -> None:
    order = an_order()
    after = advanced(order, replace(order, state=State.EXPIRED, reason="late"), EPOCH_MS + 3)
    assert after.revision == order.revision + 1
    assert [(e.at_ms, e.state, e.reason) for e in after.history] == [
        (EPOCH_MS + 3, State.EXPIRED, "late")
    ]


@pytest.mark.parametrize(
    ("quantity", "filled", "fee", "copied", "missed"),
    [
        ("5", "5", "0", "5", "0"),
        ("-5", "5", "0", "-5", "0"),
        ("5", "2", "0", "2", "3"),
        ("-5", "2", "0", "-2", "-3"),
        ("5", "0", "0", "0", "5"),
        ("5", "5", "0.005", "4.995", "0.005"),
    ],
)
def test_what_was_decided_is_either_copied_or_missed(
    quantity: str, filled: str, fee: str, copied: str, missed: str
) -> None:
    done: dict[str, Any] = {"filled_quantity": Decimal(filled), "fee_in_base": Decimal(fee)}
    found = effect(an_order(quantity, state=State.COPIED, **done))
    assert (found.copied, found.missed) == (Decimal(copied), Decimal(missed))


@pytest.mark.parametrize(
    ("quantity", "held", "lot", "closable"),
    [
        ("-5", "5", "1", "5"),
        ("-5", "9", "1", "5"),
        ("-5", "3", "1", "3"),
        ("-5", "0", "1", "0"),
        ("-5", "-4", "1", "0"),
        ("5", "-4", "1", "4"),
        ("5", "4", "1", "0"),
        ("-1", "0.999", "0.01", "0.99"),
        ("-1", "0.999", "0", "0.999"),
    ],
)
def test_an_exit_asks_for_whole_lots_of_what_is_held(
    quantity: str, held: str, lot: str, closable: str
) -> None:
    order = an_order(quantity, leg=Leg.EXIT, lot=Decimal(lot))
    assert order.closable(Decimal(held)) == Decimal(closable)
