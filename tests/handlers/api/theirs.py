"""What Ben has, so that Ada can try to get at it: for each route with an id in it."""

from collections.abc import Callable
from typing import Any

from tests.handlers.api.conftest import Call

#: By path: makes something of Ben's and tells the path's parameters.
Made = Callable[[Call, Any], dict[str, str]]


def watchlist(call: Call, _: Any) -> dict[str, str]:
    answer = call("POST", "/watchlists", {"name": "Ben's", "markets": []}, user="ben")
    return {"watchlist_id": answer.body["watchlist_id"]}


def connection(call: Call, _: Any) -> dict[str, str]:
    answer = call("POST", "/connections", {"venue": "okx", "paper": True}, user="ben")
    return {"account_id": answer.body["connection"]["account_id"]}


THEIRS: dict[str, Made] = {
    "/connections/{account_id}": connection,
    "/connections/{account_id}/key": connection,
    "/connections/{account_id}/test": connection,
    "/connections/{account_id}/pause": connection,
    "/connections/{account_id}/resume": connection,
    "/watchlists/{watchlist_id}": watchlist,
    "/watchlists/{watchlist_id}/prices": watchlist,
}
#: A body that is good, for those routes that want one, by method and path.
BODIES: dict[str, Any] = {
    "patch /connections/{account_id}": {"label": "Ada's"},
    "put /connections/{account_id}/key": {"api_key": "k", "secret": "s"},
    "put /watchlists/{watchlist_id}": {"name": "Ada's", "markets": []},
}
#: Routes whose ids are public, and why.
PUBLIC_IDS: dict[str, str] = {}
