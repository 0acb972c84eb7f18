"""Which feeds there are, and how each is kept whole on whatever connection there is."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pilotfish.client.errors import LiveError, Refused, Unanswered
from pilotfish.client.feeds import Feed
from pilotfish.client.link import Answered, Link
from pilotfish.client.options import Options
from pilotfish.client.queues import Events, States
from pilotfish.domain.channels import parse_channel
from pilotfish.domain.commands import CHANNELS_AT_ONCE, Resume, Subscribe, Unsubscribe
from pilotfish.domain.messages import Ack, Snapshot, Told

LONGEST_MEND_S = 30.0


class Listening:
    """`link` is the connection that all feeds are subscribed on, if there is one."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._feeds: dict[str, list[Feed[Any]]] = {}
        self._asked: dict[str, list[int]] = {}
        self._mending: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.link: Link | None = None
        self.gaps = 0

    def open(self, name: str, after: int | None, size: int | None) -> Feed[Any]:
        """A feed; raises `UnknownChannel`. One of events begins now, or after a number."""
        queue: Events | States
        if parse_channel(name).of_states:
            queue = States(size or self._options.states)
        else:
            queue = Events(size or self._options.queue, after)
        feed: Feed[Any] = Feed(name, queue, lambda: self._see_to(name, 0), after)
        feed.on_close = lambda: self._forget(feed)
        self._feeds.setdefault(name, []).append(feed)
        if self.link:
            self._start(partial(self._join, self.link, feed))
        return feed

    def tell(self, name: str, seq: int, message: Told | None) -> None:
        """What came on a channel goes to each of its feeds."""
        for feed in self._feeds.get(name, ()):
            if isinstance(message, Snapshot):
                if isinstance(feed.queue, Events):
                    feed.queue.replace(message, min(self._asked.get(name) or [0]))
            else:
                feed.queue.take(seq, message)
            feed.wake()
        self._see_to(name, self._options.patience)

    def heads(self, channels: dict[str, int], lost: bool) -> None:
        """Where channels are; what is lost is asked for at once."""
        for name, head in channels.items():
            for feed in self._feeds.get(name, ()):
                if isinstance(feed.queue, Events):
                    feed.queue.head = max(feed.queue.head, head)
            self._see_to(name, 0 if lost else self._options.patience)

    async def restore(self, link: Link) -> None:
        """Subscribe all feeds on a new connection, which then is the one; raises `LiveError`."""
        done: set[Feed[Any]] = set()
        while todo := [each for each in self._all() if each not in done]:
            await self._listen_to(link, todo)
            done.update(todo)
        self.link = link
        for name in list(self._feeds):
            self._see_to(name, self._options.patience)

    def fail(self, error: LiveError) -> None:
        """The end of all feeds."""
        for feed in list(self._all()):
            feed.fail(error)
        for task in self._tasks:
            task.cancel()

    def _all(self) -> Iterable[Feed[Any]]:
        return [feed for feeds in self._feeds.values() for feed in feeds if not feed.over]

    async def _join(self, link: Link, feed: Feed[Any]) -> None:
        while not feed.over:
            try:
                await self._listen_to(link, [feed])
                return
            except Unanswered:
                continue

    async def _listen_to(self, link: Link, feeds: Sequence[Feed[Any]]) -> None:
        """Those of events that know where they are resume; states go along in the same command."""
        last: dict[str, int] = {}
        begin = set()
        for feed in feeds:
            if isinstance(feed.queue, States):
                last[feed.channel] = 0
            elif feed.queue.last is None:
                begin.add(feed.channel)
            else:
                last[feed.channel] = min(feed.queue.last, last.get(feed.channel, feed.queue.last))
        names = sorted(last)
        for at in range(0, len(names), CHANNELS_AT_ONCE):
            await self._resume(link, {n: last[n] for n in names[at : at + CHANNELS_AT_ONCE]})
        for name in sorted(begin):
            await self._begin(link, name)
        for feed in feeds:
            feed.subscribed()

    async def _resume(self, link: Link, last: dict[str, int]) -> None:
        """Of several channels one may be refused, so then each goes alone."""
        for name, seq in last.items():
            self._asked.setdefault(name, []).append(seq)
        answer: Answered | Refused
        try:
            answer = await link.ask(Resume(channels=last))
        except Refused as refused:
            answer = refused
        finally:
            for name, seq in last.items():
                self._asked[name].remove(seq)
        if isinstance(answer, Ack):
            self.heads(answer.channels, False)
        elif isinstance(answer, Refused) and len(last) == 1:
            self._refuse(next(iter(last)), answer)
        elif isinstance(answer, Refused):
            for name, seq in last.items():
                await self._resume(link, {name: seq})

    async def _begin(self, link: Link, name: str) -> None:
        try:
            answer = await link.ask(Subscribe(channel=name))
        except Refused as refused:
            self._refuse(name, refused)
            return
        head = answer.channels.get(name, 0) if isinstance(answer, Ack) else 0
        for feed in self._feeds.get(name, ()):
            if isinstance(feed.queue, Events):
                feed.queue.begin(head)
                feed.wake()
        self._see_to(name, self._options.patience)

    def _refuse(self, name: str, refused: Refused) -> None:
        for feed in list(self._feeds.get(name, ())):
            feed.fail(refused)
            self._feeds[name].remove(feed)

    def _forget(self, feed: Feed[Any]) -> None:
        feeds = self._feeds.get(feed.channel, [])
        if feed not in feeds:
            return
        feeds.remove(feed)
        if not feeds and self.link:
            self._start(partial(self._unsubscribe, self.link, feed.channel))

    async def _unsubscribe(self, link: Link, name: str) -> None:
        await link.ask(Unsubscribe(channel=name))

    def _see_to(self, name: str, delay: float) -> None:
        """What is missing is asked for, unless it comes within the delay."""
        if not self._lacking(name) or name in self._mending or not self.link:
            return
        self._mending[name] = self._start(partial(self._mend, name, delay))

    def _lacking(self, name: str) -> list[int]:
        queues = [feed.queue for feed in self._feeds.get(name, ()) if not feed.over]
        return [q.last for q in queues if isinstance(q, Events) and q.lacks and q.last is not None]

    async def _mend(self, name: str, delay: float) -> None:
        """Again and again, ever more slowly while nothing comes of it."""
        try:
            await asyncio.sleep(delay)
            wait, before = self._options.patience, -1
            while (last := self._lacking(name)) and (link := self.link):
                self.gaps += 1
                wait = min(2 * wait, LONGEST_MEND_S) if min(last) == before else wait
                before = min(last)
                with suppress(Unanswered):
                    await self._resume(link, {name: before})
                await asyncio.sleep(wait if self._lacking(name) else 0)
        finally:
            self._mending.pop(name, None)

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """Runs beside; a connection that ends ends it too, as the next one restores everything."""

        async def until_disconnected() -> None:
            with suppress(LiveError):
                await work()

        task = asyncio.create_task(until_disconnected())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
