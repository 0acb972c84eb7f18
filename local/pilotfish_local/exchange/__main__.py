"""`python -m pilotfish_local.exchange`: prints {"url": ...} when it is up, ends on SIGTERM."""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from pilotfish_local.exchange.exchange import Options
from pilotfish_local.exchange.server import ModelExchange


def options() -> tuple[int, Options]:
    """The port and the options of the command line."""
    parser = argparse.ArgumentParser(prog="pilotfish_local.exchange", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=7, help="of prices and faults")
    parser.add_argument("--tick-ms", type=int, default=100, help="0: only the control plane ticks")
    parser.add_argument("--replay", type=Path, action="append", default=[], metavar="FILE.csv.gz")
    parser.add_argument("--speed", type=float, default=1.0, help="of the replay")
    given = parser.parse_args()
    for path in given.replay:
        if not path.is_file():
            parser.error(f"no such file: {path}")
    replays = tuple(given.replay)
    return given.port, Options(given.seed, given.tick_ms, replays, given.speed)


async def run(port: int, chosen: Options) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with ModelExchange(chosen).serve(port) as url:
        print(json.dumps({"url": url}), flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(run(*options()))
