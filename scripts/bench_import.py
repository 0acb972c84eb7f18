"""What a cold start pays for ccxt: trimmed or whole, with bytecode or without, side by side.

python scripts/bench_import.py [--repeats 5] [--json]

CPU seconds and memory of importing venues' asyncio and streaming classes, in fresh processes that
take turns: one venue, as a function does that serves one, and every venue of the layer. The last
row is the layer as a function loads it, our own package included. Needs the built layers: make
build.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAYER = ROOT / ".build/layers/venue-local/python"
CORE = ROOT / ".build/layers/core-local/python"
SITE = Path(sysconfig.get_path("purelib"))
ONE = ("okx",)
CLASSES = """
import importlib
rest, sockets = (importlib.import_module(f"ccxt.{name}") for name in ("async_support", "pro"))
for venue in venues:
    getattr(rest, venue)
    if venue in sockets.exchanges:
        getattr(sockets, venue)
"""
OUR_POOL = """
from pilotfish_venues import pool
from pilotfish_venues.exchanges import VenueClock
from pilotfish_venues.table import spec_of
for venue in venues:
    shared = pool.Shared(spec_of(venue), pool.Sessions(), VenueClock())
    pool.streaming_template(pool.template(shared))
"""
MEASURE = """
import json, sys, time
venues, body = json.loads(sys.argv[1]), sys.argv[2]
sys.path[:0] = sys.argv[3:]
start = time.process_time()
exec(body)
spent = time.process_time() - start
import resource
print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


@dataclass(frozen=True)
class Case:
    """One way to have ccxt: the paths that give it, the venues wanted, and what is run for them."""

    name: str
    path: tuple[Path, ...]
    venues: tuple[str, ...]
    body: str = CLASSES

    def run(self) -> tuple[float, float]:
        """CPU seconds, and MB resident at most."""
        given = [json.dumps(self.venues), self.body, *map(str, self.path)]
        command = [sys.executable, "-I", "-S", "-B", "-c", MEASURE, *given]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, megabytes = json.loads(out)
        return seconds, megabytes


def every_venue() -> tuple[str, ...]:
    """What the layer carries."""
    lines = (ROOT / "layers/venue/trim/venues.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def cases(scratch: Path) -> list[Case]:
    """Only ccxt itself lacks bytecode where a case says so; what it imports always has it."""
    found = []
    for name, site in (("trimmed", LAYER), ("whole", SITE)):
        bare = scratch / name
        shutil.copytree(site / "ccxt", bare / "ccxt", ignore=shutil.ignore_patterns("*.pyc"))
        for venues, which in ((ONE, "one venue"), (every_venue(), "all venues")):
            found.append(Case(f"{name}, bytecode, {which}", (site,), venues))
            found.append(Case(f"{name}, no bytecode, {which}", (bare, site), venues))
    found.append(Case("our layer, one venue", (LAYER, CORE), ONE, OUR_POOL))
    return found


def measure(repeats: int) -> dict[str, dict[str, float]]:
    """Medians by case; the first round is not counted, as it fills the disk cache."""
    with tempfile.TemporaryDirectory() as scratch:
        todo = cases(Path(scratch))
        runs = [{case.name: case.run() for case in todo} for _ in range(repeats + 1)][1:]
    wholes = {
        which: statistics.median(run[f"whole, bytecode, {which}"][0] for run in runs)
        for which in ("one venue", "all venues")
    }
    medians = {}
    for case in todo:
        which = case.name.rpartition(", ")[2]
        seconds = statistics.median(run[case.name][0] for run in runs)
        megabytes = statistics.median(run[case.name][1] for run in runs)
        medians[case.name] = {
            "cpu_s": seconds,
            "of_whole": seconds / wholes[which],
            "rss_mb": megabytes,
        }
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one object on stdout")
    options = parser.parse_args()
    if not (LAYER / "ccxt").is_dir():
        raise SystemExit("the layers are not built: make build")
    found = measure(options.repeats)
    if options.json:
        print(json.dumps(found))
        return
    print(f"import from ccxt, medians of {options.repeats}; each beside whole ccxt with bytecode")
    print(f"{'':32}{'CPU s':>8}{'of whole':>10}{'MB':>6}")
    for name, row in found.items():
        print(f"{name:32}{row['cpu_s']:8.2f}{row['of_whole']:10.2f}{row['rss_mb']:6.0f}")


if __name__ == "__main__":
    main()
