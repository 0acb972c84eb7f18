"""`pilotfish watch` against a server on the loopback."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from pilotfish.client.reading import read
from pilotfish.domain.messages import Snapshot
from pilotfish_local.cli.watch_view import lines
from tests.fakes.live_server import LiveServer, price, trade

PILOTFISH = Path(sys.executable).parent / "pilotfish"


@pytest.fixture
async def server() -> AsyncIterator[LiveServer]:
    async with LiveServer().running() as running:
        yield running


@asynccontextmanager
async def watching(*arguments: str) -> AsyncIterator[Process]:
    environment = {**os.environ, "TERM": "dumb", "PILOTFISH_TOKEN": "of-mine"}
    command = (PILOTFISH, "watch", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line_of(process: Process) -> str:
    assert process.stdout
    return (await asyncio.wait_for(process.stdout.readline(), 30)).decode().rstrip()


async def ended(process: Process) -> tuple[int, str]:
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, said.decode()


async def until_heard(server: LiveServer, channel: str) -> None:
    """Until somebody listens to it: channels are asked for one after another."""
    async with asyncio.timeout(30):
        while not any(channel in heard for heard in server.open.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_each_message_as_a_line_of_json_over_a_reconnect_until_ctrl_c(
    server: LiveServer,
) -> None:
    async with watching("trades", "--url", server.url, "--json") as process:
        await until_heard(server, "trades")
        await server.tell("trades")
        assert json.loads(await line_of(process)) == trade("trades", 1)
        await server.hang_up()
        await server.tell("trades")
        assert json.loads(await line_of(process)) == trade("trades", 2)
        process.send_signal(signal.SIGINT)
        assert await ended(process) == (130, "")


async def test_lines_for_people(server: LiveServer) -> None:
    async with watching("--url", server.url, "--for", "30") as process:
        await until_heard(server, "trades")
        await server.tell("trades")
        line = await line_of(process)
        assert line == "1970-01-01 00:00:01.001  ada buy 0.02 BTC/USDT:USDT @ 100.5 on binanceusdm"


async def test_it_ends_when_it_was_told_to(server: LiveServer) -> None:
    async with watching("--url", server.url, "--for", "0.5") as process:
        assert await ended(process) == (0, "")


async def test_what_is_wrong_is_said_in_a_line(server: LiveServer) -> None:
    async with watching("nonsense", "--url", server.url) as process:
        code, said = await ended(process)
        assert (code, said.startswith("nonsense: channels are")) == (64, True)
    server.refusals["trader:eve"] = {"code": "not_allowed", "message": "you do not follow her"}
    async with watching("trader:eve", "--url", server.url) as process:
        assert await ended(process) == (1, "not_allowed: you do not follow her\n")
    server.status = HTTPStatus.UNAUTHORIZED
    async with watching("--url", server.url) as process:
        assert await ended(process) == (1, "the server answered 401\n")


def test_messages_as_lines() -> None:
    inner = read(trade("trades", 2))
    snapshot = Snapshot(channel="trades", seq=2, timestamp=0, complete=True, messages=(inner,))  # type: ignore[arg-type]
    (market,) = lines(read(price("BTCUSDT", 0, 61_234.56)))  # type: ignore[arg-type]
    first, second = lines(snapshot)
    assert market == "1970-01-01 00:00:00.000  BTCUSDT 61234.56"
    assert first.endswith("trades: how things are, after too long away")
    assert second.endswith("ada buy 0.02 BTC/USDT:USDT @ 100.5 on binanceusdm")
