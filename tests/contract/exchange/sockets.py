"""Waiting for what a socket says, and a bare socket for counting messages."""

import asyncio


async def heard(coroutine, seconds=3):
    return await asyncio.wait_for(coroutine, seconds)


async def listening(control, account):
    """Wait until the exchange has someone on an account's stream."""
    while account not in await control.call("GET", "streams"):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


class RawSocket:
    """A bare socket that asks and counts."""

    def __init__(self, socket):
        self.socket = socket

    async def ask(self, op, *args, **more):
        await self.socket.send_json({"op": op, "args": list(args), **more})
        return await heard(self.socket.receive_json())

    async def messages(self, quiet=0.1):
        found = []
        while True:
            try:
                found.append(await asyncio.wait_for(self.socket.receive_json(), quiet))
            except TimeoutError:
                return found
