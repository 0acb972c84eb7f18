"""A follow as an item of FollowsTable; `active` is what a claim's transaction checks."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pilotfish.adapters.dynamo.items import Item, n, s
from pilotfish.domain.follows import Consent, Follow, Status
from pilotfish.domain.rules import Rules, rules_from, stated

ENDING = "ending"  # The sparse index of follows that have to be seen to their end.


def follow_to_item(follow: Follow) -> Item:
    """All of a follow."""
    item: Item = {
        "pk": s(follow.leader_id),
        "sk": s(follow.follow_id),
        "account_id": s(follow.account_id),
        "owner": s(follow.owner),
        "venue": s(follow.venue),
        "started_ms": n(follow.started_ms),
        "shard": n(follow.shard),
        "first_fill": n(follow.first_fill),
        "pinned": names(follow.pinned),
    }
    item |= changing(follow)
    if follow.consent:
        said = follow.consent
        consent = {"version": s(said.version), "by": s(said.by), "at_ms": n(said.at_ms)}
        item["consent"] = {"M": consent}
    return item | {ENDING: s("1"), "look_ms": n(follow.changed_ms)} if follow.ending else item


def changing(follow: Follow) -> Item:
    """What a change of a follow may change, index apart."""
    return {
        "status": s(follow.status),
        "active": {"BOOL": follow.active},
        "rules": s(json.dumps(stated(follow.rules), separators=(",", ":"))),
        "closing": {"L": [s(key) for key in follow.closing]},
        "closing_ms": n(follow.closing_ms),
        "changed_ms": n(follow.changed_ms),
        "version": n(follow.version),
    }


def follow_from_item(item: Any) -> Follow:
    """A follow from its stored item; raises when its rules make no sense."""
    active = item["active"]["BOOL"]
    before = Status.ACTIVE if active else Status.STOPPED  # Written before there were others.
    return Follow(
        follow_id=item["sk"]["S"],
        leader_id=item["pk"]["S"],
        account_id=item["account_id"]["S"],
        owner=item["owner"]["S"],
        venue=item["venue"]["S"],
        started_ms=int(item["started_ms"]["N"]),
        shard=int(item["shard"]["N"]),
        status=Status(item.get("status", s(before))["S"]),
        rules=_rules(json.loads(item["rules"]["S"])),
        first_fill=_number(item, "first_fill"),
        pinned={name: own["S"] for name, own in item.get("pinned", {"M": {}})["M"].items()},
        closing=tuple(key["S"] for key in item.get("closing", {"L": []})["L"]),
        closing_ms=_number(item, "closing_ms"),
        changed_ms=_number(item, "changed_ms"),
        version=_number(item, "version"),
        consent=_consent(item.get("consent", {}).get("M")),
    )


def names(of: Mapping[str, str]) -> Item:
    """Names by names."""
    return {"M": {name: s(own) for name, own in of.items()}}


def _number(item: Any, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _consent(said: Any) -> Consent | None:
    if said is None:
        return None
    return Consent(said["version"]["S"], said["by"]["S"], int(said["at_ms"]["N"]))


def _rules(stored: dict[str, Any]) -> Rules:
    """What another version wrote beside the rules that we know is left out."""
    known = {field.name for field in fields(Rules)}
    return rules_from({name: value for name, value in stored.items() if name in known})
