"""What owners do with connections: seals keys, opens none."""

from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_lambda.client import LambdaClient

    from pilotfish.usecases.submit_keys import SubmitKeys


@dataclass(frozen=True, slots=True)
class Places:
    """Where keys go: tables, the sealing key, and the function that tries them."""

    accounts_table: str
    keys_table: str
    key_id: str
    function: str


def submit_keys(
    dynamodb: "DynamoDBClient", kms: "KMSClient", function: "LambdaClient", places: Places
) -> "SubmitKeys":
    """Needs the rights to seal, to keep candidates, and to ask the function `connections`."""
    from pilotfish.adapters.dynamo.keyring import DynamoKeyring
    from pilotfish.adapters.dynamo.register import DynamoRegister
    from pilotfish.adapters.key_trials import LambdaTrials
    from pilotfish.adapters.keys import KeySealer, fingerprint
    from pilotfish.usecases.submit_keys import SubmitKeys

    return SubmitKeys(
        register=DynamoRegister(dynamodb, places.accounts_table),
        keyring=DynamoKeyring(dynamodb, places.keys_table, places.accounts_table),
        seal=KeySealer(kms, places.key_id),
        fingerprint=fingerprint,
        trials=LambdaTrials(function, places.function),
        clock=outside.utc_ms,
        new_id=new_id,
    )


def new_id(kind: str) -> str:
    """An id that nobody can guess: `acc_…`."""
    return f"{kind}_{token_hex(10)}"
