"""A module missing from a layer fails here, and not on AWS."""

import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.build.isolated import run

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(sysconfig.get_path("purelib"))
RUNTIME = ["boto3", "botocore", "s3transfer", "dateutil", "six.py", "urllib3", "jmespath"]
AARCH64 = (183).to_bytes(2, "little")
MOST_UNPACKED = 250 * 1024 * 1024

IMPORT_EACH = """
import importlib
missing = {}
for name in args:
    try:
        importlib.import_module(name)
    except ImportError as error:
        missing[name] = repr(error)
print(json.dumps(missing))
"""

# With every setting that a function can ask for, so that its wiring, which imports late, runs too.
IMPORT_APP = """
import os
from dataclasses import fields
from pilotfish import settings
for kind in vars(settings).values():
    if isinstance(kind, type) and issubclass(kind, settings.Settings):
        os.environ.update({field.name.upper(): "1" for field in fields(kind)})
os.environ.update(AWS_DEFAULT_REGION="us-east-1", VENUE_ENDPOINTS="")
os.environ.update(SOCKET_ENDPOINT="http://127.0.0.1:1")
os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none")
import app
print(json.dumps(callable(app.handler)))
"""


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Lambda runtime has besides the standard library."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        (folder / name).symlink_to(SITE / name)
    return folder


def modules(layer: str, package: str) -> list[str]:
    """Every module of our package in a layer, from its sources."""
    root = ROOT / "layers" / layer
    files = sorted((root / package).rglob("*.py"))
    return [
        ".".join(f.relative_to(root).with_suffix("").parts).removesuffix(".__init__") for f in files
    ]


def test_the_core_layer_holds_what_the_core_imports(core: Path, runtime: Path) -> None:
    names = [n for n in modules("core", "pilotfish") if not n.startswith("pilotfish.client")]
    assert "pilotfish.ports" in names
    assert run(IMPORT_EACH, core, runtime, args=names) == {}


def test_the_client_is_not_deployed(core: Path) -> None:
    assert (core / "pilotfish/domain").is_dir()
    assert not (core / "pilotfish/client").exists()


def test_both_layers_hold_what_the_venues_import(core: Path, venue: Path, runtime: Path) -> None:
    names = modules("venue", "pilotfish_venues")
    assert names
    assert run(IMPORT_EACH, core, venue, runtime, args=names) == {}


@pytest.mark.parametrize(
    "function", [pytest.param(p.parent, id=p.parent.name) for p in ROOT.glob("functions/*/app.py")]
)
def test_a_function_imports_with_nothing_but_its_layers(
    function: Path, core: Path, venue: Path, runtime: Path
) -> None:
    assert run(IMPORT_APP, function, core, venue, runtime)


def test_the_layers_leave_boto3_to_the_runtime(lambda_layers: tuple[Path, Path]) -> None:
    assert not [layer / "boto3" for layer in lambda_layers if (layer / "boto3").exists()]


def test_what_goes_to_lambda_is_compiled_for_arm64_and_python_313(
    lambda_layers: tuple[Path, Path],
) -> None:
    libraries = [path for layer in lambda_layers for path in layer.rglob("*.so*")]
    assert len(libraries) > 10
    for library in libraries:
        assert library.read_bytes()[18:20] == AARCH64, library
        assert "cpython-3" not in library.name or "cpython-313-" in library.name, library
    tags = {path.suffixes[-2] for layer in lambda_layers for path in layer.rglob("*.pyc")}
    assert tags <= {".cpython-313"}


def test_bytecode_is_never_held_against_a_source_time(core: Path, venue: Path) -> None:
    for layer, name in ((core, "pydantic/__init__.py"), (venue, "ccxt/async_support/binance.py")):
        source = layer / name
        (compiled,) = (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")
        assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00", name  # hash-based, unchecked


def test_the_layers_fit_into_a_function(lambda_layers: tuple[Path, Path]) -> None:
    sizes = [p.stat().st_size for layer in lambda_layers for p in layer.rglob("*") if p.is_file()]
    assert sum(sizes) < MOST_UNPACKED


def test_a_changed_source_reaches_a_layer_that_is_built_again(tmp_path: Path) -> None:
    """The layer is made of links and copies of a small tree, so that ours is not touched."""
    for name in ("scripts", "requirements", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    package = tmp_path / "layers/core/pilotfish"
    package.mkdir(parents=True)
    (tmp_path / "layers/venue").symlink_to(ROOT / "layers/venue")
    source = package / "__init__.py"
    answers = []
    for text in ("answer = 1\n", "answer = 2\n"):
        source.write_text(text, encoding="utf-8")
        script = tmp_path / "scripts/build_layer.sh"
        subprocess.run([script, "core", "local", tmp_path / "out"], check=True)
        program = "import pilotfish; print(json.dumps(pilotfish.answer))"
        answers.append(run(program, tmp_path / "out/python"))
    assert answers == [1, 2]
