"""Staying connected: again after each end, and elsewhere before the gateway ends it."""

import asyncio
import logging
import random
from dataclasses import dataclass
from enum import StrEnum

from pilotfish.client.errors import Closed, Disconnected, LiveError, NotAdmitted
from pilotfish.client.link import Link
from pilotfish.client.listening import Listening
from pilotfish.client.options import Options
from pilotfish.client.pacing import Backoff
from pilotfish.client.wires import Transport

logger = logging.getLogger("pilotfish.client")


class Status(StrEnum):
    """How a client is connected."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    POLLING = "polling"
    WAITING = "waiting"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class _Up:
    """A connection that has answered, since when, and by what."""

    link: Link
    running: asyncio.Task[Disconnected]
    since: float
    polled: bool


class Staying:
    """`over` is why it ended for good."""

    def __init__(
        self,
        sockets: Transport,
        polling: Transport | None,
        options: Options,
        listening: Listening,
    ) -> None:
        self._sockets = sockets
        self._polling = polling
        self._options = options
        self._listening = listening
        self._backoff = Backoff(options.first_wait, options.longest_wait, options.min_connected)
        self._online = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._refusals = 0
        self.status = Status.CLOSED
        self.connections = 0
        self.over: LiveError | None = None
        self.last_error: BaseException | None = None

    def start(self) -> None:
        """Connect, and stay so."""
        self._task = asyncio.create_task(self._stay())

    async def close(self, why: LiveError) -> None:
        """For good."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._end(why)

    async def link(self) -> Link:
        """The connection, once there is one; raises what ended the client."""
        while True:
            if self.over:
                raise self.over
            if self._listening.link:
                return self._listening.link
            self._online.clear()
            await self._online.wait()

    async def _stay(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while not self.over:
                self.status = Status.CONNECTING
                up = await self._try(by_polling=self._blocked())
                lasted = 0.0
                if up:
                    up = await self._while_up(up)
                    lasted = loop.time() - up.since
                if not self.over:
                    self.status = Status.WAITING
                    await asyncio.sleep(self._backoff.ended(lasted))
        except Exception as error:
            logger.exception("the client failed")
            self._end(Closed(f"the client failed: {error!r}"))
            raise

    def _blocked(self) -> bool:
        """Sockets and polling in turn, once sockets have failed so often."""
        over = self._failures - self._options.failures
        return self._polling is not None and over >= 0 and over % 2 == 0

    async def _try(self, *, by_polling: bool, over: bool = True) -> _Up | None:
        """A connection, if one can be had; `over`: to be refused too often is the end."""
        try:
            up = await self._connect(by_polling=by_polling)
        except NotAdmitted as refusal:
            self._refusals += 1
            self._failed(refusal)
            if over and self._refusals >= self._options.refusals:
                self._end(refusal)
            return None
        except Exception as error:  # noqa: BLE001 - the address comes from foreign code
            self._failed(error)
            return None
        self._failures = self._refusals = 0
        self.connections += 1
        self.status = Status.POLLING if by_polling else Status.CONNECTED
        self._online.set()
        return up

    async def _connect(self, *, by_polling: bool) -> _Up:
        """It counts once a ping was answered and everything is subscribed."""
        loop, listening = asyncio.get_running_loop(), self._listening
        transport = self._polling if by_polling and self._polling else self._sockets
        async with asyncio.timeout(self._options.connect_timeout):
            wire = await transport.open()
        link = Link(wire, self._options, listening.tell, listening.heads)
        running = asyncio.create_task(link.run())
        try:
            await link.ping()
            await listening.restore(link)
        except BaseException:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            raise
        return _Up(link, running, loop.time(), by_polling)

    async def _while_up(self, up: _Up) -> _Up:
        """Until the connection ends that it was on last; another takes over before its time."""
        left = self._time_of(up)
        try:
            while True:
                done, _ = await asyncio.wait({up.running}, timeout=left)
                if done:
                    self._failed(up.running.result(), counts=False)
                    return up
                following = await self._try(by_polling=False, over=False)
                if following is None:
                    self.status = Status.POLLING if up.polled else Status.CONNECTED
                    left = self._options.longest_wait
                    continue
                before, up = up, following
                left = self._time_of(up)
                before.running.cancel()
                await asyncio.gather(before.running, return_exceptions=True)
        finally:
            self._listening.link = None
            up.running.cancel()
            await asyncio.gather(up.running, return_exceptions=True)

    def _time_of(self, up: _Up) -> float:
        """Spread, so that clients that came together do not leave together."""
        whole = self._options.polling if up.polled else self._options.rotate_after
        return whole * random.uniform(0.9, 1.0)  # noqa: S311

    def _failed(self, error: BaseException, *, counts: bool = True) -> None:
        self._failures += counts
        self.last_error = error
        logger.info("no connection: %s", error)

    def _end(self, why: LiveError) -> None:
        self.over = self.over or why
        self.status = Status.CLOSED
        self._listening.fail(self.over)
        self._online.set()
