"""7 points × 11 faults: whatever strikes wherever, every invariant holds once all is quiet."""

import pytest

from tests.matrix import faults_of_venues, faults_of_workers, invariants
from tests.matrix.forms import FORMS
from tests.matrix.points import Point, Trouble
from tests.matrix.scenario import Scenario
from tests.matrix.table import Cell, Table

assert faults_of_venues, faults_of_workers  # They register the forms.


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("point", Point)
def test_every_invariant_holds(point: Point, trouble: Trouble, table: Table) -> None:
    scenario = Scenario(point, trouble)
    scenario.play()
    broken = invariants.broken(scenario.world, scenario.log)
    table.cells[point, trouble] = Cell(
        not broken, scenario.hits, scenario.slowest_s, len(scenario.world.tables.orders)
    )
    assert broken == []
    assert scenario.hits > 0, "the fault never struck"


def test_all_77_cells_have_a_form_and_all_14_invariants_are_asked() -> None:
    assert len(FORMS) == 77
    assert set(range(1, 15)) == invariants.EVERY_ONE
