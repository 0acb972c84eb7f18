"""Who did what to whom, when and why: lines that are added and never changed."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_WHY = 500


class Verb(StrEnum):
    """What an operator does, and what owners do to their accounts and to follows with them."""

    HALT = "halt"
    LIFT = "lift"
    REPLAY = "replay"
    REPLAYED = "replayed"
    LOOK = "look"
    CONNECT = "connect"
    RENAME = "rename"
    KEY = "key"
    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"
    RESET = "reset"
    FOLLOW = "follow"
    RULES = "rules"
    STOP = "stop"


class NoReason(ValueError):
    """An operator has to say why."""


@dataclass(frozen=True, slots=True)
class Action:
    """One line; `subject` is an account's id, or a scope as halts have them (`all`, `venue:okx`).

    `detail` is what exactly was asked for, or what came of it. `number` tells lines of the same
    millisecond apart. What an account's owner does to it needs no reason, and is not by an
    `operator`. The owner of an account reads its lines, `why` and `detail` with them.
    """

    subject: str
    at_ms: int
    number: str
    by: str
    verb: Verb
    why: str
    detail: str = ""
    operator: bool = True

    def __post_init__(self) -> None:
        if self.operator and not self.why.strip():
            raise NoReason("say why: it is kept with what you do")
        if len(self.why) > LONGEST_WHY:
            raise NoReason(f"say why in {LONGEST_WHY} characters at most")
        if not self.why.isprintable():
            raise NoReason("say why in one line of characters that can be read")

    @property
    def action_id(self) -> str:
        """Sorts by time."""
        return f"{self.at_ms:013d}-{self.number}"
