"""Follows of one's own."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.callers import Caller
from pilotfish.api.follow_shapes import (
    ID,
    AskedFollow,
    AskedRules,
    AskedStop,
    ToldBegun,
    ToldEnding,
    ToldFollow,
    ToldFollowAndPositions,
    ToldFollows,
    ToldJoined,
    ToldLeft,
    ToldRisks,
    follow_and_positions,
    follow_of,
)
from pilotfish.api.problems import Conflict, Fault, NotFound, Problem, Unprocessable
from pilotfish.api.routing import new_router, told, translated
from pilotfish.api.versions import IfMatch, changed_meanwhile, etag, expected
from pilotfish.domain.consents import RISKS, NoConsent
from pilotfish.domain.errors import NotReady
from pilotfish.domain.follows import CannotFollow, Follow, NoSuchFollow, NotDone, Outdated
from pilotfish.domain.places import LONGEST, BadCursor
from pilotfish.domain.rules import BadRules
from pilotfish.domain.sorting import Sorting, TooMany
from pilotfish.usecases.manage_follows import Asked, ManageFollows
from pilotfish.usecases.sorted_lists import FOLLOWS_BY

TAGS = ["Follows"]
Id = Annotated[str, Path(pattern=ID, description="As it was answered when it began.")]
After = Annotated[str, Query(alias="cursor", max_length=LONGEST, description="`next` of a page.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at the most.")]
FollowsSort = StrEnum("FollowsSort", {name.upper(): name for name in ("name", *FOLLOWS_BY)})  # type: ignore[misc]
SortBy = Annotated[
    FollowsSort, Query(description="At most 1,000 can be sorted by anything but `name`.")
]
Descending = Annotated[bool, Query(description="The greatest, or last, first; not by `name`.")]
BY_NAME = FollowsSort("name")
LATER = {"Retry-After": "5"}

errors = translated(
    {
        BadRules: lambda e: Unprocessable(str(e), Fault(f"body.rules.{e.field}", str(e))),
        NoConsent: lambda e: Unprocessable(
            f"{e}: GET /risks.", Fault("body.consent", str(e)), code="no_consent"
        ),
        CannotFollow: lambda e: Conflict(f"It cannot be: {e}.", "cannot_follow"),
        NoSuchFollow: lambda _: NotFound("such follow"),
        Outdated: lambda _: changed_meanwhile(),
        NotReady: lambda e: Problem(409, f"Not yet: {e}.", headers=LATER, code="not_ready"),
        NotDone: lambda _: Problem(
            424, "Nobody answered: look whether it was done.", headers=LATER, code="not_done"
        ),
        BadCursor: lambda e: Unprocessable(str(e), Fault("query.cursor", str(e))),
        TooMany: lambda e: Unprocessable(str(e), Fault("query.sort", str(e))),
    }
)


class FollowRoutes:
    """Begin, list, read, change, pause, resume and stop."""

    def __init__(self, manage: Callable[[], ManageFollows]) -> None:
        self._manage = manage

    def routes(self) -> APIGatewayHttpRouter:
        router, one = new_router(), "/follows/<follow_id>"
        router.get("/risks", tags=TAGS, summary="The risks to agree to")(self.risks)
        router.get("/follows", tags=TAGS, summary="My follows")(self.all)
        router.post("/follows", tags=TAGS, summary="Follow a leader", status_code=201)(self.begin)
        router.get(one, tags=TAGS, summary="A follow and what it holds")(self.one)
        router.put(f"{one}/rules", tags=TAGS, summary="Change its rules")(self.rules)
        router.post(f"{one}/pause", tags=TAGS, summary="Pause a follow")(self.pause)
        router.post(f"{one}/resume", tags=TAGS, summary="Let it go on")(self.resume)
        router.post(f"{one}/stop", tags=TAGS, summary="Stop following")(self.stop)
        return router

    def risks(self, caller: Caller) -> ToldRisks:
        """`consent` of a new follow is this version."""
        return ToldRisks.model_validate(RISKS)

    @errors
    def all(
        self,
        caller: Caller,
        sort: SortBy = BY_NAME,
        descending: Descending = False,
        after: After = "",
        limit: Limit = 50,
    ) -> ToldFollows:
        """Stopped ones too."""
        sorting = None if sort is BY_NAME else Sorting(str(sort), descending)
        page = self._manage().listed(caller, after, limit, sorting)
        return ToldFollows(follows=[follow_of(each) for each in page.items], next=page.next)

    @errors
    def begin(self, caller: Caller, asked: Annotated[AskedFollow, Body()]) -> Response[ToldBegun]:
        """From now on; again, it changes nothing (200). A stopped one begins anew."""
        wanted = Asked(
            asked.leader_id, asked.account_id, asked.rules.root, asked.consent, asked.invitation
        )
        begun = self._manage().begin(caller, wanted)
        body = ToldBegun(
            follow=follow_of(begun.follow),
            positions=[ToldJoined.model_validate(dict(each)) for each in begun.positions],
        )
        return told(body, 201 if begun.new else 200, etag(begun.follow.version))

    @errors
    def one(self, caller: Caller, follow_id: Id) -> Response[ToldFollowAndPositions]:
        """The caller's own."""
        follow = self._manage().one(caller, follow_id)
        held = self._manage().held(follow)
        return told(follow_and_positions(follow, held), 200, etag(follow.version))

    @errors
    def rules(
        self,
        caller: Caller,
        follow_id: Id,
        asked: Annotated[AskedRules, Body()],
        if_match: IfMatch = None,
    ) -> Response[ToldFollow]:
        """All of them are replaced; they hold for what comes."""
        seen = expected(if_match)
        return _shown(self._manage().rules(caller, follow_id, asked.rules.root, seen))

    @errors
    def pause(self, caller: Caller, follow_id: Id) -> Response[ToldFollow]:
        """No entry is sent from now on; the leader's exits are still copied."""
        return _shown(self._manage().pause(caller, follow_id))

    @errors
    def resume(self, caller: Caller, follow_id: Id) -> Response[ToldFollow]:
        """Entries are copied again; what was missed is not made up for."""
        return _shown(self._manage().resume(caller, follow_id))

    @errors
    def stop(
        self,
        caller: Caller,
        follow_id: Id,
        asked: Annotated[AskedStop, Body()],
        if_match: IfMatch = None,
    ) -> Response[ToldEnding]:
        """What is to be closed is closed from now on, also if nobody asks again."""
        seen = None if if_match is None else expected(if_match)
        ending = self._manage().stop(caller, follow_id, asked.how, asked.positions, seen)
        left = [ToldLeft.model_validate(dict(each)) for each in ending.left]
        body = ToldEnding(follow=follow_of(ending.follow), left=left)
        return told(body, 200, etag(ending.follow.version))


def _shown(follow: Follow) -> Response[ToldFollow]:
    return told(follow_of(follow), 200, etag(follow.version))
