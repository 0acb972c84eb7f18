"""Python that sees the standard library and the given folders, as a Lambda sees its layers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PREAMBLE = "import json, sys; paths = json.loads(sys.argv[1]); sys.path[:0] = paths\n"


def run(program: str, *paths: Path, args: object = None) -> Any:
    """What the program printed last, as JSON. It finds `args` under that name."""
    source = f"{PREAMBLE}args = json.loads(sys.argv[2])\n{program}"
    given = [json.dumps([str(path) for path in paths]), json.dumps(args)]
    command = [sys.executable, "-I", "-S", "-B", "-c", source, *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
