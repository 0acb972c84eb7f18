"""What a cold start pays for ccxt: trimmed or whole, with bytecode or without, side by side.

python scripts/bench_import.py [--repeats 5] [--json]

CPU seconds and memory of importing our venues' asyncio and streaming classes, in fresh processes
that take turns. Needs the built layers: make build.
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
SITE = Path(sysconfig.get_path("purelib"))
PROGRAM = """
import sys, time
sys.path[:0] = sys.argv[1:]
start = time.process_time()
from ccxt.async_support import binance, binanceusdm, delta
from ccxt.pro import binance, binanceusdm
spent = time.process_time() - start
import json, resource
print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


@dataclass(frozen=True)
class Case:
    """One way to have ccxt, and the paths that give it."""

    name: str
    path: tuple[Path, ...]

    def run(self) -> tuple[float, float]:
        """CPU seconds, and MB resident at most."""
        command = [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, *map(str, self.path)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, megabytes = json.loads(out)
        return seconds, megabytes


def cases(scratch: Path) -> list[Case]:
    """Only ccxt itself lacks bytecode where a case says so; what it imports always has it."""
    found = []
    for name, site in (("trimmed", LAYER), ("whole", SITE)):
        bare = scratch / name
        shutil.copytree(site / "ccxt", bare / "ccxt", ignore=shutil.ignore_patterns("*.pyc"))
        found.append(Case(f"{name}, bytecode", (site,)))
        found.append(Case(f"{name}, no bytecode", (bare, site)))
    return found


def measure(repeats: int) -> dict[str, dict[str, float]]:
    """Medians by case; the first round is not counted, as it fills the disk cache."""
    with tempfile.TemporaryDirectory() as scratch:
        todo = cases(Path(scratch))
        runs = [{case.name: case.run() for case in todo} for _ in range(repeats + 1)][1:]
    whole = statistics.median(run["whole, bytecode"][0] for run in runs)
    medians = {}
    for case in todo:
        seconds = statistics.median(run[case.name][0] for run in runs)
        megabytes = statistics.median(run[case.name][1] for run in runs)
        medians[case.name] = {"cpu_s": seconds, "of_whole": seconds / whole, "rss_mb": megabytes}
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
    print(f"import of our venues from ccxt, medians of {options.repeats}")
    print(f"{'':24}{'CPU s':>8}{'of whole':>10}{'MB':>6}")
    for name, row in found.items():
        print(f"{name:24}{row['cpu_s']:8.2f}{row['of_whole']:10.2f}{row['rss_mb']:6.0f}")


if __name__ == "__main__":
    main()
