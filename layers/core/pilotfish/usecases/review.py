"""What a person does about trades: reads and corrects them, and judges what was set aside."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pilotfish.domain.asides import Aside, Review, released
from pilotfish.domain.corrections import CorrectedFill, Correction, Verb, checked, corrected
from pilotfish.ports import Asides, Clock, Corrections, Fills

ATTEMPTS = 5


class NotThere(LookupError):
    """There is no such fill or aside; the message names it."""


class Overtaken(Exception):
    """Somebody else has judged it meanwhile; the message says so."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wants to say of a fill."""

    verb: Verb
    by: str
    note: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)


class ReadTrades:
    """An account's fills with their corrections."""

    def __init__(self, *, fills: Fills, corrections: Corrections) -> None:
        self._fills = fills
        self._corrections = corrections

    def __call__(self, account_id: str, since_ms: int, limit: int) -> list[CorrectedFill]:
        """The last `limit` since then (the venue's time), oldest first."""
        fills = self._fills.of_account(account_id, since_ms, limit)
        if not fills:
            return []
        said = defaultdict(list)
        first, last = fills[0].fill_id, fills[-1].fill_id
        for each in self._corrections.between(account_id, first, last):
            said[each.fill_id].append(each)
        return [corrected(fill, said[fill.fill_id]) for fill in fills]


class CorrectTrade:
    """Says something of a fill, on top of all that was said before; copying knows nothing of it."""

    def __init__(self, *, fills: Fills, corrections: Corrections, clock: Clock) -> None:
        self._fills = fills
        self._corrections = corrections
        self._clock = clock

    def __call__(self, account_id: str, fill_id: str, said: Said) -> CorrectedFill:
        """Raises `BadCorrection`, `NotThere` and `Overtaken`."""
        told = self._fills.get(account_id, fill_id)
        if told is None:
            raise NotThere(f"there is no fill {fill_id} of {account_id}")
        for _ in range(ATTEMPTS):
            before = self._corrections.of_fill(account_id, fill_id)
            correction = Correction(
                account_id=account_id,
                fill_id=fill_id,
                number=len(before) + 1,
                verb=said.verb,
                by=said.by,
                at_ms=self._clock(),
                note=said.note,
                changes=dict(said.changes),
            )
            after = checked(told, before, correction)
            if self._corrections.append(correction):
                return after
        raise Overtaken(f"{fill_id} is being corrected by others")


class JudgeAsides:
    """Lists what was set aside; releases it, corrected, to the poller, or drops it."""

    def __init__(self, *, asides: Asides, clock: Clock) -> None:
        self._asides = asides
        self._clock = clock

    def waiting(self, account_id: str = "", limit: int = 100) -> list[Aside]:
        """What nobody has judged yet, of an account or of all."""
        if not account_id:
            return self._asides.open(limit)
        return self._asides.of_account(account_id)[:limit]

    def release(
        self, account_id: str, aside_id: str, changes: Mapping[str, str], by: str, note: str
    ) -> Aside:
        """Raises `ValueError` for what is still no fill, `NotThere` and `Overtaken`."""
        aside = self._find(account_id, aside_id)
        now_ms = self._clock()
        fill = released(aside, changes, now_ms)
        if not self._asides.release(aside, fill, Review(by, now_ms, note)):
            raise Overtaken(f"{aside_id} does not wait any more")
        return self._find(account_id, aside_id)

    def drop(self, account_id: str, aside_id: str, by: str, note: str) -> Aside:
        """Raises `NotThere` and `Overtaken`."""
        aside = self._find(account_id, aside_id)
        if not self._asides.drop(aside, Review(by, self._clock(), note)):
            raise Overtaken(f"{aside_id} does not wait any more")
        return self._find(account_id, aside_id)

    def _find(self, account_id: str, aside_id: str) -> Aside:
        aside = self._asides.get(account_id, aside_id)
        if aside is None:
            raise NotThere(f"there is no {aside_id} of {account_id}")
        return aside
