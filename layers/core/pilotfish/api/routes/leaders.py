"""Leaders, and the codes that they hand out."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.callers import Caller
from pilotfish.api.follow_shapes import ID
from pilotfish.api.leader_shapes import (
    AskedCode,
    AskedInvitation,
    AskedProfile,
    Tag,
    ToldCode,
    ToldInvitations,
    ToldLeader,
    ToldLeaders,
    invitation_of,
    leader_of,
)
from pilotfish.api.problems import Conflict, Fault, NotFound, Unprocessable
from pilotfish.api.routing import new_router, told, translated
from pilotfish.api.versions import IfMatch, changed_meanwhile, etag, expected
from pilotfish.domain.follows import Outdated
from pilotfish.domain.invitations import BadInvitation, NoSuchInvitation, NotInvited
from pilotfish.domain.leaders import SORTS, BadProfile, CannotLead, NoSuchLeader, Wanted
from pilotfish.domain.places import LONGEST, BadCursor
from pilotfish.usecases.discover import Discover
from pilotfish.usecases.lead import Invite, Lead

TAGS = ["Leaders"]
SortBy = StrEnum("SortBy", {name.upper(): name for name in SORTS})  # type: ignore[misc]
NEWEST = SortBy("newest")
Id = Annotated[str, Path(pattern=ID, description="The leader's account.")]
InvitationId = Annotated[str, Path(pattern=ID, description="As it was answered.")]
Figure = Annotated[Decimal, Query(ge=-(10**12), le=10**12, max_digits=20)]

errors = translated(
    {
        BadProfile: lambda e: Unprocessable(str(e), Fault(f"body.{e.field}", str(e))),
        BadInvitation: lambda e: Conflict(f"It cannot be made: {e}.", "cannot_invite"),
        BadCursor: lambda e: Unprocessable(str(e), Fault("query.cursor", str(e))),
        CannotLead: lambda e: Conflict(f"It cannot be: {e}.", "cannot_lead"),
        NoSuchLeader: lambda _: NotFound("such leader"),
        NoSuchInvitation: lambda _: NotFound("such invitation"),
        NotInvited: lambda _: NotFound("such invitation"),
        Outdated: lambda _: changed_meanwhile(),
    }
)


@dataclass(frozen=True, slots=True)
class LeaderCases:
    """What the routes do."""

    lead: Lead
    invite: Invite
    discover: Discover


class LeaderRoutes:
    """Publish, change and take back; find; invite."""

    def __init__(self, cases: Callable[[], LeaderCases]) -> None:
        self._cases = cases

    def routes(self) -> APIGatewayHttpRouter:
        router, one = new_router(), "/leaders/<leader_id>"
        router.get("/leaders", tags=TAGS, summary="Find leaders")(self.find)
        router.get(one, tags=TAGS, summary="A leader")(self.one)
        router.put(one, tags=TAGS, summary="Publish an account, or change its profile")(
            self.publish
        )
        router.delete(one, tags=TAGS, summary="Take it back", status_code=204)(self.unpublish)
        codes = f"{one}/invitations"
        router.get(codes, tags=TAGS, summary="My invitations")(self.invitations)
        router.post(codes, tags=TAGS, summary="Invite", status_code=201)(self.make)
        router.delete(
            f"{codes}/<invitation_id>", tags=TAGS, summary="Revoke an invitation", status_code=204
        )(self.revoke)
        router.post("/invitations", tags=TAGS, summary="What a code is for")(self.look)
        return router

    @errors
    def find(
        self,
        caller: Caller,
        sort: Annotated[SortBy, Query(description="The best first.")] = NEWEST,
        search: Annotated[str, Query(max_length=40, description="A part of the name.")] = "",
        tag: Annotated[list[Tag], Query(max_length=8, description="All of these.")] = [],  # noqa: B006
        venue: Annotated[str, Query(max_length=40)] = "",
        open_only: Annotated[bool, Query(description="Only who takes followers.")] = False,
        equity: Annotated[Figure | None, Query(description="What you have, in dollars.")] = None,
        max_fee: Figure | None = None,
        min_roi_30d: Figure | None = None,
        min_roi_90d: Figure | None = None,
        max_drawdown: Figure | None = None,
        min_win_rate: Figure | None = None,
        min_sharpe: Figure | None = None,
        min_days_active: Figure | None = None,
        min_trades: Figure | None = None,
        min_followers: Figure | None = None,
        min_aum: Figure | None = None,
        cursor: Annotated[str, Query(max_length=LONGEST, description="`next` of a page.")] = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> ToldLeaders:
        """Public ones. Who lacks a figure that is asked about, or sorted by, is not found."""
        least = {
            "roi_30d": min_roi_30d,
            "roi_90d": min_roi_90d,
            "win_rate": min_win_rate,
            "sharpe": min_sharpe,
            "days_active": min_days_active,
            "trades": min_trades,
            "followers": min_followers,
            "aum": min_aum,
        }
        wanted = Wanted(
            sort=sort,
            search=search,
            tags=tuple(tag),
            venue=venue,
            open_only=open_only,
            most_fee=max_fee,
            equity=equity,
            at_least={name: value for name, value in least.items() if value is not None},
            at_most={} if max_drawdown is None else {"drawdown": max_drawdown},
        )
        page = self._cases().discover(wanted, cursor, limit)
        leaders = [leader_of(each, caller.user) for each in page.items]
        return ToldLeaders(leaders=leaders, next=page.next)

    @errors
    def one(self, caller: Caller, leader_id: Id) -> Response[ToldLeader]:
        """A public one, an own one, or one that the caller follows."""
        found = self._cases().discover.one(caller, leader_id)
        return told(leader_of(found, caller.user), 200, etag(found.version))

    @errors
    def publish(
        self,
        caller: Caller,
        leader_id: Id,
        asked: Annotated[AskedProfile, Body()],
        if_match: IfMatch = None,
    ) -> Response[ToldLeader]:
        """Of an own account that is listened to; 201 when it was not published before.

        One that was published before is changed with If-Match.
        """
        seen = 0 if if_match is None else expected(if_match)
        try:
            published = self._cases().lead.publish(caller, leader_id, asked.profile(), seen)
        except Outdated:
            expected(if_match)  # Who named no version is told to.
            raise
        leader = published.leader
        status = 201 if published.new else 200
        return told(leader_of(leader, caller.user), status, etag(leader.version))

    @errors
    def unpublish(self, caller: Caller, leader_id: Id, if_match: IfMatch = None) -> None:
        """Nobody new finds or follows it; who follows already goes on."""
        seen = None if if_match is None else expected(if_match)
        self._cases().lead.unpublish(caller, leader_id, seen)

    @errors
    def invitations(self, caller: Caller, leader_id: Id) -> ToldInvitations:
        """Those too that were over or used up within the last month."""
        found = self._cases().invite.listed(caller, leader_id)
        return ToldInvitations(invitations=[invitation_of(each) for each in found])

    @errors
    def make(
        self, caller: Caller, leader_id: Id, asked: Annotated[AskedInvitation, Body()]
    ) -> Response[ToldCode]:
        """The code lets so many follow; whoever has it may pass it on."""
        made, code = self._cases().invite(caller, leader_id, asked.uses, asked.days, asked.note)
        return told(ToldCode(invitation=invitation_of(made), code=code), 201)

    @errors
    def revoke(self, caller: Caller, leader_id: Id, invitation_id: InvitationId) -> None:
        """Nobody begins to follow by it any more; who does already goes on."""
        self._cases().invite.revoke(caller, leader_id, invitation_id)

    @errors
    def look(self, caller: Caller, asked: Annotated[AskedCode, Body()]) -> ToldLeader:
        """The leader that one may follow by it, while one may; nothing is used up."""
        return leader_of(self._cases().invite.meant(asked.code), caller.user)
