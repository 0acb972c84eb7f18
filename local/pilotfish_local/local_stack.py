"""The whole of Pilotfish on this machine: model exchange, embedded AWS, deployed template."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilotfish_local.aws.deploy import Stack, deploy
from pilotfish_local.aws.embedded import EmbeddedAws
from pilotfish_local.exchange.launch import endpoints, launch
from pilotfish_local.exchange_control import ExchangeControl
from pilotfish_local.paths import EMULATOR_PYTHON, LAYERS, TEMPLATE

SHARD = "0"
# One worker of each on a laptop's few cores: more of them only get in each other's way.
PARALLELISM = {
    "MapperParallelism": "1",
    "ExecutorParallelism": "1",
    "BroadcasterParallelism": "1",
}
STAGE = "live"

# What can be traded on at the model exchange.
MODELLED = ("binance", "binanceusdm", "bybit", "okx", "kraken", "delta")

Say = Callable[[str], None]


class NotBuilt(RuntimeError):
    """The layers or the emulator's environment are missing."""


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A running stack and its exchange."""

    aws: EmbeddedAws
    stack: Stack
    exchange: ExchangeControl

    @property
    def endpoints(self) -> str:
        """The exchange's venues, as the setting VENUE_ENDPOINTS takes them."""
        return json.dumps(endpoints(self.exchange.url))

    @property
    def socket_url(self) -> str:
        """Where a WebSocket client connects."""
        return self.aws.websocket_url(self.stack.resources["SocketApi"], STAGE)

    @property
    def api_url(self) -> str:
        """The HTTP API."""
        return self.aws.api_url(self.stack.resources["HttpApi"])

    def name(self, logical_id: str) -> str:
        """The physical name of a resource of the template."""
        return self.stack.resources[logical_id]

    def invoke_async(self, logical_id: str, event: dict[str, Any]) -> None:
        """Start a function without waiting, as a schedule does."""
        self.aws.client("lambda").invoke(
            FunctionName=self.name(logical_id),
            InvocationType="Event",
            Payload=json.dumps(event),
        )

    def invoke(self, logical_id: str, event: dict[str, Any]) -> Any:
        """Run a function and wait; raises RuntimeError with its error when it fails."""
        reply = self.aws.client("lambda").invoke(
            FunctionName=self.name(logical_id), Payload=json.dumps(event)
        )
        answer = json.loads(reply["Payload"].read() or b"null")
        if "FunctionError" in reply:
            raise RuntimeError(f"{logical_id} failed: {json.dumps(answer)}")
        return answer

    def describe(self) -> dict[str, Any]:
        """What a person or a program needs to know to use the stack."""
        return {
            "aws": self.aws.endpoint,
            "exchange": self.exchange.url,
            "socket": self.socket_url,
            "api": self.api_url,
            "cognito": self.aws.endpoint,
            "client": self.name("UserPoolClient"),
            "functions": {
                logical: physical
                for logical, physical in self.stack.resources.items()
                if logical.endswith("Function")
            },
            "environment": self.aws.environment(),
        }


@contextmanager
def running(
    *,
    seed: int = 7,
    replays: Sequence[Path] = (),
    replay_speed: float = 1.0,
    auth: bool = True,
    workers: int = 2,
    wait_scale: float = 1.0,
    venues: Sequence[str] = MODELLED,
    parameters: Mapping[str, str] | None = None,
    say: Say = lambda _: None,
) -> Iterator[LocalStack]:
    """Everything up, and down again at the end of the block.

    Accounts may be on `venues` of the model exchange, whose markets take a moment each to be read;
    `parameters` are the template's.
    """
    _check_built()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="pilotfish-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        say("starting the model exchange")
        arguments = [f"--speed={replay_speed}", *(f"--replay={file}" for file in replays)]
        url = stack.enter_context(launch(*arguments, seed=seed))
        say("starting the embedded AWS")
        aws = stack.enter_context(
            EmbeddedAws.start(
                interpreter=EMULATOR_PYTHON,
                state_dir=folder,
                auth=auth,
                wait_scale=wait_scale,
                workers_per_function=workers,
            )
        )
        say("deploying template.yaml")
        given = _parameters(aws, url) | {"Venues": ",".join(venues)} | dict(parameters or {})
        deployed = deploy(aws, TEMPLATE, folders=LAYERS, parameters=given)
        local = LocalStack(aws, deployed, ExchangeControl(url))
        say("publishing the venues' instruments")
        local.invoke("InstrumentsFunction", {})
        local.invoke_async("PollerFunction", {"shard": SHARD})
        yield local


def _parameters(aws: EmbeddedAws, exchange_url: str) -> dict[str, str]:
    return {
        "VenueEndpoints": json.dumps(endpoints(exchange_url)),
        "SocketEndpoint": f"{aws.endpoint}/_aws/execute-api",
        "TokenKeysEndpoint": aws.endpoint,
        "Retention": "Delete",
        **PARALLELISM,
    }


def _check_built() -> None:
    missing = [path for path in (EMULATOR_PYTHON, *LAYERS.values(), TEMPLATE) if not path.exists()]
    if missing:
        names = ", ".join(os.path.relpath(path) for path in missing)
        raise NotBuilt(f"not there yet: {names}. Run `make build` first.")
