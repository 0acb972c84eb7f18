"""Records as files."""

import json
import secrets
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.exports import ExportRoutes
from pilotfish.settings import ApiSettings
from pilotfish.wiring import exporting, outside

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from pilotfish.usecases.export_records import AskForExports


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> ExportRoutes:
    """Routes of exports."""

    @cache
    def exports() -> "AskForExports":
        from pilotfish.adapters.dynamo.exports import DynamoExports
        from pilotfish.usecases.export_records import AskForExports

        return AskForExports(
            exports=DynamoExports(dynamodb(), settings.exports_table),
            lists=exporting.lists(dynamodb(), settings),
            files=exporting.files(settings.exports_bucket),
            start=_starter(settings.exports_function),
            clock=outside.utc_ms,
            new_id=lambda: secrets.token_urlsafe(12),
        )

    return ExportRoutes(exports)


def _starter(function: str) -> Callable[[str, str], None]:
    """Has the function write an export, without waiting for it."""

    def start(owner: str, export_id: str) -> None:
        import boto3

        boto3.client("lambda", config=outside.AWS).invoke(
            FunctionName=function,
            InvocationType="Event",
            Payload=json.dumps({"owner": owner, "export_id": export_id}),
        )

    return start
