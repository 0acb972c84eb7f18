"""Who did what to whom, when and why: lines that are added and never changed."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_WHY = 500


class Verb(StrEnum):
    """What an operator does."""

    HALT = "halt"
    LIFT = "lift"
    REPLAY = "replay"
    REPLAYED = "replayed"
    LOOK = "look"


class NoReason(ValueError):
    """An operator has to say why."""


@dataclass(frozen=True, slots=True)
class Action:
    """One line; `subject` is an account's id, or a scope as halts have them (`all`, `venue:okx`).

    `detail` is what exactly was asked for, or what came of it. `number` tells lines of the same
    millisecond apart.
    """

    subject: str
    at_ms: int
    number: str
    by: str
    verb: Verb
    why: str
    detail: str = ""

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise NoReason("say why: it is kept with what you do")
        if len(self.why) > LONGEST_WHY:
            raise NoReason(f"say why in {LONGEST_WHY} characters at most")
        if not self.why.isprintable():
            raise NoReason("say why in one line of characters that can be read")

    @property
    def action_id(self) -> str:
        """Sorts by time."""
        return f"{self.at_ms:013d}-{self.number}"
