"""What writes exports."""

from typing import TYPE_CHECKING, Protocol

from pilotfish.settings import ExportsSettings
from pilotfish.wiring import outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.adapters.files import S3Files
    from pilotfish.usecases.export_records import WriteExport
    from pilotfish.usecases.lists import Lists


class RecordTables(Protocol):
    """Settings of who lists records."""

    @property
    def accounts_table(self) -> str: ...
    @property
    def follows_table(self) -> str: ...
    @property
    def fills_table(self) -> str: ...
    @property
    def copy_orders_table(self) -> str: ...


def lists(client: "DynamoDBClient", settings: RecordTables) -> "Lists":
    """Owners' records."""
    from pilotfish.adapters.dynamo.owners import DynamoOwners
    from pilotfish.adapters.dynamo.records import DynamoRecords
    from pilotfish.usecases.lists import Lists

    return Lists(
        records=DynamoRecords(
            client, fills_table=settings.fills_table, orders_table=settings.copy_orders_table
        ),
        owners=DynamoOwners(client, settings.accounts_table, settings.follows_table),
    )


def files(bucket: str) -> "S3Files":
    """Where exports lie; links are signed for the bucket's own region."""
    import boto3
    from botocore.config import Config

    from pilotfish.adapters.files import S3Files

    signed = outside.AWS.merge(Config(signature_version="s3v4"))
    return S3Files(boto3.client("s3", config=signed), bucket)


def write_export(settings: ExportsSettings) -> "WriteExport":
    """The use case of the function `exports`."""
    from pilotfish.adapters.dynamo.exports import DynamoExports
    from pilotfish.usecases.export_records import WriteExport

    client = outside.dynamodb()
    return WriteExport(
        exports=DynamoExports(client, settings.exports_table),
        lists=lists(client, settings),
        files=files(settings.exports_bucket),
        clock=outside.utc_ms,
    )
