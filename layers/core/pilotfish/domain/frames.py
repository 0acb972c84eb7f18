"""Many messages to a frame."""

from collections.abc import Iterable, Sequence

# API Gateway cuts a WebSocket message into frames of 32 KB and bills by them.
FRAME_BYTES = 30_000


def frames(messages: Sequence[bytes]) -> Iterable[bytes]:
    """One message alone as it is; several as `{"type": "BATCH", "messages": […]}`."""
    batch: list[bytes] = []
    size = 0
    for message in messages:
        if batch and size + len(message) > FRAME_BYTES:
            yield _frame(batch)
            batch, size = [], 0
        batch.append(message)
        size += len(message) + 1
    if batch:
        yield _frame(batch)


def _frame(messages: Sequence[bytes]) -> bytes:
    if len(messages) == 1:
        return messages[0]
    return b'{"type":"BATCH","messages":[' + b",".join(messages) + b"]}"
