"""Lists of markets that a member looks at."""

from collections.abc import Callable
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.problems import Conflict, Fault, NotFound, Unprocessable
from pilotfish.api.routing import new_router, told, translated
from pilotfish.api.shapes import Asked, Time, Told
from pilotfish.api.versions import IfMatch, changed_meanwhile, etag, expected
from pilotfish.domain.watchlists import LONGEST_NAME, MOST_MARKETS, BadWatchlist, Watchlist
from pilotfish.usecases.watch_markets import (
    ChangedMeanwhile,
    NoSuchWatchlist,
    TooManyWatchlists,
    WatchMarkets,
)

TAGS = ["Watchlists"]
Id = Annotated[str, Path(max_length=80, description="As it was answered when it was created.")]

errors = translated(
    {
        NoSuchWatchlist: lambda _: NotFound("such watchlist"),
        TooManyWatchlists: lambda error: Conflict(str(error), "too_many"),
        ChangedMeanwhile: lambda _: changed_meanwhile(),
        BadWatchlist: lambda error: Unprocessable(str(error), Fault(error.field, str(error))),
    }
)


class AskedWatchlist(Asked):
    """What a member says of a list."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    markets: Annotated[
        list[str],
        Field(max_length=MOST_MARKETS, description="`BTC/USDT`, `BTC/USDT:USDT`, `BTCUSDT@okx`."),
    ]


class ToldWatchlist(Told):
    """A list; its ETag is its revision."""

    watchlist_id: str
    name: str
    markets: list[str]
    created_ms: Time
    changed_ms: Time
    revision: int


class ToldWatchlists(Told):
    """All of a member's lists."""

    watchlists: list[ToldWatchlist]


class WatchlistRoutes:
    """Create, read, change and delete."""

    def __init__(self, watch: Callable[[], WatchMarkets]) -> None:
        self._watch = watch

    def routes(self) -> APIGatewayHttpRouter:
        router, one = new_router(), "/watchlists/<watchlist_id>"
        router.get("/watchlists", tags=TAGS, summary="My watchlists")(self.all)
        router.post("/watchlists", tags=TAGS, summary="A new watchlist", status_code=201)(
            self.create
        )
        router.get(one, tags=TAGS, summary="A watchlist")(self.one)
        router.put(one, tags=TAGS, summary="Change a watchlist")(self.change)
        router.delete(one, tags=TAGS, summary="Delete a watchlist", status_code=204)(self.delete)
        return router

    def all(self, caller: Caller) -> ToldWatchlists:
        """The oldest first."""
        found = self._watch().all(caller.user)
        return ToldWatchlists(watchlists=[ToldWatchlist.model_validate(each) for each in found])

    @errors
    def create(
        self, caller: Caller, asked: Annotated[AskedWatchlist, Body()]
    ) -> Response[ToldWatchlist]:
        """Its markets need not be traded anywhere yet."""
        return _shown(self._watch().create(caller.user, asked.name, asked.markets), 201)

    @errors
    def one(self, caller: Caller, watchlist_id: Id) -> Response[ToldWatchlist]:
        """The caller's own."""
        return _shown(self._watch().get(caller.user, watchlist_id))

    @errors
    def change(
        self,
        caller: Caller,
        watchlist_id: Id,
        asked: Annotated[AskedWatchlist, Body()],
        if_match: IfMatch = None,
    ) -> Response[ToldWatchlist]:
        """Name and markets are replaced."""
        seen = expected(if_match)
        changed = self._watch().change(caller.user, watchlist_id, seen, asked.name, asked.markets)
        return _shown(changed)

    @errors
    def delete(self, caller: Caller, watchlist_id: Id) -> None:
        """It is gone."""
        self._watch().delete(caller.user, watchlist_id)


def _shown(watchlist: Watchlist, status: int = 200) -> Response[ToldWatchlist]:
    return told(ToldWatchlist.model_validate(watchlist), status, etag(watchlist.revision))
