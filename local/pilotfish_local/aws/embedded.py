"""Starts and stops the embedded AWS: one process on a free port of 127.0.0.1."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

REGION = "us-east-1"
SOURCE_ROOT = Path(__file__).resolve().parents[2]


class AwsStartError(RuntimeError):
    """The embedded AWS ended or stayed silent; the message ends with its log."""


@dataclass(frozen=True)
class Credentials:
    """The key pair of the account's root user."""

    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105 - the emulator's own


@dataclass
class EmbeddedAws:
    """A running embedded AWS; a context manager that stops it. Make it with `start`."""

    endpoint: str
    log_path: Path
    process: subprocess.Popen[bytes]
    credentials: Credentials = Credentials()
    region: str = REGION
    _clients: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def start(
        cls,
        *,
        interpreter: Path,
        state_dir: Path,
        auth: bool = False,
        port: int | None = None,
        wait_scale: float = 1.0,
        workers_per_function: int = 4,
        without_repairs: Sequence[str] = (),
        start_seconds: float = 60.0,
    ) -> EmbeddedAws:
        """Start the server and return when it answers.

        `interpreter` holds MiniStack and nothing of ours; `auth` enforces IAM; `wait_scale`
        multiplies the waits of state machines; `without_repairs` leaves MiniStack as it is there.
        Raises AwsStartError. The server dies with this process.
        """
        port = port or _free_port()
        scratch = state_dir.resolve() / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        log_path = state_dir.resolve() / "aws.log"
        environment = _server_environment(port, scratch, Credentials()) | {
            "AUTH": "true" if auth else "false",
            "SFN_WAIT_SCALE": str(wait_scale),
            "PILOTFISH_WORKERS_PER_FUNCTION": str(workers_per_function),
            "PILOTFISH_WITHOUT_REPAIR": ",".join(without_repairs),
        }
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                [interpreter, "-m", "pilotfish_local.aws.server"],
                env=environment,
                cwd=scratch,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        aws = cls(f"http://127.0.0.1:{port}", log_path, process)
        try:
            aws._await_health(time.monotonic() + start_seconds)
        except BaseException:
            aws.stop()
            raise
        return aws

    def client(self, service: str) -> Any:
        """A boto3 client of this AWS, as the root user; one per service."""
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            session: Any = boto3.Session()
            self._clients[service] = session.client(
                service,
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=self.credentials.access_key,
                aws_secret_access_key=self.credentials.secret_key,
                config=Config(retries={"max_attempts": 0}, read_timeout=900),
            )
        return self._clients[service]

    def environment(self) -> dict[str, str]:
        """What a child process needs in its environment for its AWS clients to come here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    def websocket_url(self, api_id: str, stage: str) -> str:
        """Where a client connects to a WebSocket API of this AWS."""
        return f"{self.endpoint.replace('http', 'ws', 1)}/_aws/execute-api/{api_id}/{stage}"

    def api_url(self, api_id: str, stage: str = "$default") -> str:
        """Where an HTTP API, or the connections of a WebSocket API's stage, are reached."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/{stage}"

    def workers(self) -> dict[str, list[dict[str, Any]]]:
        """Of each function's physical name, its Lambda workers: [{"pid": int, "busy": bool}, …]."""
        functions: dict[str, list[dict[str, Any]]] = self._listing()["functions"]
        return functions

    def scale_waits(self, scale: float) -> None:
        """From now on state machines wait this many times as long as they say."""
        body = json.dumps({"stepfunctions._SFN_WAIT_SCALE": scale}).encode()
        url = f"{self.endpoint}/_ministack/config"
        request = urllib.request.Request(url, data=body, method="POST")  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - our own server
            return

    def load(self, table: str, items: Sequence[Any]) -> None:
        """Put items, as DynamoDB's JSON has them, into a table past its API; streams hear nothing.

        For more items than one would wait for: what is put so is not checked.
        """
        url = f"{self.endpoint}/_pilotfish/items/{table}"
        request = urllib.request.Request(url, data=json.dumps(items).encode(), method="POST")  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=600):  # noqa: S310 - our own server
            return

    def token_key(self, user_pool: str) -> bytes:
        """The private key (PEM) that a pool signs access tokens with, to sign what it would not."""
        keys = _keys_of(self.log_path.parent / "tmp") / "cognito-pool-keys"
        return (keys / f"{user_pool}-access.pem").read_bytes()

    def worker_pids(self, function_name: str, *, busy: bool | None = None) -> list[int]:
        """The processes that run a function now; with `busy`, only those that (do not) work."""
        rows = self.workers().get(function_name, [])
        return [row["pid"] for row in rows if busy is None or row["busy"] == busy]

    def stop(self) -> None:
        """End the server and, with it, its Lambda workers."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()

    def __enter__(self) -> EmbeddedAws:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _listing(self) -> dict[str, Any]:
        url = f"{self.endpoint}/_pilotfish/workers"
        with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310 - our own server
            listing: dict[str, Any] = json.load(reply)
        return listing

    def _await_health(self, deadline: float) -> None:
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self._listing()["server"] == self.process.pid:
                    return
            except (OSError, ValueError):
                time.sleep(0.02)
        raise AwsStartError(_tail(self.log_path))


def _server_environment(port: int, scratch: Path, credentials: Credentials) -> dict[str, str]:
    """Nothing of the caller's environment but the PATH, so that a run is the same everywhere."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "LANG": "C.UTF-8",
        "TMPDIR": str(scratch),
        "STATE_DIR": str(_keys_of(scratch)),
        "PYTHONPATH": str(SOURCE_ROOT),
        "PILOTFISH_END_WITH_PARENT": "1",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_DEFAULT_REGION": REGION,
    }


def _keys_of(scratch: Path) -> Path:
    """Where the keys are that user pools sign with; without it all runs of a machine share them."""
    return scratch / "state"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(path: Path, lines: int = 30) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
