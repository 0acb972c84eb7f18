"""What a person has to agree to before money follows somebody else's trades."""

from dataclasses import dataclass

from pilotfish.domain.follows import CannotFollow


@dataclass(frozen=True, slots=True)
class Risks:
    """A text under a version; whoever agreed to an earlier one has not agreed to this."""

    version: str
    text: str


RISKS = Risks(
    version="2026-11-21",
    text="""\
Copy trading can lose money: all that is in the account and, with leverage, faster than you can
react.

- What a leader earned before says nothing of what comes. A leader may trade badly, by mistake, or
  against you.
- Your copies differ from the leader's trades: they are made later, at other prices, in whole lots,
  and some are not made at all. Fees and slippage are yours.
- An exit may fail: a venue may be down, refuse the order, or have liquidated the position before.
  What could not be closed stays open until you close it.
- Limits that you set are kept when orders are sent. Between orders a position can lose more than a
  limit says.
- Pausing or stopping a follow does not undo what was traded, and stopping with "keep" leaves open
  positions to you alone.
- Several follows on one account share its margin and, in one-way mode, its positions.
- Orders are sent by software with the keys that you gave it. Software has faults; keep withdrawal
  switched off.

You decide whom you follow, with how much, and when you stop. Nobody here gives you advice.
""",
)


class NoConsent(CannotFollow):
    """The current text was not agreed to."""


def require_consent(version: str) -> None:
    """Raises `NoConsent` unless it is the current text that was agreed to."""
    if version != RISKS.version:
        raise NoConsent(f"read the risks of copy trading and agree to them: {RISKS.version}")
