"""DynamoDB writes a REMOVE record, with itself as the user, for an item that its TTL deletes.

Restores as well: a table's TimeToLiveSpecification in a template takes effect.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from ministack.core.responses import _request_account_id, _request_region
from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_SWEEPS = float(os.environ.get("PILOTFISH_TTL_SECONDS", "5"))
BY_DYNAMODB = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
REAPER_OF_MINISTACK = "dynamodb-ttl-reaper"

_sweeping = threading.local()


def expired(item: dict[str, Any], attribute: str, now: float) -> bool:
    """Whether the TTL attribute holds a number of seconds that has passed; other types never do."""
    value = (item.get(attribute) or {}).get("N")
    return value is not None and float(value) <= now


def sweep(remove_item: Any, now: float) -> None:
    """Delete what has expired in every table with TTL, and tell the table's stream."""
    with dynamodb._lock:
        for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
            table = dynamodb._tables.get_scoped(account, region, name)
            attribute = setting.get("AttributeName")
            if not table or setting.get("TimeToLiveStatus") != "ENABLED" or not attribute:
                continue
            due = [
                (partition, sort)
                for partition, items in table["items"].items()
                for sort, item in items.items()
                if expired(item, attribute, now)
            ]
            account_token = _request_account_id.set(account)
            region_token = _request_region.set(region)
            for partition, sort in due:
                old = remove_item(table, partition, sort)
                dynamodb._emit_stream_event(name, "REMOVE", old, None)
            _request_account_id.reset(account_token)
            _request_region.reset(region_token)


def read_from_templates() -> None:
    """Have CloudFormation set a table's TTL attribute when it creates the table."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    create = handler["create"]

    def create_with_ttl(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        name, attributes = create(logical_id, properties, stack_name)
        if specification := properties.get("TimeToLiveSpecification"):
            enabled = str(specification.get("Enabled")).lower() == "true"
            written = {"AttributeName": specification.get("AttributeName"), "Enabled": enabled}
            dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": written})
        return name, attributes

    handler["create"] = create_with_ttl


def apply() -> None:
    """Sweep in a thread of our own and let MiniStack's, which keeps silent, delete nothing."""
    read_from_templates()
    remove_item, change_record = dynamodb._remove_item, dynamodb._build_change_record

    def remove_unless_silent(*args: Any) -> Any:
        silent = threading.current_thread().name == REAPER_OF_MINISTACK
        return None if silent else remove_item(*args)

    def record_with_user(*args: Any) -> dict[str, Any]:
        record: dict[str, Any] = change_record(*args)
        if getattr(_sweeping, "now", False):
            record["userIdentity"] = BY_DYNAMODB
        return record

    def run() -> None:
        _sweeping.now = True
        while True:
            time.sleep(SECONDS_BETWEEN_SWEEPS)
            try:
                sweep(remove_item, time.time())
            except Exception:
                logger.exception("TTL sweep")

    dynamodb._remove_item = remove_unless_silent
    dynamodb._build_change_record = record_with_user
    threading.Thread(target=run, name="ttl-deletions", daemon=True).start()
