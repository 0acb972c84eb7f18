"""One connection: its frames read, its commands answered, its pulse felt."""

import asyncio
import itertools
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pilotfish.client.errors import Disconnected, Refused, Unanswered
from pilotfish.client.options import Options
from pilotfish.client.pacing import Pace
from pilotfish.client.reading import Unreadable, read
from pilotfish.client.wires import Wire
from pilotfish.domain.commands import Command, Ping
from pilotfish.domain.messages import (
    Ack,
    Behind,
    Error,
    History,
    Message,
    Pong,
    PortfolioUpdate,
    PositionUpdate,
    Told,
    encode,
)

logger = logging.getLogger("pilotfish.client")

Answered = Ack | Pong | History | PositionUpdate | PortfolioUpdate
GOT = (PositionUpdate, PortfolioUpdate)  # With an `id` they answer a command.
Tell = Callable[[str, int, Told | None], None]
"""A channel, a number, and the message; None when it could not be read."""
Heads = Callable[[dict[str, int], bool], None]
"""The last numbers of channels; and whether something is known to be lost."""

TOO_FAST = "too_many_messages"
AGAIN_S = 1.0
TRIES = 5
LOGGED = 10  # Of a connection; a server that talks nonsense is not to fill the log.


class Link:
    """`tell` and `heads` are called with what was not asked for by `ask`."""

    def __init__(self, wire: Wire, options: Options, tell: Tell, heads: Heads) -> None:
        self._wire = wire
        self._options = options
        self._tell = tell
        self._heads = heads
        self._pace = Pace(options.commands_a_second)
        self._ids = itertools.count(1)
        self._asked: dict[object, asyncio.Future[Answered]] = {}
        self._ended: Disconnected | None = None
        self.latency: float | None = None
        self.unread = 0

    async def run(self) -> Disconnected:
        """Read until the connection ends, and say why it did."""
        beating = asyncio.create_task(self._beat())
        try:
            await self._read()
        except Disconnected as ended:
            self._ended = ended
        except OSError as error:
            self._ended = Disconnected(str(error))
        except asyncio.CancelledError:
            self._ended = Disconnected("closed here")
            raise
        finally:
            beating.cancel()
            why = self._ended = self._ended or Disconnected("it failed")
            for asked in self._asked.values():
                if not asked.done():
                    asked.set_exception(why)
            await asyncio.gather(beating, return_exceptions=True)
            await self._hang_up()
        return why

    async def ask(self, command: Command) -> Answered:
        """The answer; raises `Refused`, `Unanswered` or `Disconnected`."""
        tries = TRIES
        while True:
            await self._pace.turn()
            try:
                async with asyncio.timeout(self._options.answer_timeout):
                    return await self._ask_once(command)
            except TimeoutError:
                raise Unanswered(f"no answer to {command.action}") from None
            except Refused as refused:
                tries -= 1
                if refused.code != TOO_FAST or not tries:
                    raise
                await asyncio.sleep(AGAIN_S)

    async def ping(self) -> None:
        """Measures `latency` and compares where channels are."""
        loop = asyncio.get_running_loop()
        sent = loop.time()
        answer = await self.ask(Ping())
        self.latency = loop.time() - sent
        if isinstance(answer, Pong):
            self._heads(answer.channels, False)

    async def _ask_once(self, command: Command) -> Answered:
        if self._ended:
            raise self._ended
        number = next(self._ids)
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        try:
            try:
                await self._wire.send(encode(replace(command, id=number)).decode())
            except OSError as error:
                raise Disconnected(str(error)) from error
            return await future
        finally:
            del self._asked[number]
            if future.done() and not future.cancelled():
                future.exception()  # Seen, or nobody waits for it any more.

    async def _read(self) -> None:
        """Only what makes sense is a sign of life."""
        loop = asyncio.get_running_loop()
        mute_at = loop.time() + self._options.data_timeout
        while True:
            try:
                async with asyncio.timeout_at(mute_at):
                    frame = await self._wire.receive()
            except TimeoutError:
                seconds = self._options.data_timeout
                raise Disconnected(f"mute for {seconds:g} s") from None
            if self._take(frame):
                mute_at = loop.time() + self._options.data_timeout

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._options.heartbeat)
            try:
                await self.ping()
            except (Unanswered, Refused):  # `data_timeout` is the judge of that.
                continue
            except Disconnected:
                return

    async def _hang_up(self) -> None:
        try:
            await self._wire.close()
        except (OSError, Disconnected) as error:
            logger.debug("closing: %s", error)

    def _take(self, frame: str | bytes) -> bool:
        """Whether there was anything in it that makes sense."""
        try:
            found = json.loads(frame) if isinstance(frame, str) else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self._not_read("no JSON object")
            return False
        inner = found.get("messages") if found.get("type") == "BATCH" else [found]
        some = inner if isinstance(inner, list) else [None]
        sense = 0
        for each in some:
            sense += self._take_one(each)
        return sense > 0

    def _take_one(self, found: Any) -> bool:
        try:
            message = read(found)
        except (Unreadable, RecursionError) as error:
            self._not_read(str(error))
            return self._skip(found)
        self._route(message)
        return True

    def _skip(self, found: Any) -> bool:
        """What has a number but cannot be read, of a newer server say, leaves no hole."""
        if not isinstance(found, dict):
            return False
        kind, channel, seq = (found.get(name) for name in ("type", "channel", "seq"))
        if not (isinstance(kind, str) and isinstance(channel, str) and type(seq) is int):
            return False
        self._tell(channel, seq, None)
        return True

    def _route(self, message: Message) -> None:
        if isinstance(message, Behind):
            self._heads(message.channels, True)
        elif isinstance(message, Error):
            self._refused(message)
        elif isinstance(message, Ack | Pong | History):
            self._answered(message)
        elif not (isinstance(message, GOT) and message.id is not None):
            self._tell(message.channel, message.seq, message)
        else:
            self._answered(message)

    def _answered(self, answer: Answered) -> None:
        asked = self._asked.get(answer.id)
        if asked and not asked.done():
            asked.set_result(answer)

    def _refused(self, error: Error) -> None:
        asked = self._asked.get(error.id)
        if asked and not asked.done():
            asked.set_exception(Refused(error.code, error.message, error.limit))
        elif error.id is None:
            logger.warning("the server says %s: %s", error.code, error.message)

    def _not_read(self, why: str) -> None:
        self.unread += 1
        if self.unread <= LOGGED:
            logger.warning("not understood: %s", why)
