"""Keys on their way in: sealed, waiting to be tried, then taken or destroyed."""

import json
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from pilotfish.domain.connections import KeyReport, Permissions, Verdict

# How long a key may wait to be tried; whoever sent it in is still waiting for the answer.
WAITS_MS = 5 * 60_000
# How long the answer is kept for who asks again.
ANSWER_KEPT_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sealed key that nobody has tried yet, for `version` of its account's key.

    `fingerprint` tells keys apart without telling them. Once it was tried, `sealed_key` is empty
    and `answer` says what came of it.
    """

    candidate_id: str
    account_id: str
    owner: str
    venue: str
    version: int
    fingerprint: str
    offered_ms: int
    sealed_key: bytes = b""
    label: str = ""
    listen_shard: str = ""
    answer: str = ""

    @property
    def new(self) -> bool:
        """Whether its account is connected with it."""
        return self.version == 1

    def waits_too_long(self, now_ms: int) -> bool:
        """Whether whoever sent it in has gone."""
        return now_ms > self.offered_ms + WAITS_MS

    def answered(self, answer: str) -> "Candidate":
        """Without its key."""
        return replace(self, sealed_key=b"", answer=answer)


def answer_of(verdict: Verdict) -> str:
    """A verdict as JSON text."""
    told = asdict(verdict)
    told["report"]["balances"] = {
        code: str(total) for code, total in verdict.report.balances.items()
    }
    return json.dumps(told)


def verdict_of(answer: str) -> Verdict:
    """The verdict of such a text."""
    told = json.loads(answer)
    report = told["report"]
    balances = {code: Decimal(total) for code, total in report["balances"].items()}
    permissions = Permissions(**report["permissions"])
    return Verdict(
        **told
        | {
            "problems": tuple(told["problems"]),
            "warnings": tuple(told["warnings"]),
            "report": KeyReport(balances, permissions, report["untold"]),
        }
    )
