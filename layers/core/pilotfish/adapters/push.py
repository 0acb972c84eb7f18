"""PostToConnection of API Gateway, as fast as the order within a connection allows."""

import http.client
import logging
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import quote

from pilotfish.adapters.deliveries import Deliveries, Delivery
from pilotfish.adapters.sigv4 import Keys, Signer
from pilotfish.adapters.wire import Line, Wire
from pilotfish.domain.posting import Posted

logger = logging.getLogger(__name__)

THREADS = 16
# Threads that hang in a mute connection are replaced, up to so many for each that is wanted.
SPARE = 4
ATTEMPTS = 3
BACKOFF_S = 0.05
TIMEOUT_S = 2.0
# How long one call may go on, so that a gateway in trouble does not stop the stream.
BUDGET_S = 10.0
# A post that takes so long is not waited for: the others have been told, and the next batch waits.
STUCK_S = 0.3
# A connection that did not take a post is left alone for so long, and each time twice as long.
REST_S = 2.0
LONGEST_REST_S = 60.0
GONE = "410"
TOO_MANY = "429"


class SocketPush:
    """Each connection's frames go out one after another, different connections' side by side.

    What the gateway does not take in `ATTEMPTS` tries is dropped with the rest of that
    connection's frames, and the connection is behind: it is told so later, and resumes. A frame
    may arrive twice when a kept line breaks under it.
    """

    def __init__(
        self,
        endpoint: str,
        signer: Signer,
        *,
        threads: int = THREADS,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._wire = Wire(endpoint, timeout_s)
        self._signer = signer
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads * SPARE, thread_name_prefix="push")
        self._rests: dict[str, tuple[float, float]] = {}

    def post(self, frames: Mapping[str, Sequence[bytes]]) -> Posted:
        """Send each connection its frames in order; says who is gone and who is behind now."""
        now = time.monotonic()
        resting = {who for who in frames if self._rests.get(who, (0.0, 0.0))[0] > now}
        awake = [Delivery(who, sent) for who, sent in frames.items() if who not in resting]
        deliveries = Deliveries(awake, now + BUDGET_S)
        self._run(deliveries, min(self._threads, len(awake)))
        posted, slow = deliveries.outcome()
        for who in slow:
            self._rest(who)
        for who in resting:
            posted.dropped["slow"] += len(frames[who])
            posted.behind.add(who)
        if posted.dropped:
            logger.warning("frames dropped: %s", dict(posted.dropped))
        return posted

    def hang_up(self, connections: Iterable[str]) -> None:
        """Close connections; one that is gone already is no trouble."""
        with self._wire.line() as line:
            for connection_id in connections:
                try:
                    line.exchange(self._request("DELETE", connection_id, b""))
                except (OSError, http.client.HTTPException) as error:
                    logger.warning("not hung up: %s", error)

    def close(self) -> None:
        """End the threads and the kept lines."""
        self._pool.shutdown()
        self._wire.close()

    def _run(self, deliveries: Deliveries, threads: int) -> None:
        """Until all is done but what is stuck; a thread that is stuck is replaced."""
        started = 0
        while True:
            stuck, others = deliveries.stuck(STUCK_S)
            if not others:
                return
            while started < min(threads + stuck, threads * SPARE):
                self._pool.submit(self._drain, deliveries)
                started += 1
            if time.monotonic() > deliveries.until + STUCK_S:
                return
            deliveries.wait(STUCK_S)

    def _drain(self, deliveries: Deliveries) -> None:
        with self._wire.line() as line:
            while (delivery := deliveries.take()) is not None:
                try:
                    self._tell(line, delivery, deliveries)
                except Exception:
                    logger.exception("not told: %s", delivery.connection_id)
                    deliveries.done(delivery, "error")

    def _tell(self, line: Line, delivery: Delivery, deliveries: Deliveries) -> None:
        """Frame after frame, until one is not taken."""
        while delivery.left and not deliveries.over:
            why = self._send(line, delivery)
            if why:
                return self._not_taken(delivery, deliveries, why)
            delivery.told += 1
            delivery.attempts = 0
        if not delivery.left:
            self._rests.pop(delivery.connection_id, None)
        return deliveries.done(delivery, "late" if delivery.left else "")

    def _send(self, line: Line, delivery: Delivery) -> str:
        """Empty when the frame was taken; or why not, in a word."""
        frame = delivery.frames[delivery.told]
        try:
            status = line.exchange(self._request("POST", delivery.connection_id, frame))
        except TimeoutError:
            return "slow"
        except (OSError, http.client.HTTPException):
            return "unreachable"
        return "" if status < 300 else str(status)

    def _not_taken(self, delivery: Delivery, deliveries: Deliveries, why: str) -> None:
        """What may pass is tried again, after a pause in which others have their turn."""
        if why == GONE:
            return deliveries.done(delivery, gone=True)
        delivery.attempts += 1
        passing = why in (TOO_MANY, "unreachable") or why.startswith("5")
        if passing and delivery.attempts < ATTEMPTS:
            pause_s = BACKOFF_S * 2**delivery.attempts * random.uniform(0.5, 1)  # noqa: S311
            delivery.not_before = time.monotonic() + pause_s
            return deliveries.put_back(delivery)
        if why in ("slow", TOO_MANY):
            self._rest(delivery.connection_id)
        return deliveries.done(delivery, why)

    def _rest(self, connection_id: str) -> None:
        _, before_s = self._rests.get(connection_id, (0.0, REST_S / 2))
        rest_s = min(before_s * 2, LONGEST_REST_S)
        self._rests[connection_id] = (time.monotonic() + rest_s, rest_s)

    def _request(self, method: str, connection_id: str, body: bytes) -> bytes:
        path = f"{self._wire.path}/@connections/{quote(connection_id, safe='')}"
        signed = self._signer.headers(self._wire.host, path, body, datetime.now(UTC), method)
        head = f"{method} {path} HTTP/1.1\r\n{signed}content-length:{len(body)}\r\n\r\n"
        return head.encode() + body


def socket_push(endpoint: str) -> SocketPush:
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
    return SocketPush(endpoint, signer)
