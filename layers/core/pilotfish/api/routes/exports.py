"""Records as files: asked for, and fetched by a signed link once they are written."""

from collections.abc import Callable
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.problems import Conflict, NotFound
from pilotfish.api.routing import new_router, translated
from pilotfish.api.shapes import Asked, Time, Told
from pilotfish.domain.exports import Export, Format, Kind, Status
from pilotfish.domain.fills import Side
from pilotfish.domain.filters import FAR_MS, CopyFilter, Filter, Order, TradeFilter
from pilotfish.domain.orders import State
from pilotfish.usecases.export_records import (
    AskForExports,
    Link,
    NoSuchExport,
    TooManyExports,
)
from pilotfish.usecases.lists import NotTheirs

TAGS = ["Records"]

Id = Annotated[str, Field(max_length=100)]

errors = translated(
    {
        NotTheirs: lambda _: NotFound("such account"),
        NoSuchExport: lambda _: NotFound("such export"),
        TooManyExports: lambda error: Conflict(str(error), "too_many"),
    }
)


class AskedExport(Asked):
    """What `/trades` and `/copies` show with the same filters; the last four are of copies."""

    kind: Kind
    format: Format = Format.CSV
    since_ms: Annotated[int, Field(ge=0, le=FAR_MS)] = 0
    until_ms: Annotated[int, Field(ge=0, le=FAR_MS)] = FAR_MS
    account_id: Id = ""
    symbol: Annotated[str, Field(max_length=60)] = ""
    side: Side | None = None
    search: Id = ""
    order: Order = Order.OLDEST_FIRST
    leader_id: Id = ""
    follow_id: Id = ""
    states: Annotated[list[State], Field(max_length=9)] = Field(default_factory=list)
    reason: Id = ""

    def filter(self) -> Filter:
        """As lists take it."""
        fields = self.model_dump(exclude={"kind", "format", "states"})
        if self.kind is Kind.COPIES:
            return CopyFilter(**fields, states=frozenset(self.states))
        for name in ("leader_id", "follow_id", "reason"):
            del fields[name]
        return TradeFilter(**fields)


class ToldExport(Told):
    """`url` fetches the file until `url_expires_ms`; ask again for another one, within a day."""

    export_id: str
    kind: Kind
    format: Format
    status: Status
    created_ms: Time
    ended_ms: Time
    rows: int
    size: Annotated[int, Field(description="Bytes.")]
    error: str
    url: str | None = None
    url_expires_ms: Time | None = None


class ToldExports(Told):
    """Of the last day, the latest first."""

    exports: list[ToldExport]


class ExportRoutes:
    """The caller's own."""

    def __init__(self, exports: Callable[[], AskForExports]) -> None:
        self._exports = exports

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        router.post("/exports", tags=TAGS, summary="Records as a file", status_code=201)(self.ask)
        router.get("/exports", tags=TAGS, summary="My exports")(self.all)
        router.get("/exports/<export_id>", tags=TAGS, summary="An export")(self.one)
        return router

    @errors
    def ask(self, caller: Caller, asked: Annotated[AskedExport, Body()]) -> ToldExport:
        """It is written meanwhile: ask for it until it is `done`. Three at a time."""
        found = self._exports().ask(caller.user, asked.kind, asked.format, asked.filter())
        return _told(found, None)

    def all(self, caller: Caller) -> ToldExports:
        """Without their links."""
        found = self._exports().all(caller.user)
        return ToldExports(exports=[_told(each, None) for each in found])

    @errors
    def one(self, caller: Caller, export_id: Annotated[str, Path(max_length=80)]) -> ToldExport:
        """With a link to the file, once it is done."""
        return _told(*self._exports().get(caller.user, export_id))


def _told(export: Export, link: Link | None) -> ToldExport:
    return ToldExport(
        export_id=export.export_id,
        kind=export.kind,
        format=export.form,
        status=export.status,
        created_ms=export.created_ms,
        ended_ms=export.ended_ms,
        rows=export.rows,
        size=export.size,
        error=export.error,
        url=link.url if link else None,
        url_expires_ms=link.expires_ms if link else None,
    )
