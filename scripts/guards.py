"""Take each guard out in turn, in a copy of the tree, and see whether a test goes red for it.

python -m scripts.guards [--only TEXT]

Fails when the suites stay green without a guard: then nothing but luck holds it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.guard_list import GUARDS, MATRIX, PROPERTY, STORES, UNIT, Guard

ROOT = Path(__file__).resolve().parents[1]
PATHS = ("layers/core", "layers/venue", "local")
RED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
SUITE_S = 600
# It goes red whenever a guard is out.
BESIDE_THE_POINT = "--ignore=tests/unit/test_guard_list.py"


def copy_tree(target: Path) -> None:
    """Every file that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def first_red(tree: Path, suites: list[str]) -> str:
    """The first test that fails, or nothing; raises when the suites could not be run."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(tree / path) for path in PATHS),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for suite in suites:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-xq",
                "-p",
                "no:cacheprovider",
                BESIDE_THE_POINT,
                suite,
            ],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SUITE_S,
            check=False,
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{suite} could not be run:\n{done.stdout}{done.stderr}")
        if done.returncode:
            found = RED.search(done.stdout)
            return found[1] if found else suite
    return ""


def without(guard: Guard, tree: Path) -> str:
    """The first test that fails when the guard is out; the tree is whole again afterwards."""
    path = tree / guard.path
    whole = path.read_text(encoding="utf-8")
    if whole.count(guard.text) != 1:
        raise ValueError(f"{guard.path} has {guard.text!r} {whole.count(guard.text)} times")
    others = [suite for suite in (UNIT, MATRIX, STORES, PROPERTY) if suite != guard.first]
    path.write_text(whole.replace(guard.text, guard.without), encoding="utf-8")
    try:
        return first_red(tree, [guard.first, *others])
    finally:
        path.write_text(whole, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", default="", help="guards whose name has this text in it")
    only = parser.parse_args().only
    guards = [guard for guard in GUARDS if only in guard.name]
    green, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="guards-") as scratch:
        tree = Path(scratch)
        copy_tree(tree)
        for guard in guards:
            red = without(guard, tree)
            green += not red
            print(f"{guard.name:<56} {red or 'STAYS GREEN'}", flush=True)
    spent = time.monotonic() - started
    print(f"guards: {len(guards) - green} of {len(guards)} are held by a test; {spent:.0f} s")
    return 1 if green or not guards else 0


if __name__ == "__main__":
    sys.exit(main())
