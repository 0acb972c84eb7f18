"""A client of the model exchange's control plane: accounts, the book, markets and faults."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Json = dict[str, Any]


class ControlError(RuntimeError):
    """The exchange refused a control call; the message is its own."""


@dataclass(frozen=True, slots=True)
class ExchangeControl:
    """Talks to `/_control/` of a model exchange at `url`."""

    url: str

    def open_accounts(self, accounts: list[Json]) -> None:
        """Each `{"name", "venue", "key", "secret"}`, with `balances` and `hedge` if wanted."""
        self._call("POST", "accounts", {"accounts": accounts})

    def change_account(self, name: str, **changes: Any) -> None:
        """Enable or disable a key, change its permissions or balances."""
        self._call("PATCH", f"accounts/{name}", changes)

    def orders(self, **filters: Any) -> list[Json]:
        """The book: every order ever accepted, oldest first."""
        found: list[Json] = self._call("GET", f"orders?{urlencode(filters)}")["orders"]
        return found

    def rejected(self, **filters: Any) -> list[Json]:
        """Every order that the venue refused."""
        found: list[Json] = self._call("GET", f"orders?{urlencode(filters)}")["rejected"]
        return found

    def accounts(self, **filters: Any) -> list[Json]:
        """Balances and positions."""
        found: list[Json] = self._call("GET", f"accounts?{urlencode(filters)}")["accounts"]
        return found

    def markets(self) -> list[Json]:
        """Every market with its price."""
        found: list[Json] = self._call("GET", "markets")["markets"]
        return found

    def change_market(self, venue: str, symbol: str, **changes: Any) -> None:
        """Halt, open or delist a symbol, or change its filters."""
        self._call("POST", "market", {"venue": venue, "symbol": symbol, **changes})

    def pin_price(self, venue: str, symbol: str, price: str) -> None:
        """Hold a market's price there."""
        self._call("POST", "price", {"venue": venue, "symbol": symbol, "price": price})

    def fund(self, venue: str, symbol: str, rate: str) -> Json:
        """Whoever holds a perpetual pays so much of its worth now; what each account got."""
        asked = {"venue": venue, "symbol": symbol, "rate": rate}
        paid: Json = self._call("POST", "funding", asked)["paid"]
        return paid

    def release_price(self, venue: str, symbol: str) -> None:
        """Let a market's price move again."""
        self._call("POST", "price", {"venue": venue, "symbol": symbol, "release": True})

    def lag(self, venue: str, kind: str, ms: int) -> None:
        """Make new orders, fills or positions invisible to look-ups for a while."""
        self._call("POST", "lag", {"venue": venue, "kind": kind, "ms": ms})

    def add_faults(self, rules: list[Json]) -> None:
        """Misbehave by these rules."""
        self._call("POST", "faults", rules)

    def faults(self) -> list[Json]:
        """The rules in force, and how often each has fired."""
        found: list[Json] = self._call("GET", "faults")["faults"]
        return found

    def clear_faults(self) -> None:
        """Behave again."""
        self._call("DELETE", "faults")

    def trade_in_the_past(
        self, account: str, symbols: list[str], count: int, since_ms: int, until_ms: int
    ) -> None:
        """Give an account trades from before the exchange was started (the venue's names)."""
        period = {"since_ms": since_ms, "until_ms": until_ms}
        self._call(
            "POST", "past", {"account": account, "symbols": symbols, "count": count, **period}
        )

    def drop_streams(self, accounts: list[str] | None = None) -> None:
        """Cut the user streams of these accounts, or of all."""
        self._call("POST", "streams/drop", {"accounts": accounts})

    def _call(self, method: str, path: str, body: Any = None) -> Json:
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/_control/{path}",
            data=None if body is None else json.dumps(body, default=str).encode(),
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
                answer: Json = json.load(reply)
        except urllib.error.HTTPError as error:
            raise ControlError(f"{method} {path}: {error.read().decode()}") from error
        return answer
