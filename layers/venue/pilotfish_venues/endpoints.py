"""The operator's setting that points venues at other hosts: a testnet, a proxy, a simulator.

    VENUE_ENDPOINTS={"binanceusdm": {"rest": "http://127.0.0.1:9000/binanceusdm",
                                     "ws": "ws://127.0.0.1:9000/binanceusdm", "addresses": 4}}

Every URL of a venue keeps its path after the new base. `addresses` is from how many IP addresses
a proxy there sends: the venue's limits for one hold for each. The setting comes from the deployment
alone; nothing that a user enters reaches it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pilotfish.domain.errors import PilotfishError
from pilotfish_venues.table import VENUES

SETTING = "VENUE_ENDPOINTS"
_SCHEMES = {"rest": ("http", "https"), "ws": ("ws", "wss")}
_STARTS = {"rest": "http:// or https://", "ws": "ws:// or wss://"}


class BadEndpoints(PilotfishError):
    """The setting cannot be used as it stands."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{SETTING}: {reason}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a venue is reached, and from how many addresses; an empty base leaves its own URLs."""

    rest: str = ""
    ws: str = ""
    addresses: int = 1

    def rewrite(self, urls: Any) -> Any:
        """The same tree of URLs, each with its host replaced and its path kept."""
        if isinstance(urls, Mapping):
            return {name: self.rewrite(inner) for name, inner in urls.items()}
        if not isinstance(urls, str):
            return urls
        parts = urlsplit(urls)
        base = self.ws if parts.scheme in _SCHEMES["ws"] else self.rest
        if not base:
            return urls
        query = f"?{parts.query}" if parts.query else ""
        return f"{base}{parts.path}{query}"


def parse_endpoints(text: str) -> dict[str, Endpoint]:
    """Endpoints by venue; an empty text changes nothing. Raises `BadEndpoints`."""
    if not text.strip():
        return {}
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise BadEndpoints(f"is not JSON: {error}") from None
    if not isinstance(entries, dict):
        raise BadEndpoints("is not a JSON object of venues")
    return {venue: _endpoint(venue, entry) for venue, entry in entries.items()}


def _endpoint(venue: str, entry: object) -> Endpoint:
    if venue not in VENUES:
        raise BadEndpoints(f"unknown venue {venue!r}; known are {', '.join(VENUES)}")
    if not isinstance(entry, dict) or not entry or set(entry) - {*_SCHEMES, "addresses"}:
        raise BadEndpoints(f'{venue} needs an object of "rest", "ws" and "addresses"')
    bases = {kind: _base(venue, kind, entry[kind]) for kind in _SCHEMES if kind in entry}
    return Endpoint(**bases, addresses=_count(venue, entry.get("addresses", 1)))


def _count(venue: str, value: object) -> int:
    if type(value) is not int or value < 1:
        raise BadEndpoints(f"{venue}.addresses must be a whole number from 1 on")
    return value


def _base(venue: str, kind: str, base: object) -> str:
    parts = urlsplit(base) if isinstance(base, str) else None
    if parts is None or parts.scheme not in _SCHEMES[kind] or not parts.hostname:
        raise BadEndpoints(f"{venue}.{kind} must start with {_STARTS[kind]}")
    if parts.query or parts.fragment or parts.username is not None:
        raise BadEndpoints(f"{venue}.{kind} must have no query, fragment or user")
    return str(base).rstrip("/")
