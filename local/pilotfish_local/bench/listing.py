"""Pages of the HTTP API's lists while the tables grow: what each reads, and how long it takes."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from pilotfish.settings import ApiSettings
from pilotfish.usecases.discover import LOOKS as LEADERS_LOOKED_AT
from pilotfish.usecases.lists import LOOKS, SLICE
from pilotfish_local.bench.reads import Reads, counted
from pilotfish_local.http_api import Reply, call

OK, TOO_MANY_REQUESTS = 200, 429
WARM = 2
PAGES = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as it is asked for; a page may take so many queries and look at so many items."""

    name: str
    path: str
    limit: int
    looked: int
    queries: int = 1
    query: Mapping[str, str] = field(default_factory=dict)
    rows_in: str = ""

    @property
    def rows(self) -> str:
        """What a page calls its records."""
        return self.rows_in or self.path[1:]


@dataclass(frozen=True, slots=True)
class Paged:
    """A page of a list at one size of the tables, `page` from 1; times by HTTP in milliseconds.

    The least is what other work on the machine disturbs least.
    """

    listed: Listed
    page: int
    size: int
    rows: int
    reads: Reads
    least_ms: float
    p50_ms: float
    p95_ms: float


Ask = Callable[[str, Mapping[str, str]], Reply]
"""A path and its query, asked as one user."""


def lists(account_id: str) -> list[Listed]:
    """What is listed page by page; a page of names is read once more from the table itself."""
    symbol = {"symbol": "ETH/USDT:USDT"}
    by_pnl = {"sort": "pnl", "descending": "true"}
    return [
        Listed("trades", "/trades", 50, looked=51 * 2),
        Listed("trades, one account", "/trades", 50, 51 + 1, query={"account_id": account_id}),
        Listed("trades, one symbol", "/trades", 50, LOOKS * 2, LOOKS // SLICE, symbol),
        Listed("copies", "/copies", 50, looked=51 * 2),
        Listed("follows", "/follows", 20, looked=20 * 2),
        Listed("performance", "/performance", 5, looked=10 * 3, rows_in="accounts"),
        Listed(
            "performance, by P&L",
            "/performance",
            5,
            looked=10 * 3,
            query=by_pnl,
            rows_in="accounts",
        ),
        Listed("an account's trail", f"/accounts/{account_id}/trail", 20, 21 + 1, rows_in="lines"),
        Listed("statements of fees", "/fees/statements", 50, looked=50, rows_in="statements"),
        Listed("leaders, newest", "/leaders", 20, LEADERS_LOOKED_AT),
        Listed("leaders, by ROI", "/leaders", 20, LEADERS_LOOKED_AT, query={"sort": "roi_30d"}),
    ]


def in_process(settings: ApiSettings, client: Any, user: str) -> Ask:
    """The API's own routes in this process, so that what they read can be counted."""
    from pilotfish.api.app import api  # Half a second, which no other command is to wait for.
    from pilotfish.wiring.api import following, performance, records, trails

    groups = (
        records.group,
        following.follows,
        following.leaders,
        performance.group,
        trails.group,
    )
    routes = api([group(settings, lambda: client) for group in groups])
    context: Any = None

    def ask(path: str, query: Mapping[str, str]) -> Reply:
        answer = routes.resolve(_request(user, path, query), context)
        return Reply(answer["statusCode"], {}, answer["body"])

    return ask


def over_http(url: str, headers: Mapping[str, str]) -> Ask:
    """The deployed API, through its gateway."""
    return lambda path, query: call(url, "GET", f"{path}?{urlencode(query)}", headers=headers)


def measured(
    listed: Listed, size: int, client: Any, here: Ask, there: Ask, times: int
) -> list[Paged]:
    """The first pages, each behind the one before: counted once, and timed so many times."""
    pages: list[Paged] = []
    query = {**listed.query, "limit": str(listed.limit)}
    while len(pages) < PAGES:
        reply, reads = counted(client, partial(here, listed.path, query))
        _require_ok(reply)
        told = reply.body
        ms = sorted(_timed(partial(there, listed.path, query), times))
        least, p50, p95 = (round(ms[int(len(ms) * part)], 1) for part in (0, 0.5, 0.95))
        rows = len(told[listed.rows])
        pages.append(Paged(listed, len(pages) + 1, size, rows, reads, least, p50, p95))
        if told["next"] is None and len(pages) < PAGES:
            raise RuntimeError(f"{listed.name} has one page alone")
        query["cursor"] = told["next"]
    return pages


def wrong(pages: Sequence[Paged]) -> list[str]:
    """Pages that scan, take too many queries, are not full, or read more in larger tables."""
    found = []
    for each in pages:
        listed, reads = each.listed, each.reads
        smallest = min(
            (one for one in pages if (one.listed.name, one.page) == (listed.name, each.page)),
            key=lambda one: one.size,
        )
        for fault, why in (
            (reads.scans, "scans a table"),
            (reads.queries > listed.queries, f"takes {reads.queries} queries"),
            (reads.looked > listed.looked, f"looks at {reads.looked} items"),
            (reads != smallest.reads, f"reads {reads}, and {smallest.reads} in smaller tables"),
            (each.rows < listed.limit, f"has {each.rows} rows of {listed.limit}"),
        ):
            if fault:
                found.append(f"{listed.name}, page {each.page} of {each.size:,}: {why}")
    return found


def _timed(ask: Callable[[], Reply], times: int) -> list[float]:
    """Milliseconds of each; who is told to wait does, and asks again."""
    took: list[float] = []
    while len(took) < WARM + times:
        began = time.perf_counter()
        reply = ask()
        ms = (time.perf_counter() - began) * 1000
        if reply.status == TOO_MANY_REQUESTS:
            time.sleep(int(reply.headers["retry-after"]))
            continue
        _require_ok(reply)
        took.append(ms)
    return took[WARM:]


def _require_ok(reply: Reply) -> None:
    if reply.status != OK:
        raise RuntimeError(f"{reply.status}: {reply.text}")


def _request(user: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
    """As API Gateway's HTTP API tells it (payload 2.0), with the claims of an access token."""
    expires_s = int(time.time()) + 3600
    claims = {"sub": user, "token_use": "access", "exp": str(expires_s)}
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": urlencode(query),
        "queryStringParameters": dict(query),
        "headers": {},
        "requestContext": {
            "http": {"method": "GET", "path": path},
            "stage": "$default",
            "authorizer": {"jwt": {"claims": claims, "scopes": None}},
        },
        "isBase64Encoded": False,
    }
