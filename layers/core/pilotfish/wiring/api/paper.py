"""Paper accounts."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilotfish.api.routes.paper import PaperCases, PaperRoutes
from pilotfish.settings import ApiSettings
from pilotfish.wiring.api.trails import keep_trail

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def group(settings: ApiSettings, dynamodb: "Callable[[], DynamoDBClient]") -> PaperRoutes:
    """Routes of paper accounts."""

    @cache
    def built() -> PaperCases:
        from pilotfish.wiring.practising import practising

        client = dynamodb()
        cases = practising(client, settings.accounts_table, settings.paper_table, ())
        return PaperCases(cases.show, cases.reset, keep_trail(settings, client))

    return PaperRoutes(built)
