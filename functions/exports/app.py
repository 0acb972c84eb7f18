"""Writes an owner's records into a file."""

from typing import Any

from aws_lambda_powertools import Logger

from pilotfish.clock import utc_ms
from pilotfish.settings import ExportsSettings
from pilotfish.wiring import exporting

# Left of the function's time to say that it was too much.
MARGIN_MS = 20_000

logger = Logger()
write = exporting.write_export(ExportsSettings.from_env())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes `{"owner": "…", "export_id": "…"}`; answers with what became of it."""
    until_ms = utc_ms() + context.get_remaining_time_in_millis() - MARGIN_MS
    export = write(event["owner"], event["export_id"], until_ms)
    told = {"status": export.status, "rows": export.rows, "size": export.size}
    logger.info("exported", extra={"export_id": export.export_id, **told})
    return told
