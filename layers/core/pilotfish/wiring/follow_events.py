"""What the follow function is asked, and what it answers, as JSON."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pilotfish.adapters.follow_calls import CODES
from pilotfish.domain.errors import NotReady
from pilotfish.domain.follows import CannotFollow, Follow, follow_name
from pilotfish.domain.rules import BadRules, Rules, rules_from
from pilotfish.domain.viewers import Viewer
from pilotfish.usecases.change_follow import Named
from pilotfish.usecases.start_follow import Wanted
from pilotfish.usecases.stop_follow import How, Stop
from pilotfish.wiring.following import Following

ACTS = ("start", "rules", "pause", "resume", "stop")
# Beside these, all that is in an event is a rule.
NAMES = ("do", "follow_id", "leader_id", "account_id", "user", "operator", "version")
START = ("consent", "invitation")
SAID = ("symbol", "position_side", "side", "quantity", "limit_price", "state", "reason")
Event = Mapping[str, Any]


async def answered(follows: Following, event: Event) -> dict[str, Any]:
    """`state` says what was done; of what was not, `state` is `refused`, and `why` and `code`."""
    try:
        told = await _done(follows, event)
    except tuple(CODES) as wrong:
        code = next(code for kind, code in CODES.items() if isinstance(wrong, kind))
        state = "not_ready" if isinstance(wrong, NotReady) else "refused"
        field = {"field": wrong.field} if isinstance(wrong, BadRules) else {}
        return {"state": state, "code": code, "why": str(wrong)} | field
    plain: dict[str, Any] = json.loads(json.dumps(told, default=str))
    return plain


async def _done(follows: Following, event: Event) -> dict[str, Any]:
    act = event.get("do", ACTS[0])
    if act == "start":
        started = await follows.start(_wanted(event))
        state = "started" if started.new else "following"
        found = [{name: getattr(one, name) for name in SAID} for one in started.joined]
        return _told(state, started.follow, positions=found)
    if act == "stop":
        stopped = await asyncio.to_thread(follows.stop, _named(event), _stop(event))
        left = [asdict(each) for each in stopped.left]
        return _told(str(stopped.follow.status), stopped.follow, left=left)
    if act == "rules":
        named, rules = _named(event), _rules(event, NAMES)
        await follows.require_levels(named.leader_id, rules)
        changed = await asyncio.to_thread(follows.change.rules, named, rules)
        return _told(str(changed.status), changed)
    if act in ("pause", "resume"):
        change = getattr(follows.change, act)
        changed = await asyncio.to_thread(change, _named(event))
        return _told(str(changed.status), changed)
    raise CannotFollow(f"there is nothing like {act!r} to do: {', '.join(ACTS)}")


def _told(state: str, follow: Follow, **more: Any) -> dict[str, Any]:
    return {
        "state": state,
        "follow_id": follow.follow_id,
        "status": follow.status,
        "version": follow.version,
        **more,
    }


def _wanted(event: Event) -> Wanted:
    named = _named(event)
    return Wanted(
        follow_id=named.follow_id,
        leader_id=named.leader_id,
        account_id=_text(event, "account_id"),
        rules=_rules(event, (*NAMES, *START)),
        by=named.by,
        consent=_text(event, "consent"),
        invitation=_text(event, "invitation"),
    )


def _named(event: Event) -> Named:
    """A member names no follow: it is named after the two accounts."""
    user, leader_id, account_id = (_text(event, n) for n in ("user", "leader_id", "account_id"))
    by = Viewer(user or "operator", operator=bool(event.get("operator", "user" not in event)))
    follow_id = _text(event, "follow_id") or follow_name(account_id, leader_id)
    return Named(leader_id, follow_id, by, event.get("version"))


def _rules(event: Event, names: tuple[str, ...]) -> Rules:
    return rules_from({name: value for name, value in event.items() if name not in names})


def _stop(event: Event) -> Stop:
    how = _text(event, "how") or How.KEEP
    if how not in list(How):
        raise CannotFollow(f"to stop is to {', '.join(How)}; not to {how}")
    return Stop(How(how), tuple(map(str, event.get("positions") or ())))


def _text(event: Event, name: str) -> str:
    return str(event.get(name) or "")
