"""The layers, built when they are not or no longer."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _built(layer: str, target: str) -> Path:
    folder = ROOT / ".build/layers" / (f"{layer}-local" if target == "local" else layer)
    subprocess.run([ROOT / "scripts/build_layer.sh", layer, target, folder], check=True)
    return folder / "python"


@pytest.fixture(scope="session")
def core() -> Path:
    """layers/core for this machine."""
    return _built("core", "local")


@pytest.fixture(scope="session")
def venue() -> Path:
    """layers/venue for this machine."""
    return _built("venue", "local")


@pytest.fixture(scope="session")
def lambda_layers() -> tuple[Path, Path]:
    """Both layers for Lambda: arm64, Python 3.13."""
    return _built("core", "lambda"), _built("venue", "lambda")
