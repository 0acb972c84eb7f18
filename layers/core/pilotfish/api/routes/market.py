"""Prices and what moved, out of what is known; each figure with its age."""

from collections.abc import Callable
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from pilotfish.api.callers import Caller
from pilotfish.api.problems import NotFound, Problem
from pilotfish.api.routing import new_router, translated
from pilotfish.api.shapes import Amount, Page, Time, Told
from pilotfish.domain.places import BadCursor, Place, cursor, place_of
from pilotfish.usecases.look_up_prices import LookUpPrices, Priced
from pilotfish.usecases.watch_markets import NoSuchWatchlist, WatchMarkets

TAGS = ["Market"]
MOST_MARKETS = 50

Name = Annotated[str, Field(min_length=1, max_length=80)]
Names = Annotated[
    list[Name],
    Query(
        min_length=1,
        max_length=MOST_MARKETS,
        description="`BTC/USDT`, `BTC/USDT:USDT`, `BTCUSDT@okx`; several with commas between them.",
    ),
]
Venue = Annotated[str, Query(pattern="^[a-z0-9]{0,30}$", description="Of one venue alone.")]
After = Annotated[str, Query(max_length=1_000, description="`next` of the page before.")]

errors = translated(
    {
        NoSuchWatchlist: lambda _: NotFound("such watchlist"),
        BadCursor: lambda error: Problem(400, f"Not the cursor of this list: {error}."),
    }
)


class ToldFigures(Told):
    """The last price and what a day brought, in quote units; null where nobody told it yet.

    `change`, `high`, `low` and `volume` (base units) are of 24 hours, as the venue reckons them.
    """

    venue: str
    symbol: str
    last: Amount | None = None
    mark: Amount | None = None
    change: Amount | None = None
    change_percent: Amount | None = None
    high: Amount | None = None
    low: Amount | None = None
    volume: Amount | None = None
    at_ms: Time | None = None
    age_ms: Annotated[
        int | None, Field(description="How old the price is, by the venue's time.")
    ] = None


class ToldPrice(ToldFigures):
    """A market by the name it was asked for."""

    market: str
    pending: Annotated[
        bool,
        Field(description="A newer price was asked of the venue: it is here in 2 or 3 seconds."),
    ]


class ToldPrices(Told):
    """Those that there are; `unknown` are names that no venue lists."""

    prices: list[ToldPrice]
    unknown: list[str]


class ToldTickers(Page):
    """What is known, by symbol."""

    tickers: list[ToldFigures]


class ToldMovers(Told):
    """Of the markets that somebody looked at within the hour."""

    gainers: list[ToldFigures]
    losers: list[ToldFigures]
    ranked: Annotated[int, Field(description="Among so many markets.")]


class MarketRoutes:
    """Served without asking a venue; a price that is old is asked for, and there soon after."""

    def __init__(
        self, look_up: Callable[[], LookUpPrices], watch: Callable[[], WatchMarkets]
    ) -> None:
        self._look_up = look_up
        self._watch = watch

    def routes(self) -> APIGatewayHttpRouter:
        router = new_router()
        router.get("/market/prices", tags=TAGS, summary="Prices of markets")(self.prices)
        router.get("/market/tickers", tags=TAGS, summary="All that is known")(self.tickers)
        router.get("/market/movers", tags=TAGS, summary="Gainers and losers")(self.movers)
        router.get("/watchlists/<watchlist_id>/prices", tags=TAGS, summary="Prices of a watchlist")(
            self.of_watchlist
        )
        return router

    def prices(self, _: Caller, markets: Names) -> ToldPrices:
        """A price older than 10 s, or that nobody knows, is `pending`: ask again for it."""
        return self._priced(markets)

    @errors
    def of_watchlist(
        self, caller: Caller, watchlist_id: Annotated[str, Path(max_length=80)]
    ) -> ToldPrices:
        """As `/market/prices` answers."""
        return self._priced(self._watch().get(caller.user, watchlist_id).markets)

    @errors
    def tickers(
        self,
        _: Caller,
        venue: Venue = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor_: Annotated[str, Query(alias="cursor", max_length=1_000)] = "",
    ) -> ToldTickers:
        """Every market that somebody looked at within a day."""
        question = {"of": "tickers", "venue": venue}
        place = place_of(question, cursor_) if cursor_ else Place("", "")
        known = self._look_up().ticker(venue)
        behind = [one for one in known if (one.symbol, one.venue) > (place.pk, place.sk)]
        some = behind[:limit]
        more = len(behind) > limit
        following = cursor(question, Place(some[-1].symbol, some[-1].venue)) if more else None
        return ToldTickers(tickers=[_figures(one) for one in some], next=following)

    def movers(
        self, _: Caller, venue: Venue = "", limit: Annotated[int, Query(ge=1, le=100)] = 10
    ) -> ToldMovers:
        """By the change of 24 hours in percent."""
        found = self._look_up().movers(venue, limit)
        return ToldMovers(
            gainers=[_figures(one) for one in found.gainers],
            losers=[_figures(one) for one in found.losers],
            ranked=found.ranked,
        )

    def _priced(self, markets: "list[str] | tuple[str, ...]") -> ToldPrices:
        found = self._look_up().prices(markets)
        prices = [
            ToldPrice(
                **_figures(one).model_dump(exclude_none=True),
                market=one.spelling,
                pending=one.asked,
            )
            for one in found.markets
        ]
        return ToldPrices(prices=prices, unknown=list(found.unknown))


def _figures(one: Priced) -> ToldFigures:
    if one.quote is None:
        return ToldFigures(venue=one.venue, symbol=one.symbol)
    told = ToldFigures.model_validate(one.quote)
    return told.model_copy(update={"age_ms": one.age_ms})
