"""What requests and answers about leaders are made of."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from pilotfish.api.follow_shapes import TEXT
from pilotfish.api.shapes import Amount, Asked, Page, Time, Told
from pilotfish.domain.invitations import MOST_DAYS, MOST_USES, Invitation
from pilotfish.domain.leaders import (
    MOST_FEE,
    NAME_CHARS,
    TAGS,
    TEXT_CHARS,
    Leader,
    Profile,
    Visibility,
)
from pilotfish.domain.venue_ids import is_paper

MOST_DOLLARS = Decimal(10) ** 12
Tag = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,23}$")]
Dollars = Annotated[Decimal, Field(ge=0, le=MOST_DOLLARS, max_digits=20)]
Fee = Annotated[Decimal, Field(ge=0, le=MOST_FEE, max_digits=10)]


class AskedProfile(Asked):
    """What a leader says of itself."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS)]
    text: Annotated[str, Field(max_length=TEXT_CHARS)] = ""
    tags: Annotated[list[Tag], Field(max_length=TAGS)] = Field(default_factory=list)
    visibility: Annotated[
        Visibility, Field(description="`invited`: nobody finds it, and a code is asked for.")
    ] = Visibility.PUBLIC
    open: Annotated[bool, Field(description="Whether new followers are taken.")] = True
    minimum_equity: Annotated[
        Dollars, Field(description="What a follower's account has to hold, in dollars.")
    ] = Decimal(0)
    fee: Annotated[Fee, Field(description="Share of a follower's profit: 0.1 is 10 %.")] = Decimal(
        0
    )

    def profile(self) -> Profile:
        """Raises `BadProfile`."""
        said = self.model_dump()
        return Profile(**said | {"tags": tuple(self.tags)})


class ToldLeader(Told):
    """A leader; its ETag is its version."""

    leader_id: str
    venue: str
    paper: bool
    name: str
    text: str
    tags: list[str]
    visibility: Visibility
    open: bool
    minimum_equity: Amount
    fee: Amount
    published: bool
    published_ms: Time
    figures: Annotated[
        dict[str, Amount],
        Field(description="Of the track record, those that are known: ROI is a fraction."),
    ]
    computed_ms: Annotated[int, Field(description="When the figures were computed; 0: not yet.")]
    mine: bool
    version: int


class ToldLeaders(Page):
    """A page of public leaders."""

    leaders: list[ToldLeader]


class AskedInvitation(Asked):
    """An invitation to make."""

    uses: Annotated[int, Field(ge=1, le=MOST_USES, description="How many may follow by it.")] = 1
    days: Annotated[int, Field(ge=1, le=MOST_DAYS, description="How long it is good.")] = 7
    note: Annotated[str, Field(max_length=100, description="For yourself.")] = ""


class ToldInvitation(Told):
    """An invitation, without its code."""

    invitation_id: str
    created_ms: Time
    expires_ms: Time
    uses: int
    left: int
    revoked: bool
    note: str


class ToldInvitations(Told):
    """All of a leader's, the last made first."""

    invitations: list[ToldInvitation]


class ToldCode(Told):
    """A new invitation; its code is told here and never again."""

    invitation: ToldInvitation
    code: str


class AskedCode(Asked):
    """A code that somebody was given."""

    code: Annotated[str, Field(pattern=TEXT)]


def leader_of(leader: Leader, user: str) -> ToldLeader:
    """As anybody may see it who may see it at all."""
    profile = leader.profile
    return ToldLeader(
        leader_id=leader.leader_id,
        venue=leader.venue,
        paper=is_paper(leader.venue),
        name=profile.name,
        text=profile.text,
        tags=list(profile.tags),
        visibility=profile.visibility,
        open=profile.open,
        minimum_equity=profile.minimum_equity,
        fee=profile.fee,
        published=leader.published,
        published_ms=leader.published_ms,
        figures=dict(leader.figures),
        computed_ms=leader.computed_ms,
        mine=leader.owner == user,
        version=leader.version,
    )


def invitation_of(made: Invitation) -> ToldInvitation:
    """Without its code, which nobody has any more."""
    return ToldInvitation.model_validate(made)
