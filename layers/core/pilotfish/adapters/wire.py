"""Kept HTTP/1.1 connections to one host: a request in one write, of the answer the status alone."""

import http.client
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Line:
    """One kept connection."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection

    def close(self) -> None:
        """Hang up; the next exchange calls again."""
        self._connection.close()

    def exchange(self, request: bytes) -> int:
        """Send a whole request; returns the status.

        On a line that was kept the far end may have hung up meanwhile, which shows only now: the
        request is then sent again on a new one. Raises `OSError` (`TimeoutError` when the far end
        is silent) or `http.client.HTTPException`.
        """
        if self._connection.sock is not None:
            try:
                return self._exchange(request)
            except (ConnectionError, http.client.HTTPException):
                pass
        return self._exchange(request)

    def _exchange(self, request: bytes) -> int:
        try:
            if self._connection.sock is None:
                self._connection.connect()
            self._connection.sock.sendall(request)
            with http.client.HTTPResponse(self._connection.sock, method="POST") as response:
                response.begin()
                response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return response.status


class Wire:
    """Lines to the host of an `http://` or `https://` endpoint; the last one used is the next."""

    def __init__(self, endpoint: str, timeout_s: float) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an HTTP endpoint: {endpoint!r}")
        default = 443 if parts.scheme == "https" else 80
        self.host = parts.hostname if parts.port in (None, default) else parts.netloc
        self.path = parts.path.rstrip("/")
        self._name = parts.hostname
        self._port = parts.port or default
        self._timeout_s = timeout_s
        self._tls = None
        if parts.scheme == "https":
            import ssl

            self._tls = ssl.create_default_context()
        self._idle: deque[Line] = deque()

    def close(self) -> None:
        """Hang up the idle lines."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def line(self) -> Iterator[Line]:
        """A line to use alone."""
        try:
            line = self._idle.pop()
        except IndexError:
            line = Line(self._connection())
        try:
            yield line
        finally:
            self._idle.append(line)

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._name, self._port, timeout=self._timeout_s)
        return http.client.HTTPSConnection(
            self._name, self._port, timeout=self._timeout_s, context=self._tls
        )
