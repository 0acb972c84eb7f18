"""What the faces of venues have in common: charge, authorize, answer, and say what went wrong."""

import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from pilotfish_local.exchange.api import PUBLIC, Call, Endpoint, Problem, Reply
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.limits import Limited


class VenueFace(ABC):
    """A venue whose endpoints have fixed paths and whose private requests are signed in headers."""

    endpoints: ClassVar[Mapping[tuple[str, str], Endpoint]]

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def find(self, call: Call) -> Endpoint | None:
        """The endpoint of a path."""
        return self.endpoints.get((call.method, call.path))

    def answer(self, endpoint: Endpoint, call: Call) -> Reply:
        """The reply of an endpoint, or the error in the venue's JSON."""
        try:
            headers = self._charge(endpoint, call)
            self.read(call)
            if endpoint.access != PUBLIC:
                self.authorize(endpoint, call)
            return Reply(self.wrap(endpoint.handle(self._exchange, call)), headers=headers)
        except Refused as refused:
            return self.error(endpoint, self.refusal(call, refused))
        except Limited as limited:
            return self.error(endpoint, self.over_limit(limited))
        except Problem as problem:
            return self.error(endpoint, problem)

    def _charge(self, endpoint: Endpoint, call: Call) -> dict[str, str]:
        meter, now = self._exchange.meter, self._exchange.clock.now_ns() / 1e9
        orders = 1 if endpoint.kind == "order_create" else 0
        key = self.key_of(call)
        used = meter.charge(endpoint.venue, key, call.address, endpoint.weight, orders, now)
        return self.usage(endpoint, used)

    def usage(self, endpoint: Endpoint, used: Mapping[str, int]) -> dict[str, str]:
        """The headers that say how much is used, if the venue says so."""
        return {}

    @abstractmethod
    def key_of(self, call: Call) -> str:
        """The API key that the request carries."""

    @abstractmethod
    def read(self, call: Call) -> None:
        """Put what the query and the body say into the parameters, or raise Problem."""

    @abstractmethod
    def authorize(self, endpoint: Endpoint, call: Call) -> None:
        """Check key, clock, signature and permission, or raise Problem."""

    @abstractmethod
    def wrap(self, result: object) -> object:
        """A result as the venue answers it."""

    @abstractmethod
    def refusal(self, call: Call, refused: Refused) -> Problem:
        """A refusal of the engine in the venue's code and words."""

    @abstractmethod
    def over_limit(self, limited: Limited) -> Problem:
        """What a key hears that asks too much."""

    @abstractmethod
    def error(self, endpoint: Endpoint | None, problem: Problem) -> Reply:
        """An error in the venue's JSON."""


def same_signature(expected: str, given: str) -> bool:
    """Whether two signatures are the same, in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode())
