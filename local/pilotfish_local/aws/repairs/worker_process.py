"""The process of an execution environment: asked over a socket, its output read beside it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
LONGEST_LINE = 1 << 20


class WorkerProcess(subprocess.Popen[bytes]):
    """`bootstrap` on this interpreter, isolated from its packages; lines of JSON in and out."""

    def __init__(
        self, folders: Sequence[Path], *, environment: Mapping[str, str], folder: Path
    ) -> None:
        self._channel, theirs = socket.socketpair()
        self._unread = b""
        with theirs:
            command = [sys.executable, "-I", "-S", "-B", str(BOOTSTRAP), str(theirs.fileno())]
            super().__init__(
                [*command, *map(str, folders)],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._output = cast(IO[bytes], self.stdout)
        os.set_blocking(self._output.fileno(), False)

    def ask(self, request: Mapping[str, Any], deadline: float) -> tuple[dict[str, Any] | None, str]:
        """Send a request; return its answer and what was printed, as `answer` does."""
        try:
            self._channel.settimeout(max(0.001, deadline - time.time()))
            self._channel.sendall((json.dumps(request) + "\n").encode())
            return self.answer(deadline)
        except OSError:
            return None, self.printed()

    def answer(self, deadline: float) -> tuple[dict[str, Any] | None, str]:
        """The next answer, or None at the deadline or the process's end; and what was printed."""
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(self._output, select.POLLIN)
        printed = ""
        while b"\n" not in self._unread:
            ready = dict(poll.poll(max(0.0, deadline - time.time()) * 1000))
            if not ready:
                return None, printed + self.printed()
            if self._channel.fileno() in ready:
                part = self._channel.recv(LONGEST_LINE)
                if not part:
                    return None, printed + self.printed()
                self._unread += part
            elif more := self.printed():
                printed += more
            else:
                poll.unregister(self._output)
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line), printed + self.printed()

    def printed(self) -> str:
        """All output until now; what a handler printed is there before its answer is."""
        parts = []
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self._output.fileno(), 1 << 16):
                parts.append(part)
        return b"".join(parts).decode(errors="replace")

    def end(self, patience: float = 0.0) -> int | None:
        """Kill the process and all it started; its exit code, None if it did not end by itself."""
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()
        return code
