"""What a client listens to, as asynchronous iterators."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

from pilotfish.client.errors import Closed, LiveError
from pilotfish.client.queues import Events, Queue, States
from pilotfish.domain.messages import Told

M = TypeVar("M", bound=Told)


class Feed(Generic[M]):
    """The messages of a channel, for one reader.

    Of events each once and in order; what is lost on the way is fetched, as a `Snapshot` where
    the server keeps it no more. Of states the newest. `seq` is the number of the last one read:
    give it as `after` to go on there in another process.
    """

    def __init__(
        self, channel: str, queue: Events | States, on_room: Callable[[], None], seq: int | None
    ) -> None:
        self.channel = channel
        self.seq = seq
        self.queue = queue
        self._on_room = on_room
        self._woken = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._over: LiveError | None = None
        self.on_close: Callable[[], None] = lambda: None

    @property
    def dropped(self) -> int:
        """How many messages there was no room for: events come again, states do not."""
        queue: Queue = self.queue
        return queue.dropped

    async def ready(self) -> Self:
        """Whatever happens after this is read here; raises what ended the feed before."""
        await self._subscribed.wait()
        if self._over:
            raise self._over
        return self

    def subscribed(self) -> None:
        """The server has said so."""
        self._subscribed.set()

    def wake(self) -> None:
        """Something was put into the queue."""
        self._woken.set()

    def fail(self, error: LiveError) -> None:
        """The reader gets what is left, and then the error."""
        self._over = self._over or error
        self._woken.set()
        self._subscribed.set()

    def close(self) -> None:
        """Listen no more; whoever waits is told so."""
        self.fail(Closed(f"{self.channel} was closed"))
        self.on_close()

    @property
    def over(self) -> bool:
        """Whether it was closed or failed."""
        return self._over is not None

    async def get(self) -> M:
        """The next message; raises what ended the feed."""
        while True:
            message = self.queue.pop()
            if message is not None:
                self.seq = message.seq
                self._on_room()
                return cast(M, message)
            if self._over:
                raise self._over
            self._woken.clear()
            await self._woken.wait()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> M:
        try:
            return await self.get()
        except Closed:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()
