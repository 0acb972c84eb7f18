"""Starts the exchange as a process of its own, and says where its venues are."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

STOP_S = 5.0


# Those that the deployed venue layer can speak to as well.
SPOKEN = ("binance", "binanceusdm", "delta", "bybit", "okx", "kraken", "kana")


# The model exchange counts by key, as if each had an address of its own.
ADDRESSES = 1_000


def endpoints(base_url: str, venues: Iterable[str] = SPOKEN) -> dict[str, dict[str, Any]]:
    """Base URLs by venue: what the setting VENUE_ENDPOINTS takes.

    The path of each original URL is kept behind these: https://fapi.binance.com/fapi/v1/order
    becomes {rest}/fapi/v1/order.
    """
    socket_url = "ws" + base_url.removeprefix("http")
    return {
        venue: {
            "rest": f"{base_url}/{venue}",
            "ws": f"{socket_url}/{venue}",
            "addresses": ADDRESSES,
        }
        for venue in venues
    }


@contextmanager
def launch(*arguments: str, seed: int = 7, port: int = 0) -> Iterator[str]:
    """Run `python -m pilotfish_local.exchange` and yield its URL; it stops with the block."""
    command = [sys.executable, "-m", "pilotfish_local.exchange"]
    command += ["--port", str(port), "--seed", str(seed), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the model exchange ended with {process.wait()} before it was up")
        yield str(json.loads(line)["url"])
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
