"""What a person says of a fill, on top of it: the fill itself stays as the venue told it.

Corrections are for what is read of trades. Copying goes by what happened: a correction sends no
order, closes none, and moves no ledger and no position.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pilotfish.domain.asides import flaw_of
from pilotfish.domain.fills import Fill, PositionSide, Side


class Verb(StrEnum):
    """EXCLUDE leaves a fill out of what is counted, INCLUDE takes it in again."""

    OVERRIDE = "override"
    ANNOTATE = "annotate"
    EXCLUDE = "exclude"
    INCLUDE = "include"


class BadCorrection(ValueError):
    """A correction that makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The `number`-th thing (from 1) that somebody said of a fill, at `at_ms` (UTC ms)."""

    account_id: str
    fill_id: str
    number: int
    verb: Verb
    by: str
    at_ms: int
    note: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CorrectedFill:
    """A fill as it is to be read, and as the venue told it."""

    fill: Fill
    told: Fill
    excluded: bool = False
    corrections: tuple[Correction, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was said of it, oldest first."""
        return tuple(each.note for each in self.corrections if each.note)


_KINDS: Mapping[str, Any] = {
    "price": Decimal,
    "quantity": Decimal,
    "fee": Decimal,
    "fee_currency": str,
    "side": Side,
    "position_side": PositionSide,
}


def corrected(told: Fill, corrections: Iterable[Correction]) -> CorrectedFill:
    """The fill with its corrections applied in their order; the last word on a field counts."""
    fill, excluded = told, False
    said = tuple(sorted(corrections, key=lambda each: each.number))
    for each in said:
        if each.verb is Verb.OVERRIDE:
            fill = replace(fill, **{name: _read(name, each.changes[name]) for name in each.changes})
        elif each.verb is not Verb.ANNOTATE:
            excluded = each.verb is Verb.EXCLUDE
    return CorrectedFill(fill, told, excluded, said)


def checked(told: Fill, before: Iterable[Correction], correction: Correction) -> CorrectedFill:
    """The fill after one more correction; raises `BadCorrection`."""
    if not correction.by:
        raise BadCorrection("say who corrects it")
    if (correction.verb is Verb.OVERRIDE) is not bool(correction.changes):
        raise BadCorrection("an override changes something, and nothing else does")
    if not correction.note and correction.verb is not Verb.INCLUDE:
        raise BadCorrection("say why")
    after = corrected(told, [*before, correction])
    flaw = flaw_of(after.fill, max(told.seen_ms, told.traded_ms))
    if flaw is not None:
        raise BadCorrection(f"it would be no fill: {flaw}")
    return after


def _read(name: str, text: str) -> Any:
    if name not in _KINDS:
        raise BadCorrection(f"{name} cannot be corrected; {', '.join(_KINDS)} can")
    try:
        return _KINDS[name](text)
    except (ValueError, ArithmeticError):
        raise BadCorrection(f"{text!r} is no {name}") from None
