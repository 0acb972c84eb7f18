"""LeadersTable: invitations beside the profile of their leader."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.items import Codec, Item, failed_condition, n, readable, s
from pilotfish.domain.invitations import Invitation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

INVITATION = "invitation#"
# How long one that is over is still told of.
KEEP_S = 30 * 86_400
MOST = 200

_codec = Codec(Invitation, {"leader_id": "pk"})


class DynamoInvitations:
    """One is used up in the transaction in which a follow begins by it: see `taken`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, made: Invitation) -> None:
        """Write a new one."""
        expires = {"expires_at": n(made.expires_ms // 1000 + KEEP_S)}
        key = _key(made.leader_id, made.invitation_id)
        self._client.put_item(TableName=self._table, Item=_codec.encode(made) | key | expires)

    def get(self, leader_id: str, invitation_id: str) -> Invitation | None:
        """As it is now."""
        answer = self._client.get_item(
            TableName=self._table, Key=_key(leader_id, invitation_id), ConsistentRead=True
        )
        return _codec.decode(answer["Item"]) if "Item" in answer else None

    def of_leader(self, leader_id: str) -> list[Invitation]:
        """The last made first, 200 at most; those too that are over since a month at most."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :leader AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":leader": s(leader_id), ":prefix": s(INVITATION)},
            ConsistentRead=True,
            Limit=MOST,
        )
        found = readable(answer["Items"], _codec.decode)
        return sorted(found, key=lambda made: -made.created_ms)

    def revoke(self, leader_id: str, invitation_id: str) -> bool:
        """Whether there was one; nobody begins to follow by it any more."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(leader_id, invitation_id),
                UpdateExpression="SET revoked = :yes",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )
        except ClientError as error:
            if failed_condition(error):
                return False
            raise
        return True


def taken(table: str, invitation: Invitation, now_ms: int) -> Item:
    """The write that uses an invitation once; fails when it lets nobody in any more."""
    return {
        "Update": {
            "TableName": table,
            "Key": _key(invitation.leader_id, invitation.invitation_id),
            "UpdateExpression": "SET #left = #left - :one",
            "ConditionExpression": "#left > :none AND revoked = :no AND expires_ms > :now",
            "ExpressionAttributeNames": {"#left": "left"},
            "ExpressionAttributeValues": {
                ":one": n(1),
                ":none": n(0),
                ":no": {"BOOL": False},
                ":now": n(now_ms),
            },
        }
    }


def _key(leader_id: str, invitation_id: str) -> Any:
    return {"pk": s(leader_id), "sk": s(INVITATION + invitation_id)}
