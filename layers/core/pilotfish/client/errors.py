"""What can go wrong, named by what may be done.

LiveError
├── Refused        the server does not do this: ask for something else
├── NotAdmitted    the ticket or token lets nobody in: get another one
├── TooManyWaiting too many commands wait for a connection: ask later
├── Unanswered     no answer in time: ask again, it does no harm
├── Disconnected   the connection ended; the client makes another one by itself
└── Closed         the client or the feed was closed
"""


class LiveError(Exception):
    """Anything that the client raises."""


class Refused(LiveError):
    """`code` is one of docs/asyncapi.yaml's; `limit` is the limit that was hit, if one was."""

    def __init__(self, code: str, text: str, limit: int | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.limit = limit


class NotAdmitted(LiveError):
    """The server answered 401 or 403, again and again if the client was left to try."""


class TooManyWaiting(LiveError):
    """Nothing was sent."""


class Unanswered(LiveError):
    """The command may have been carried out."""


class Disconnected(LiveError):
    """`code` is the close code of the WebSocket, where there was one."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Closed(LiveError):
    """Nothing more will come."""
