"""What Ben has, so that Ada can try to get at it: for each route with an id in it."""

from collections.abc import Callable
from typing import Any

from pilotfish.adapters.dynamo.accounts import DynamoAccounts
from pilotfish.adapters.dynamo.exports import DynamoExports
from pilotfish.adapters.dynamo.follows import DynamoFollows
from pilotfish.adapters.dynamo.leaders import DynamoLeaders
from pilotfish.clock import utc_ms
from pilotfish.domain.accounts import Account
from pilotfish.domain.exports import Export, Format, Kind, question_of
from pilotfish.domain.filters import TradeFilter
from pilotfish.domain.follows import Follow, follow_name
from pilotfish.domain.leaders import Leader, Profile, Visibility
from tests.handlers.api.conftest import Call

#: By path: makes something of Ben's and tells the path's parameters.
Made = Callable[[Call, Any], dict[str, str]]


def watchlist(call: Call, _: Any) -> dict[str, str]:
    answer = call("POST", "/watchlists", {"name": "Ben's", "markets": []}, user="ben")
    return {"watchlist_id": answer.body["watchlist_id"]}


def connection(call: Call, _: Any) -> dict[str, str]:
    answer = call("POST", "/connections", {"venue": "okx", "paper": True}, user="ben")
    return {"account_id": answer.body["connection"]["account_id"]}


def leader(_: Call, dynamodb: Any) -> dict[str, str]:
    """By invitation: nobody who is not invited learns of it."""
    profile = Profile("Ben", visibility=Visibility.INVITED)
    shown = Leader("ben-leads", "ben", "okx", profile, published_ms=1)
    DynamoLeaders(dynamodb, "LeadersTable").save(shown)
    return {"leader_id": shown.leader_id}


def invitation(call: Call, dynamodb: Any) -> dict[str, str]:
    named = leader(call, dynamodb)
    answer = call("POST", f"/leaders/{named['leader_id']}/invitations", {}, user="ben")
    return {**named, "invitation_id": answer.body["invitation"]["invitation_id"]}


def follow(_: Call, dynamodb: Any) -> dict[str, str]:
    follows = DynamoFollows(dynamodb, "FollowsTable", "AccountsTable")
    for account_id in ("ada-leads", "bens"):
        DynamoAccounts(dynamodb, "AccountsTable", utc_ms).save(
            Account(account_id, "ben", "okx", b"sealed", listen_shard="0")
        )
    name = follow_name("bens", "ada-leads")
    follows.save(Follow(name, "ada-leads", "bens", "ben", "okx", started_ms=1))
    return {"follow_id": name}


def portfolio(call: Call, _: Any) -> dict[str, str]:
    made = connection(call, None)
    body = {"name": "Ben's", "accounts": [made["account_id"]]}
    answer = call("POST", "/portfolios", body, user="ben")
    return {"portfolio_id": answer.body["portfolio_id"]}


def export(_: Call, dynamodb: Any) -> dict[str, str]:
    made = Export("ben", "1-ben", Kind.TRADES, Format.CSV, question_of(TradeFilter()), utc_ms())
    DynamoExports(dynamodb, "ExportsTable").put(made)
    return {"export_id": made.export_id}


THEIRS: dict[str, Made] = {
    "/exports/{export_id}": export,
    "/leaders/{leader_id}/record": leader,
    "/leaders/{leader_id}/equity": leader,
    "/leaders/{leader_id}/calendar": leader,
    "/accounts/{account_id}/record": connection,
    "/accounts/{account_id}/equity": connection,
    "/accounts/{account_id}/calendar": connection,
    "/accounts/{account_id}/trail": connection,
    "/portfolios/{portfolio_id}": portfolio,
    "/portfolios/{portfolio_id}/record": portfolio,
    "/leaders/{leader_id}": leader,
    "/leaders/{leader_id}/invitations": leader,
    "/leaders/{leader_id}/invitations/{invitation_id}": invitation,
    "/follows/{follow_id}": follow,
    "/follows/{follow_id}/rules": follow,
    "/follows/{follow_id}/pause": follow,
    "/follows/{follow_id}/resume": follow,
    "/follows/{follow_id}/stop": follow,
    "/connections/{account_id}": connection,
    "/connections/{account_id}/key": connection,
    "/connections/{account_id}/test": connection,
    "/connections/{account_id}/pause": connection,
    "/connections/{account_id}/resume": connection,
    "/paper/{account_id}": connection,
    "/paper/{account_id}/reset": connection,
    "/watchlists/{watchlist_id}": watchlist,
    "/watchlists/{watchlist_id}/prices": watchlist,
}
#: A body that is good, for those routes that want one, by method and path.
BODIES: dict[str, Any] = {
    "put /leaders/{leader_id}": {"name": "Ada"},
    "post /leaders/{leader_id}/invitations": {},
    "put /follows/{follow_id}/rules": {"rules": {"multiplier": "9"}},
    "post /follows/{follow_id}/stop": {"how": "close"},
    "patch /connections/{account_id}": {"label": "Ada's"},
    "put /connections/{account_id}/key": {"api_key": "k", "secret": "s"},
    "post /paper/{account_id}/reset": {},
    "put /portfolios/{portfolio_id}": {"name": "Ada's", "accounts": ["a"]},
    "put /watchlists/{watchlist_id}": {"name": "Ada's", "markets": []},
}
#: Routes whose ids are public, and why.
PUBLIC_IDS: dict[str, str] = {}
