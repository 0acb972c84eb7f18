"""A fill that cannot be decided holds up the later ones of its account, and no others."""

import pytest

from pilotfish.domain.fills import Fill
from pilotfish.usecases.in_order import HeldUp, InOrder
from tests.fakes.samples import a_fill


class Mapper:
    """Decides fills, but for those that it is told to break on."""

    def __init__(self) -> None:
        self.breaks_on: set[str] = set()
        self.decided: list[tuple[str, str]] = []
        self.in_order = InOrder(self._decide)

    def _decide(self, fill: Fill) -> None:
        if fill.trade_id in self.breaks_on:
            raise ConnectionError("throttled")
        self.decided.append((fill.account_id, fill.trade_id))

    def batch(self, *fills: Fill) -> list[Fill]:
        """Those that failed, as the handler answers with them."""
        self.in_order.begin()
        failed = []
        for fill in fills:
            try:
                self.in_order(fill)
            except (HeldUp, ConnectionError):
                failed.append(fill)
        return failed


ENTRY, EXIT = a_fill("2", trade_id="1"), a_fill("-1", trade_id="2")
OTHERS = a_fill("1", trade_id="3", account_id="other")


@pytest.fixture
def mapper() -> Mapper:
    return Mapper()


def test_an_exit_is_not_decided_before_the_entry_that_failed(mapper: Mapper) -> None:
    mapper.breaks_on = {"1"}
    assert mapper.batch(ENTRY, EXIT) == [ENTRY, EXIT]
    assert mapper.decided == []
    mapper.breaks_on.clear()
    assert mapper.batch(ENTRY, EXIT) == []
    assert mapper.decided == [("leader", "1"), ("leader", "2")]


def test_another_leader_s_fills_go_on(mapper: Mapper) -> None:
    mapper.breaks_on = {"1"}
    assert mapper.batch(ENTRY, OTHERS, EXIT) == [ENTRY, EXIT]
    assert mapper.decided == [("other", "3")]
