"""Whatever is lost, doubled or out of order: the reader has each event once and in order."""

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.client.queues import Events
from pilotfish.client.reading import read
from pilotfish.domain.messages import Snapshot, Told
from tests.fakes.live_server import trade

EVENTS = [read(trade("trades", seq)) for seq in range(1, 41)]
READ, RESUME = "read", "resume"

steps = st.lists(st.one_of(st.integers(1, 40), st.just(READ), st.just(RESUME)), max_size=200)


@given(steps=steps, size=st.integers(1, 12), begin=st.integers(0, 10), late=st.integers(0, 50))
def test_each_once_and_in_order(steps: list[int | str], size: int, begin: int, late: int) -> None:
    queue = Events(size)
    told: list[Told] = []
    for number, step in enumerate(steps):
        if number == late:
            queue.begin(begin)
        _do(queue, step, told)
        assert len(queue._ready) <= size
        assert len(queue._ahead) <= size
        assert all(seq > (queue.last or 0) for seq in queue._ahead)
    queue.begin(begin)
    queue.head = max(queue.head, 40)
    while queue.last != 40:
        _do(queue, RESUME, told)
        _do(queue, READ, told)
    while (message := queue.pop()) is not None:
        told.append(message)
    assert [each.seq for each in told] == list(range(begin + 1, 41))


@given(steps=steps, size=st.integers(1, 12), asked=st.integers(0, 40), seq=st.integers(0, 40))
def test_a_snapshot_never_steps_back_unless_the_channel_does(
    steps: list[int | str], size: int, asked: int, seq: int
) -> None:
    queue = Events(size, 0)
    told: list[Told] = []
    for step in steps:
        _do(queue, step, told)
    before = queue.last or 0
    snapshot = Snapshot(channel="trades", seq=seq, timestamp=1, complete=True, messages=())
    queue.replace(snapshot, asked)
    after = queue.last or 0
    assert after >= before or seq < asked
    assert after >= seq


def _do(queue: Events, step: int | str, told: list[Told]) -> None:
    if step == READ:
        message = queue.pop()
        told += [message] if message else []
    elif step != RESUME:
        queue.take(int(step), EVENTS[int(step) - 1])  # type: ignore[arg-type]
    elif queue.lacks:
        for event in EVENTS[queue.last :]:
            queue.take(event.seq, event)  # type: ignore[arg-type, union-attr]
