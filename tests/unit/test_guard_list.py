"""Each guard that `make guards` takes out still stands where its list says."""

from pathlib import Path

import pytest

from scripts.guard_list import GUARDS, Guard

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_its_text_is_there_once_and_the_rest_is_still_python(guard: Guard) -> None:
    whole = (ROOT / guard.path).read_text(encoding="utf-8")
    assert whole.count(guard.text) == 1
    compile(whole.replace(guard.text, guard.without), guard.path, "exec")


def test_each_has_a_name_of_its_own() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
