"""A request to a venue, the answer, and the table of endpoints that joins them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote_plus

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import parse
from pilotfish_local.exchange.engine.orders import WHOLE, Slices

if TYPE_CHECKING:
    from pilotfish_local.exchange.exchange import Exchange

PUBLIC = "public"
KEY = "key"
READ = "read"
TRADE = "trade"


@dataclass(slots=True)
class Call:
    """One REST request; `prefix` is the venue's, `path` what follows it."""

    prefix: str
    method: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]
    address: str
    params: dict[str, str] = field(default_factory=dict)
    account: Account | None = None
    slices: Slices = WHOLE
    hidden_ns: int = 0
    lag_ns: int = 0

    @property
    def owner(self) -> Account:
        """The account that signed; only private endpoints may ask."""
        assert self.account is not None
        return self.account

    def decimal(self, name: str) -> Decimal | None:
        """A parameter as a decimal, None when absent or not a number."""
        text = self.params.get(name)
        return parse(text) if text is not None else None

    def integer(self, name: str, default: int | None = None) -> int | None:
        """A parameter as an integer, the default when absent or not one."""
        text = self.params.get(name, "")
        return int(text) if text.lstrip("-").isdigit() else default

    def flag(self, name: str) -> bool:
        """Whether a parameter says true."""
        return self.params.get(name, "").lower() == "true"


class Problem(Exception):
    """An error in a venue's own words; `code` is what the venue calls it.

    Without a code the venue says what it says at such an HTTP status.
    """

    def __init__(
        self,
        status: int,
        code: int | str | None,
        message: str = "",
        headers: dict[str, str] | None = None,
        context: dict[str, object] | None = None,
    ) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.context = context or {}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is put on the wire; an error keeps the problem it says."""

    payload: object
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    problem: Problem | None = None


Handler = Callable[["Exchange", Call], object]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a request goes: its kind (for faults), who may call it, and its weight."""

    venue: str
    kind: str
    access: str
    weight: int
    handle: Handler


class Face(Protocol):
    """One family of venues as its clients see it."""

    def find(self, call: Call) -> Endpoint | None:
        """The endpoint of a request, if there is one."""
        ...

    def key_of(self, call: Call) -> str:
        """The API key that a request carries, or an empty string."""
        ...

    def answer(self, endpoint: Endpoint, call: Call) -> Reply:
        """The reply, whatever it is; an error is a reply too."""
        ...

    def error(self, endpoint: Endpoint | None, problem: Problem) -> Reply:
        """An error in the venue's JSON; one without a code is an outage in the venue's words."""
        ...

    def symbol_of(self, params: Mapping[str, str]) -> str:
        """The symbol that an order names, as the book knows it."""
        ...


def read_json(body: bytes) -> dict[str, str]:
    """A JSON object as parameters of text, nulls left out; ValueError when it is none."""
    return texts(json.loads(body)) if body else {}


def texts(given: object) -> dict[str, str]:
    """The fields of a JSON object as text; booleans are true and false."""
    if not isinstance(given, dict):
        raise ValueError("not an object")
    return {name: _text(value) for name, value in given.items() if value is not None}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_form(text: str) -> dict[str, str]:
    """Parameters of a query or form; the last of a repeated name wins."""
    found = {}
    for part in text.split("&"):
        name, _, value = part.partition("=")
        if name:
            found[name] = unquote_plus(value) if "%" in value or "+" in value else value
    return found
