"""PostToConnection of API Gateway, as fast as the order within a connection allows."""

import http.client
import logging
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from pilotfish.adapters.sigv4 import Keys, Signer
from pilotfish.adapters.wire import Line, Wire

logger = logging.getLogger(__name__)

THREADS = 16
ATTEMPTS = 3
BACKOFF_S = 0.05
TIMEOUT_S = 2.0
# How long one call may go on, so that a gateway in trouble does not stop the stream.
BUDGET_S = 10.0
# A connection that let a post time out is left alone for so long: it must not hold up the next
# batch as well.
SLOW_REST_S = 5.0


class Dropped(Exception):
    """The gateway did not take a frame; says why in a word."""


class Gone(Exception):
    """There is no such connection."""


Work = deque[tuple[str, Sequence[bytes]]]


@dataclass(slots=True)
class Outcome:
    """What came of one thread's share."""

    gone: set[str] = field(default_factory=set)
    dropped: Counter[str] = field(default_factory=Counter)


class SocketPush:
    """Each connection's frames go out one after another, different connections' side by side.

    What the gateway does not take in `ATTEMPTS` tries is dropped with the rest of that
    connection's frames: the tables are the truth, and a client reads them again. `on_dropped`
    hears how many frames, by reason. A frame may arrive twice when a kept line breaks under it.
    """

    def __init__(
        self,
        endpoint: str,
        signer: Signer,
        *,
        threads: int = THREADS,
        timeout_s: float = TIMEOUT_S,
        on_dropped: Callable[[Mapping[str, int]], None] = lambda _: None,
    ) -> None:
        self._wire = Wire(endpoint, timeout_s)
        self._signer = signer
        self._threads = threads
        self._on_dropped = on_dropped
        self._pool = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="push")
        self._resting: dict[str, float] = {}

    def post(self, frames: Mapping[str, Sequence[bytes]]) -> set[str]:
        """Send each connection its frames in order; returns the ids of those that are gone."""
        work: Work = deque(frames.items())
        until = time.monotonic() + BUDGET_S
        threads = min(self._threads, len(frames))
        others = [self._pool.submit(self._drain, work, until) for _ in range(threads - 1)]
        outcome = self._drain(work, until)
        for other in others:
            outcome.gone |= other.result().gone
            outcome.dropped += other.result().dropped
        if outcome.dropped:
            logger.warning("frames dropped: %s", dict(outcome.dropped))
            self._on_dropped(outcome.dropped)
        return outcome.gone

    def close(self) -> None:
        """End the threads and the kept lines."""
        self._pool.shutdown()
        self._wire.close()

    def _drain(self, work: Work, until: float) -> Outcome:
        outcome = Outcome()
        with self._wire.line() as line:
            while True:
                try:
                    connection_id, frames = work.popleft()
                except IndexError:
                    return outcome
                self._tell(line, connection_id, frames, until, outcome)

    def _tell(
        self,
        line: Line,
        connection_id: str,
        frames: Sequence[bytes],
        until: float,
        outcome: Outcome,
    ) -> None:
        path = f"{self._wire.path}/@connections/{quote(connection_id, safe='')}"
        told = 0
        try:
            self._rested(connection_id)
            for frame in frames:
                self._send(line, path, frame, until)
                told += 1
        except Gone:
            outcome.gone.add(connection_id)
        except TimeoutError:
            self._resting[connection_id] = time.monotonic() + SLOW_REST_S
            outcome.dropped["slow"] += len(frames) - told
        except Dropped as dropped:
            outcome.dropped[str(dropped)] += len(frames) - told

    def _rested(self, connection_id: str) -> None:
        until = self._resting.get(connection_id)
        if until is None:
            return
        if time.monotonic() < until:
            raise Dropped("slow")
        self._resting.pop(connection_id, None)

    def _send(self, line: Line, path: str, frame: bytes, until: float) -> None:
        """Raises `Gone`, `Dropped` or `TimeoutError`."""
        why = "late"
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(BACKOFF_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311
            if time.monotonic() > until:
                break
            try:
                status = line.exchange(self._request(path, frame))
            except TimeoutError:
                raise
            except (OSError, http.client.HTTPException):
                why = "unreachable"
                continue
            if status == http.HTTPStatus.GONE:
                raise Gone
            if status < 300:
                return
            why = str(status)
            if status != http.HTTPStatus.TOO_MANY_REQUESTS and status < 500:
                break
        raise Dropped(why)

    def _request(self, path: str, frame: bytes) -> bytes:
        signed = self._signer.headers(self._wire.host, path, frame, datetime.now(UTC))
        head = f"POST {path} HTTP/1.1\r\n{signed}content-length:{len(frame)}\r\n\r\n"
        return head.encode() + frame


def socket_push(
    endpoint: str, *, on_dropped: Callable[[Mapping[str, int]], None] = lambda _: None
) -> SocketPush:
    """Signs with the credentials and for the region that botocore finds, as they are refreshed."""
    import botocore.exceptions
    import botocore.session

    session = botocore.session.get_session()
    credentials = session.get_credentials()
    if credentials is None:
        raise botocore.exceptions.NoCredentialsError

    def keys() -> Keys:
        now = credentials.get_frozen_credentials()
        return Keys(now.access_key or "", now.secret_key or "", now.token)

    region = session.get_config_variable("region")
    signer = Signer(keys, region=region, service="execute-api")
    return SocketPush(endpoint, signer, on_dropped=on_dropped)
