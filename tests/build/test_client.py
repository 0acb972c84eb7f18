"""The client's wheel holds all that the client imports, and nothing else of Pilotfish."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from tests.build.isolated import run

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(sysconfig.get_path("purelib"))

CONNECT = """
import asyncio
from pilotfish.client import LiveClient, Options

async def main():
    options = Options(first_wait=0.01, longest_wait=0.01)
    async with LiveClient("ws://127.0.0.1:9/live", options=options) as client:
        feed = client.prices("BTCUSDT")
        while client.last_error is None:
            await asyncio.sleep(0.01)
        return isinstance(client.last_error, OSError)

print(json.dumps(asyncio.run(main())))
"""


def test_the_wheel_is_enough(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT / "client", check=True, capture_output=True)
    (wheel,) = tmp_path.glob("pilotfish_client-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    (tmp_path / "library").mkdir()
    (tmp_path / "library/websockets").symlink_to(SITE / "websockets")

    domain = {path.stem for path in (tmp_path / "site/pilotfish/domain").glob("*.py")}
    assert domain == {"__init__", "channels", "commands", "messages", "viewers"}
    assert run(CONNECT, tmp_path / "site", tmp_path / "library") is True
