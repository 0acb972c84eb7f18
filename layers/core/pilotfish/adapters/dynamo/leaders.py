"""LeadersTable: profiles with their figures, one index for each order, and invitations.

A figure is an attribute of the profile, under the name that `domain.leaders.FIGURES` has for it: so
an index of it needs no upkeep but DynamoDB's own.
"""

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.items import (
    MAX_ITEMS,
    Codec,
    Item,
    batch_get,
    failed_condition,
    n,
    readable,
    s,
)
from pilotfish.domain.leaders import FIGURES, NEWEST, SORTS, Leader, Profile, Wanted
from pilotfish.domain.places import Place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

PROFILE = "profile"
PUBLIC = "public"
DIGITS = 20  # Of a figure: DynamoDB's numbers have 38.

_profiles = Codec(Profile, {})
_ROUNDED = Context(prec=DIGITS)


class DynamoLeaders:
    """Its owner writes the profile and the records job the figures, side by side on one item."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, leader_id: str) -> Leader | None:
        """As it is now, published or not."""
        answer = self._client.get_item(
            TableName=self._table, Key=_key(leader_id), ConsistentRead=True
        )
        return _decode(answer["Item"]) if "Item" in answer else None

    def of(self, leader_ids: Sequence[str]) -> list[Leader]:
        """Those of these accounts that were ever published; at most 100 are asked for."""
        keys = [_key(each) for each in dict.fromkeys(leader_ids)][:MAX_ITEMS]
        found = batch_get(self._client, self._table, keys, consistent=False)
        return sorted(readable(found, _decode), key=lambda leader: leader.leader_id)

    def save(self, leader: Leader) -> bool:
        """Write all but the figures, as the version after `leader.version`.

        False, and nothing is written, when another version is stored; 0 is of one that is new.
        """
        sets = _said(leader) | {"version": n(leader.version + 1)}
        removes = [] if leader.public else [PUBLIC]
        new = leader.version == 0
        names = {f"#{name}": name for name in [*sets, *removes]}
        values = {f":{name}": value for name, value in sets.items()}
        if not new:
            values[":seen"] = n(leader.version)
        return self._updated(
            leader.leader_id,
            UpdateExpression=_expression(sets, removes),
            ConditionExpression="attribute_not_exists(pk)" if new else "#version = :seen",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def save_figures(
        self, leader_id: str, figures: Mapping[str, Decimal | None], computed_ms: int
    ) -> bool:
        """Write figures as of `computed_ms` (UTC); None or infinite takes one away, others stay.

        False, and nothing is written, when the account was never published or later figures are
        there. Raises `KeyError` for a name that is not of `FIGURES`.
        """
        if unknown := {*figures} - {*FIGURES}:
            raise KeyError(f"there is no figure {sorted(unknown)[0]}")
        sets: Item = {
            name: n(_short(value))
            for name, value in figures.items()
            if value is not None and value.is_finite()
        }
        removes = [name for name in figures if name not in sets]
        sets["computed_ms"] = n(computed_ms)
        return self._updated(
            leader_id,
            UpdateExpression=_expression(sets, removes),
            ConditionExpression="attribute_exists(pk) AND "
            "(attribute_not_exists(#computed_ms) OR #computed_ms <= :computed_ms)",
            ExpressionAttributeNames={f"#{name}": name for name in [*sets, *removes]},
            ExpressionAttributeValues={f":{name}": value for name, value in sets.items()},
        )

    def listed(
        self, wanted: Wanted, after: Place | None, limit: int
    ) -> tuple[list[Leader], Place | None]:
        """So many of the public ones in their order, and where the next begin; not yet filtered."""
        sort = SORTS[wanted.sort]
        asked: Any = {
            "TableName": self._table,
            "IndexName": f"by_{sort.by}",
            "KeyConditionExpression": f"#{PUBLIC} = :one",
            "ExpressionAttributeNames": {f"#{PUBLIC}": PUBLIC},
            "ExpressionAttributeValues": {":one": s("1")},
            "ScanIndexForward": not sort.descending,
            "Limit": limit,
        }
        if after is not None:
            place = {PUBLIC: s("1"), sort.by: {"N": after.sk}}
            asked["ExclusiveStartKey"] = _key(after.pk) | place
        answer = self._client.query(**asked)
        following = answer.get("LastEvaluatedKey")
        place_after = None
        if following:
            place_after = Place(following["pk"]["S"], following[sort.by]["N"])
        return readable(answer["Items"], _decode), place_after

    def place(self, leader: Leader, sort: str) -> Place:
        """Where a leader stands in an order."""
        by = SORTS[sort].by
        figure = leader.published_ms if by == NEWEST else _short(leader.figures[by])
        return Place(leader.leader_id, str(figure))

    def _updated(self, leader_id: str, **update: Any) -> bool:
        """Whether the condition held."""
        try:
            self._client.update_item(TableName=self._table, Key=_key(leader_id), **update)
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True


def _key(leader_id: str) -> Item:
    return {"pk": s(leader_id), "sk": s(PROFILE)}


def _expression(sets: Item, removes: Sequence[str]) -> str:
    taken_away = f" REMOVE {', '.join(f'#{name}' for name in removes)}" if removes else ""
    return f"SET {', '.join(f'#{name} = :{name}' for name in sets)}{taken_away}"


def _short(figure: Decimal) -> Decimal:
    return _ROUNDED.plus(figure)


def _said(leader: Leader) -> Item:
    """What its owner wrote."""
    said = _profiles.encode(leader.profile) | {
        "owner": s(leader.owner),
        "venue": s(leader.venue),
        NEWEST: n(leader.published_ms),
        "published": {"BOOL": leader.published},
    }
    return said | ({PUBLIC: s("1")} if leader.public else {})


def _decode(item: Any) -> Leader:
    return Leader(
        leader_id=item["pk"]["S"],
        owner=item["owner"]["S"],
        venue=item["venue"]["S"],
        profile=_profiles.decode(item),
        published_ms=int(item[NEWEST]["N"]),
        published=item["published"]["BOOL"],
        version=int(item["version"]["N"]),
        figures={name: Decimal(item[name]["N"]) for name in FIGURES if name in item},
        computed_ms=int(item.get("computed_ms", n(0))["N"]),
    )
