"""What is installed is pinned by hash, alike everywhere, and says nothing of where it came from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PINNED = sorted((Path(__file__).resolve().parents[2] / "requirements").glob("*.txt"))
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(.*)$", re.MULTILINE)


def pins(file: Path) -> Iterator[tuple[str, str]]:
    """(package, version); a package with a version for each Python is told apart by its marker."""
    for name, version, rest in PIN.findall(file.read_text(encoding="utf-8")):
        marker = rest.rstrip(" \\")
        yield (name + marker if "python_full_version" in marker else name), version


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.stem)
def test_every_package_is_pinned_by_hash_and_no_address_is_written(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert blocks
    for block in blocks:
        assert PIN.match(block), block
        assert "--hash=sha256:" in block, block
    assert "://" not in text
    assert "--index" not in text


def test_a_package_has_one_version_in_both_layers_on_the_laptop_and_in_the_emulator() -> None:
    versions: dict[str, dict[str, str]] = {}
    for file in PINNED:
        for name, version in pins(file):
            versions.setdefault(name, {})[file.stem] = version
    assert {"core", "venue"} <= set(versions["cffi"])
    assert {"dev", "emulator"} <= set(versions["boto3"])
    assert {name: found for name, found in versions.items() if len(set(found.values())) > 1} == {}
