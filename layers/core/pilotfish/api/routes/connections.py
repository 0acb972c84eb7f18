"""Exchange accounts and their keys."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from pilotfish.api.callers import Caller
from pilotfish.api.connection_shapes import (
    AskedConnection,
    AskedKey,
    AskedLabel,
    AskedTerms,
    ToldConnected,
    ToldConnection,
    ToldConnections,
    connection_of,
    key_of,
)
from pilotfish.api.problems import Conflict, Fault, NotFound, Problem, Unprocessable
from pilotfish.api.routing import new_router, told, translated
from pilotfish.api.versions import IfMatch, changed_meanwhile, etag, expected
from pilotfish.domain.accounts import Credentials
from pilotfish.domain.connections import Verdict
from pilotfish.domain.errors import NoSuchAccount
from pilotfish.domain.managing import (
    BadLabel,
    ChangedMeanwhile,
    HasNoKey,
    NotFit,
    StillFollowing,
)
from pilotfish.domain.paper.wallet import BadPaperTerms
from pilotfish.domain.places import LONGEST, BadCursor
from pilotfish.domain.sorting import Sorting
from pilotfish.domain.trail import Verb
from pilotfish.ports import NotTried
from pilotfish.usecases.connections import (
    COLUMNS,
    MOST_CONNECTIONS,
    ManageConnection,
    ShowConnections,
    TooMany,
)
from pilotfish.usecases.paper_accounts import OpenPaperAccount, PaperTerms
from pilotfish.usecases.submit_keys import SubmitKeys, Wanted
from pilotfish.usecases.trails import KeepTrail

TAGS = ["Connections"]
SHARD = "0"
LATER = "Nobody could ask the venue just now: try again."
Id = Annotated[str, Path(max_length=80, description="As it was answered when it was connected.")]
ConnectionsSort = StrEnum("ConnectionsSort", {name.upper(): name for name in COLUMNS})  # type: ignore[misc]
SortBy = Annotated[ConnectionsSort, Query()]
FIRST = ConnectionsSort("connected")
Descending = Annotated[bool, Query(description="The greatest, or last, first.")]
Limit = Annotated[int, Query(ge=1, le=MOST_CONNECTIONS)]
After = Annotated[str, Query(max_length=LONGEST, description="`next` of the page before.")]
StopFollows = Annotated[
    bool, Query(description="Stop the follows that need it; what they hold stays where it is.")
]

errors = translated(
    {
        NoSuchAccount: lambda _: NotFound("such connection"),
        TooMany: lambda error: Conflict(str(error), "too_many"),
        BadCursor: lambda error: Unprocessable(str(error), Fault("query.cursor", str(error))),
        ChangedMeanwhile: lambda _: changed_meanwhile(),
        NotFit: lambda error: Conflict(f"Its key is not fit: {error}.", "key_not_fit"),
        HasNoKey: lambda _: Conflict("A paper account has no key.", "no_key"),
        StillFollowing: lambda error: Conflict(
            f"{error}: stop them, or say ?stop_follows=true.", "still_followed"
        ),
        BadLabel: lambda error: Unprocessable(str(error), Fault("body.label", str(error))),
        BadPaperTerms: lambda error: Unprocessable(str(error), Fault("body.terms", str(error))),
        NotTried: lambda _: Problem(424, LATER, headers={"Retry-After": "30"}, code="not_asked"),
    }
)


class Delete(Protocol):
    """Deletes a connection; raises what `DeleteConnection` does, and `NotTried`."""

    def __call__(
        self, owner: str, account_id: str, *, stop_follows: bool, revision: int | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the routes do."""

    keys: SubmitKeys
    manage: ManageConnection
    show: ShowConnections
    delete: Delete
    open_paper: OpenPaperAccount
    trail: KeepTrail


