"""Who looks on."""

from dataclasses import dataclass

# The group of the user pool whose members are operators; everybody else is a member.
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who a connection belongs to; an operator sees what concerns everybody.

    `until_ms` (UTC) is when the session ends in whose name the client connected; 0: with the
    connection.
    """

    user: str
    operator: bool = False
    until_ms: int = 0

    def ended(self, now_ms: int) -> bool:
        """Whether the session is over."""
        return bool(self.until_ms) and now_ms >= self.until_ms


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection, since when (UTC ms), and on how many channels it listens."""

    connection_id: str
    viewer: Viewer
    since_ms: int
    subscriptions: int
