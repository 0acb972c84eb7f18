"""How a client behaves; the defaults suit API Gateway's limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All in seconds, but for the counts.

    `data_timeout`: a connection on which nothing sensible arrived for so long is given up.
    `heartbeat`: a `ping` that often, far below the gateway's ten minutes of idleness.
    `rotate_after`: then another connection takes over, before the gateway's two hours.
    `min_connected`: a connection that ended sooner did not count: the waits go on growing.
    `first_wait`, `longest_wait`: between attempts; each wait is half fixed and half random.
    `patience`: how long a number may be missing before it is asked for.
    `queue`: messages that a feed of events keeps for a slow reader, `states` one of states.
    `waiting`: commands that may wait for a connection or an answer, each for `command_timeout`.
    `answer_timeout`: for an answer once the command was sent.
    `refusals`: so many 401 or 403 in a row end the client with `NotAdmitted`.
    `failures`: so many failed connections in a row, and it polls by HTTP, if it can.
    `polling`: then so long by HTTP, until it tries a WebSocket again.
    """

    connect_timeout: float = 10.0
    data_timeout: float = 45.0
    heartbeat: float = 20.0
    rotate_after: float = 6_600.0
    min_connected: float = 10.0
    first_wait: float = 0.8
    longest_wait: float = 30.0
    patience: float = 0.5
    answer_timeout: float = 10.0
    command_timeout: float = 30.0
    waiting: int = 100
    commands_a_second: int = 8
    queue: int = 1_000
    states: int = 1
    refusals: int = 5
    failures: int = 3
    polling: float = 300.0
