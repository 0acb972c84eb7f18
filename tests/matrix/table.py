"""The 77 cells as a person reads them."""

from dataclasses import dataclass, field

from tests.matrix.forms import FORMS
from tests.matrix.points import Point, Trouble

WIDTH = 19


@dataclass
class Cell:
    """How one cell ended: how often the fault struck, and how long the slowest part took (s)."""

    held: bool
    hits: int
    slowest_s: float
    orders: int


@dataclass
class Table:
    """One cell for each point and fault that was played."""

    cells: dict[tuple[Point, Trouble], Cell] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The table, what stands for what has no meaning, and the closing line."""
        if not self.cells:
            return []
        head = "".join(f"{point:>{WIDTH}}" for point in Point)
        rows = [f"{trouble:<22}{self._row(trouble)}" for trouble in Trouble]
        near = [
            f"  {trouble} {point}: {form.text}"
            for (point, trouble), form in sorted(FORMS.items())
            if form.nearest and (point, trouble) in self.cells
        ]
        title = (
            "seconds until all was quiet, the longest of four parts; ~ the fault's nearest form:"
        )
        return [f"{'':22}{head}", *rows, title, *near, self._closing()]

    def _row(self, trouble: Trouble) -> str:
        return "".join(f"{self._cell(point, trouble):>{WIDTH}}" for point in Point)

    def _cell(self, point: Point, trouble: Trouble) -> str:
        cell = self.cells.get((point, trouble))
        if cell is None:
            return "–"
        near = "~" if FORMS[point, trouble].nearest else ""
        return f"{near}{cell.slowest_s:.0f}" if cell.held else f"{near}BROKEN"

    def _closing(self) -> str:
        cells = self.cells.values()
        held = sum(cell.held for cell in cells)
        hits, orders = sum(c.hits for c in cells), sum(c.orders for c in cells)
        slowest = max(c.slowest_s for c in cells)
        return (
            f"matrix: {held} of {len(self.cells)} cells hold every invariant; {hits} faults struck "
            f"{orders} copies; quiet after {slowest:.0f} s at most"
        )
