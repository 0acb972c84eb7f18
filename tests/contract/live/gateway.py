"""The posting side of a WebSocket gateway, which a test can make misbehave."""

import ipaddress
import socket
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PREFIX = "/_aws/execute-api/a1b2/live"


class Gateway(ThreadingHTTPServer):
    """Keeps what it is posted; `script` has the statuses with which it answers first."""

    daemon_threads = True

    def __init__(self, chain: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.scheme = "http" if chain is None else "https"
        if chain is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(chain)
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self.posted: dict[str, list[bytes]] = defaultdict(list)
        self.headers_seen: list[dict[str, str]] = []
        self.script: dict[str, list[int | str]] = defaultdict(list)
        self.hung_up: list[str] = []
        self.lines = 0
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}{PREFIX}"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no trouble of ours."""


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.lines += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        prefix, _, name = self.path.rpartition("/@connections/")
        assert prefix == PREFIX
        who = unquote(name)
        script = self.server.script[who]
        step = script.pop(0) if script else 200
        self.server.headers_seen.append({k.lower(): v for k, v in self.headers.items()})
        if step == "hang up":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if step == "mute":
            self.server.released.wait(20)
            self.close_connection = True
            return
        if step == 200:
            self.server.posted[who].append(body)
        if step == "last":
            self.server.posted[who].append(body)
            self.close_connection = True
            step = 200
        assert isinstance(step, int)
        self.send_response(step)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_DELETE(self) -> None:
        who = unquote(self.path.rpartition("/@connections/")[2])
        script = self.server.script[who]
        self.server.hung_up.append(who)
        self.send_response(int(script.pop(0)) if script else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running_gateway(chain: Path | None = None) -> Iterator[Gateway]:
    server = Gateway(chain)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def self_signed(folder: Path, address: str) -> Path:
    """A key and a certificate for an IP address, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = folder / "chain.pem"
    chain.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return chain
