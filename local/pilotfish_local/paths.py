"""Where the project's parts are in this checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
EVENTS = ROOT / "events"
BUILD = ROOT / ".build"
EMULATOR_PYTHON = BUILD / "emulator" / "bin" / "python"
LAYERS = {
    "CoreLayer": BUILD / "layers" / "core-local",
    "VenueLayer": BUILD / "layers" / "venue-local",
}
UP_FILE = BUILD / "up.json"
