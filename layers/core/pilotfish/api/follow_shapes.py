"""What requests and answers about follows are made of."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, RootModel

from pilotfish.api.shapes import Amount, Asked, Page, Time, Told
from pilotfish.domain.follows import Follow, Status
from pilotfish.domain.netting import Booked, position_side_of, symbol_of
from pilotfish.domain.rule_schema import described, schema
from pilotfish.domain.venue_ids import is_paper
from pilotfish.usecases.stop_follow import How

# Ids are ours or an operator's, codes and versions ours; nothing else is looked up.
ID = r"^[!-~]{1,160}$"
TEXT = r"^[!-~]{0,160}$"
POSITION = r"^[!-~]{1,80}$"

AccountId = Annotated[str, Field(pattern=ID, description="A connection of your own.")]
LeaderId = Annotated[str, Field(pattern=ID, description="The leader's account.")]


class CopyRules(RootModel[dict[str, Any]]):
    """Rules by name; what is left out is as usual."""

    @classmethod
    def __get_pydantic_json_schema__(cls, *_: Any) -> dict[str, Any]:
        return schema() | {"title": "CopyRules", "description": cls.__doc__}


class AskedFollow(Asked):
    """Whom to follow, with which account, and by which rules."""

    leader_id: LeaderId
    account_id: AccountId
    rules: CopyRules = Field(default_factory=lambda: CopyRules({}))
    consent: Annotated[
        str, Field(pattern=TEXT, description="The version of the risks that you agree to.")
    ]
    invitation: Annotated[
        str, Field(pattern=TEXT, description="A code, where the leader asks for one.")
    ] = ""


class AskedRules(Asked):
    """All the rules of a follow, as they are to be from now on."""

    rules: CopyRules


class AskedStop(Asked):
    """What becomes of the copies.

    `keep` leaves them to you, `close` closes all of them now, `close_some` those of `positions` and
    leaves the others, `close_only` goes on with the leader's exits until nothing is left.
    """

    how: How
    positions: Annotated[
        list[Annotated[str, Field(pattern=POSITION)]],
        Field(max_length=100, description="Symbols, for `close_some`."),
    ] = Field(default_factory=list)


class ToldConsent(Told):
    """Who agreed to which version of the risks."""

    version: str
    by: str
    at_ms: Time


class ToldPosition(Told):
    """What a follow holds of its copies; short is negative."""

    symbol: str
    position_side: str
    quantity: Annotated[Amount, Field(description="In units of the base currency.")]


class ToldFollow(Told):
    """A follow; its ETag is its version."""

    follow_id: str
    leader_id: str
    account_id: str
    venue: str
    paper: bool
    status: Status
    closing: Annotated[
        list[str], Field(description="Positions that a stop is closing still; `*` is all.")
    ]
    rules: CopyRules
    started_ms: Time
    changed_ms: Time
    consent: ToldConsent | None
    version: int


class ToldFollowAndPositions(ToldFollow):
    """A follow and what it holds now."""

    positions: list[ToldPosition]


class ToldFollows(Page):
    """A page of the own follows, by name; stopped ones too."""

    follows: list[ToldFollow]


class ToldJoined(Told):
    """What became of a position that the leader had already."""

    symbol: str
    position_side: str
    side: str
    quantity: str
    limit_price: str | None
    state: str
    reason: str


class ToldBegun(Told):
    """The follow, and what it found."""

    follow: ToldFollow
    positions: list[ToldJoined]


class ToldLeft(Told):
    """What a stop is closing still, and what is the matter."""

    follow_id: str
    symbol: str
    quantity: str
    why: str


class ToldEnding(Told):
    """The follow as it is now; `left` shrinks until what was to be closed is closed."""

    follow: ToldFollow
    left: list[ToldLeft]


class ToldRisks(Told):
    """What a follower has to agree to."""

    version: str
    text: str


def follow_of(follow: Follow) -> ToldFollow:
    """Without whose it is: the caller's."""
    return ToldFollow(**_told(follow))


def follow_and_positions(follow: Follow, held: Mapping[str, Booked]) -> ToldFollowAndPositions:
    """With what it holds, by position key."""
    positions = [
        ToldPosition(
            symbol=symbol_of(key), position_side=position_side_of(key), quantity=books.copied
        )
        for key, books in held.items()
    ]
    return ToldFollowAndPositions(**_told(follow), positions=positions)


def _told(follow: Follow) -> dict[str, Any]:
    consent = follow.consent
    return {
        "follow_id": follow.follow_id,
        "leader_id": follow.leader_id,
        "account_id": follow.account_id,
        "venue": follow.venue,
        "paper": is_paper(follow.venue),
        "status": follow.status,
        "closing": list(follow.closing),
        "rules": CopyRules(described(follow.rules)),
        "started_ms": follow.started_ms,
        "changed_ms": follow.changed_ms,
        "consent": ToldConsent.model_validate(consent) if consent else None,
        "version": follow.version,
    }
