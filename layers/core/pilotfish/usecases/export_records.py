"""Exports: asked for, written piece by piece into a file, and fetched by a link that expires."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pilotfish.domain.exports import (
    MOST_RUNNING,
    Export,
    Format,
    Kind,
    Status,
    question_of,
    written,
)
from pilotfish.domain.filters import CopyFilter, Filter, TradeFilter
from pilotfish.ports import Clock
from pilotfish.usecases.lists import Lists

LINK_S = 300


class Exports(Protocol):
    """What was asked for, kept for a day."""

    def put(self, export: Export) -> None: ...

    def get(self, owner: str, export_id: str) -> Export | None: ...

    def of(self, owner: str, limit: int) -> Sequence[Export]:
        """The latest first."""


class Files(Protocol):
    """Where files are kept, for a day."""

    def write(self, key: str, content_type: str, pieces: Iterable[bytes]) -> int:
        """Its size in bytes; nothing is there until all of it is."""

    def link(self, key: str, name: str, seconds: int) -> str:
        """Lets whoever has it fetch the file for so long."""


class NoSuchExport(LookupError):
    """The owner has none of that id."""


class TooManyExports(Exception):
    """Some are still being written."""


class TooLong(Exception):
    """There is more than can be written in the time; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a finished file is fetched, until then (UTC ms)."""

    url: str
    expires_ms: int


class AskForExports:
    """What a member does with exports; every call is about the owner's alone."""

    def __init__(
        self,
        *,
        exports: Exports,
        lists: Lists,
        files: Files,
        start: Callable[[str, str], None],
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._exports = exports
        self._lists = lists
        self._files = files
        self._start = start
        self._clock = clock
        self._new_id = new_id

    def ask(self, owner: str, kind: Kind, form: Format, asked: Filter) -> Export:
        """Begin to write one; raises `NotTheirs` and `TooManyExports`."""
        self._lists.require(owner, asked.account_id)
        now_ms = self._clock()
        if sum(one.status is Status.RUNNING for one in self.all(owner)) >= MOST_RUNNING:
            raise TooManyExports(f"{MOST_RUNNING} exports are being written: wait for one")
        export = Export(
            owner, f"{now_ms:013d}-{self._new_id()}", kind, form, question_of(asked), now_ms
        )
        self._exports.put(export)
        self._start(owner, export.export_id)
        return export

    def all(self, owner: str, limit: int = 50) -> list[Export]:
        """Of the last day, the latest first."""
        now_ms = self._clock()
        return [export.as_of(now_ms) for export in self._exports.of(owner, limit)]

    def get(self, owner: str, export_id: str) -> tuple[Export, Link | None]:
        """With a link, once it is done; raises `NoSuchExport`."""
        found = self._exports.get(owner, export_id)
        if found is None:
            raise NoSuchExport(export_id)
        now_ms = self._clock()
        export = found.as_of(now_ms)
        if export.status is not Status.DONE:
            return export, None
        name = f"{export.kind}-{export.export_id}.{export.form}"
        url = self._files.link(export.key, name, LINK_S)
        return export, Link(url, now_ms + LINK_S * 1000)


class WriteExport:
    """Reads page by page and holds a piece of the file in memory, however long it gets."""

    def __init__(self, *, exports: Exports, lists: Lists, files: Files, clock: Clock) -> None:
        self._exports = exports
        self._lists = lists
        self._files = files
        self._clock = clock

    def __call__(self, owner: str, export_id: str, until_ms: int) -> Export:
        """What was written; one that was done before stays. Raises `NoSuchExport`."""
        export = self._exports.get(owner, export_id)
        if export is None:
            raise NoSuchExport(export_id)
        if export.status is Status.DONE:
            return export
        counted = _Counted(self._records(export), self._clock, until_ms)
        try:
            pieces = written(export.kind, export.form, counted)
            size = self._files.write(export.key, _TYPES[export.form], pieces)
        except TooLong as limit:
            return self._ended(export, Status.FAILED, error=str(limit), rows=counted.rows)
        return self._ended(export, Status.DONE, rows=counted.rows, size=size)

    def _records(self, export: Export) -> Iterator[Any]:
        asked = export.filter
        if isinstance(asked, CopyFilter):
            return self._lists.every_copy(export.owner, asked)
        if isinstance(asked, TradeFilter):
            return self._lists.every_trade(export.owner, asked)
        raise TypeError(export.kind)

    def _ended(self, export: Export, status: Status, **more: Any) -> Export:
        after = replace(export, status=status, ended_ms=self._clock(), **more)
        self._exports.put(after)
        return after


_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.JSON: "application/json"}


class _Counted:
    """Counts what passes, and stops in time."""

    def __init__(self, records: Iterator[Any], clock: Clock, until_ms: int) -> None:
        self._records = records
        self._clock = clock
        self._until_ms = until_ms
        self.rows = 0

    def __iter__(self) -> Iterator[Any]:
        for record in self._records:
            if self._clock() > self._until_ms:
                raise TooLong(f"too much for one file after {self.rows} rows: narrow the period")
            self.rows += 1
            yield record
