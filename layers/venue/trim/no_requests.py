"""What ccxt's base class takes from requests; only its synchronous classes, trimmed away, use it.

The trim puts this into ccxt as `ccxt._no_requests`: requests costs 0.1 s of a cold start.
"""

from typing import NoReturn


class RequestException(IOError):
    """Never raised here: an except clause of the base class names it."""


class HTTPError(RequestException):
    pass


class Timeout(RequestException):
    pass


class TooManyRedirects(RequestException):
    pass


class ConnectionError(RequestException):  # noqa: A001
    pass


class Session:
    def __init__(self) -> NoReturn:
        raise NotImplementedError("the trimmed ccxt has asyncio classes only")


def default_user_agent() -> str:
    """Where a venue's `describe()` and the caller name none."""
    return "ccxt"
