"""Where a fault has a form, and the registry of all 77."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.fakes import Fault
from tests.matrix.points import Hit, Point, Trouble

Strike = Callable[[Hit], Awaitable[Any]]
IN_ORDERS = (Point.BEFORE_CLAIM, Point.CLAIMED, Point.SENDING, Point.ANSWERED, Point.RECORDED)


@dataclass(frozen=True)
class Form:
    """What a fault is at a point. `on_claim` is scripted at the venue when the order is claimed.

    One that strikes all at once strikes `once` a part and not each follow; `nearest` says that
    the fault itself has no meaning there, and this comes nearest to it.
    """

    text: str
    strike: Strike
    on_claim: Fault | None = None
    nearest: bool = False
    once: bool = False


FORMS: dict[tuple[Point, Trouble], Form] = {}


def form(
    trouble: Trouble,
    at: Point | Iterable[Point],
    text: str,
    *,
    on_claim: Fault | None = None,
    nearest: bool = False,
    once: bool = False,
) -> Callable[[Strike], Strike]:
    """Register what a fault is at a point or at several."""

    def register(strike: Strike) -> Strike:
        for point in [at] if isinstance(at, Point) else at:
            assert (point, trouble) not in FORMS
            FORMS[point, trouble] = Form(text, strike, on_claim, nearest, once)
        return strike

    return register