class ConnectionRoutes:
    """Connect, list, name, test, rotate, pause, resume and delete."""

    def __init__(self, cases: Callable[[], UseCases]) -> None:
        self._cases = cases

    def routes(self) -> APIGatewayHttpRouter:
        router, one = new_router(), "/connections/<account_id>"
        router.get("/connections", tags=TAGS, summary="My connections")(self.all)
        router.post("/connections", tags=TAGS, summary="Connect an account", status_code=201)(
            self.connect
        )
        router.get(one, tags=TAGS, summary="A connection")(self.one)
        router.patch(one, tags=TAGS, summary="Name a connection")(self.rename)
        router.delete(one, tags=TAGS, summary="Delete a connection", status_code=204)(self.delete)
        router.put(f"{one}/key", tags=TAGS, summary="Give it another key")(self.rotate)
        router.post(f"{one}/test", tags=TAGS, summary="Test its key")(self.test)
        router.post(f"{one}/pause", tags=TAGS, summary="Pause a connection")(self.pause)
        router.post(f"{one}/resume", tags=TAGS, summary="Resume a connection")(self.resume)
        return router

    @errors
    def all(
        self,
        caller: Caller,
        sort: SortBy = FIRST,
        descending: Descending = False,
        limit: Limit = MOST_CONNECTIONS,
        cursor: After = "",
    ) -> ToldConnections:
        """The first connected first, at most 100; nobody has more."""
        asked = Sorting(str(sort), descending)
        page = self._cases().show.of_owner(caller.user, asked, cursor, limit)
        found = [connection_of(each) for each in page.items]
        return ToldConnections(connections=found, next=page.next)

    @errors
    def connect(
        self, caller: Caller, asked: Annotated[AskedConnection, Body()]
    ) -> Response[ToldConnected]:
        """The venue is asked what the key may do; one that may withdraw is refused."""
        if asked.paper:
            opened = self._cases().open_paper(
                caller.user, asked.venue, _terms(asked), label=asked.label
            )
            return self._connected(caller.user, opened.account_id, None, Verb.CONNECT)
        if asked.key is None or asked.terms is not None:
            fault = Fault("body.key", "an account that is not on paper has a key and no terms")
            raise Unprocessable("A key is missing, or there are terms beside it.", fault)
        wanted = Wanted(asked.venue, asked.label, SHARD if asked.leads else "")
        account_id, verdict = self._cases().keys.connect(
            caller.user, wanted, _credentials(asked.key)
        )
        return self._connected(caller.user, account_id, verdict, Verb.CONNECT)

    @errors
    def one(self, caller: Caller, account_id: Id) -> Response[ToldConnection]:
        """The caller's own."""
        return self._told(caller.user, account_id)

    @errors
    def rename(
        self,
        caller: Caller,
        account_id: Id,
        asked: Annotated[AskedLabel, Body()],
        if_match: IfMatch = None,
    ) -> Response[ToldConnection]:
        """Its venue and its id never change."""
        self._cases().manage.rename(caller.user, account_id, asked.label, expected(if_match))
        self._cases().trail.own(account_id, caller.user, Verb.RENAME)
        return self._told(caller.user, account_id)

    @errors
    def rotate(
        self, caller: Caller, account_id: Id, asked: Annotated[AskedKey, Body()]
    ) -> Response[ToldConnected]:
        """The old key goes on until the venue takes the new one."""
        verdict = self._cases().keys.rotate(caller.user, account_id, _credentials(asked))
        return self._connected(caller.user, account_id, verdict, Verb.KEY)

    @errors
    def test(self, caller: Caller, account_id: Id) -> Response[ToldConnected]:
        """As every day: a key that is not fit any more pauses its connection."""
        verdict = self._cases().keys.test(caller.user, account_id)
        shown = self._cases().show.one(caller.user, account_id)
        body = ToldConnected(connection=connection_of(shown), key=key_of(verdict))
        return told(body, 200, etag(shown.connection.revision))

    @errors
    def pause(self, caller: Caller, account_id: Id) -> Response[ToldConnection]:
        """A leader is not listened to, a follower enters nothing; exits go on."""
        self._cases().manage.pause(caller.user, account_id)
        self._cases().trail.own(account_id, caller.user, Verb.PAUSE)
        return self._told(caller.user, account_id)

    @errors
    def resume(self, caller: Caller, account_id: Id) -> Response[ToldConnection]:
        """It goes on where it was paused; not while its key is not fit."""
        self._cases().manage.resume(caller.user, account_id)
        self._cases().trail.own(account_id, caller.user, Verb.RESUME)
        return self._told(caller.user, account_id)

    @errors
    def delete(
        self,
        caller: Caller,
        account_id: Id,
        stop_follows: StopFollows = False,
        if_match: IfMatch = None,
    ) -> None:
        """Its key is destroyed, its history stays."""
        seen = None if if_match is None else expected(if_match)
        self._cases().show.one(caller.user, account_id)
        self._cases().delete(caller.user, account_id, stop_follows=stop_follows, revision=seen)
        self._cases().trail.own(account_id, caller.user, Verb.DELETE)

    def _told(self, owner: str, account_id: str) -> Response[ToldConnection]:
        shown = self._cases().show.one(owner, account_id)
        return told(connection_of(shown), 200, etag(shown.connection.revision))

    def _connected(
        self, owner: str, account_id: str, verdict: Verdict | None, verb: Verb
    ) -> Response[ToldConnected]:
        if verdict is not None and not verdict.accepted:
            raise _refusal(verdict)
        self._cases().trail.own(account_id, owner, verb)
        status = 201 if verb is Verb.CONNECT else 200
        shown = self._cases().show.one(owner, account_id)
        key = key_of(verdict) if verdict else None
        body = ToldConnected(connection=connection_of(shown), key=key)
        return told(body, status, etag(shown.connection.revision))


def _refusal(verdict: Verdict) -> Problem:
    """The venue's words and ours, in which no key is."""
    text = "; ".join(verdict.problems)
    if not verdict.sure:
        return Problem(424, text, headers={"Retry-After": "30"}, code="not_asked")
    faults = [Fault("body.key", problem) for problem in verdict.problems]
    return Unprocessable(f"The key is not taken: {text}", *faults, code="key_refused")


def _credentials(key: AskedKey) -> Credentials:
    return Credentials(
        key.api_key.get_secret_value(),
        key.secret.get_secret_value(),
        key.password.get_secret_value(),
    )


def _terms(asked: AskedConnection) -> PaperTerms:
    if asked.key is not None or asked.leads:
        fault = Fault("body.paper", "an account on paper has no key and does not lead")
        raise Unprocessable("A paper account has no key, and nobody follows it.", fault)
    terms: AskedTerms = asked.terms or AskedTerms()
    return PaperTerms(**terms.model_dump(exclude_none=True))
