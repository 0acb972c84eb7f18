"""The trimmed ccxt does for our venues what the whole one does, and loads nothing else."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pilotfish_venues.table import VENUES
from tests.build.isolated import run

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(sysconfig.get_path("purelib"))
TRIM = ROOT / "layers/venue/trim"
# What the trim writes anew; every other file of it is the whole package's, to the byte.
REWRITTEN = {
    "__init__.py", "async_support/__init__.py", "pro/__init__.py", "base/__init__.py",
    "base/exchange.py", "_lazy.py", "_no_requests.py",
}  # fmt: skip

# `dir` lists unified methods, and those that ccxt makes of each endpoint of a venue's API.
DESCRIBE = """
import importlib
found = {}
for package in ("ccxt.async_support", "ccxt.pro"):
    module = importlib.import_module(package)
    for venue in args:
        if venue not in module.exchanges:
            continue
        exchange = getattr(module, venue)()
        found[f"{package}.{venue}"] = {
            "describe": exchange.describe(), "has": exchange.has, "options": exchange.options,
            "urls": exchange.urls, "rateLimit": exchange.rateLimit, "names": dir(exchange),
        }
print(json.dumps(found, default=lambda value: getattr(value, "__qualname__", repr(value))))
"""


def listed_venues() -> list[str]:
    lines = (TRIM / "venues.txt").read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def test_each_venue_is_what_it_is_in_the_whole_package(venue: Path) -> None:
    venues = listed_venues()
    trimmed, whole = run(DESCRIBE, venue, args=venues), run(DESCRIBE, SITE, args=venues)
    assert {f"ccxt.async_support.{name}" for name in venues} <= set(trimmed)
    streaming = {spec.ccxt_id for spec in VENUES.values() if spec.subscriptions}
    assert {f"ccxt.pro.{name}" for name in streaming} <= set(trimmed)
    assert set(trimmed) == set(whole)
    for name, facts in whole.items():
        assert facts["names"] == trimmed[name].pop("names"), name
        del facts["names"]
        assert facts == trimmed[name], name


def test_a_venue_is_loaded_when_it_is_first_used(venue: Path) -> None:
    program = """
import ccxt, ccxt.pro, ccxt.async_support
before = [m for m in sys.modules if "binance" in m or "base.exchange" in m]
ccxt.async_support.delta()
loaded = set(sys.modules)
print(json.dumps([before, sorted(loaded & {"ccxt.async_support.delta", "ccxt.async_support.binance",
                                           "ccxt.pro.binance", "requests"})]))
"""
    assert run(program, venue) == [[], ["ccxt.async_support.delta"]]


def test_a_class_is_reached_in_every_way_that_the_whole_package_has(venue: Path) -> None:
    program = """
import ccxt.async_support.binanceusdm as by_import
import ccxt.async_support, ccxt.pro
from ccxt.async_support import binanceusdm as by_name
from ccxt.async_support.binanceusdm import binanceusdm as by_module
print(json.dumps([isinstance(c, type) for c in (by_import, by_name, by_module, ccxt.pro.binance)]
    + [by_import is by_name is by_module is ccxt.async_support.binanceusdm]))
"""
    answers = run(program, venue)
    assert answers == run(program, SITE)
    assert all(answers)


def test_a_venue_left_out_is_named_in_the_error(venue: Path) -> None:
    program = """
import ccxt.async_support
try:
    ccxt.async_support.bitfinex
except AttributeError as error:
    print(json.dumps(str(error)))
"""
    error = run(program, venue)
    assert "'bitfinex'" in error
    assert "delta" in error


def test_errors_are_the_same_classes_everywhere(venue: Path) -> None:
    program = """
import ccxt, ccxt.async_support, ccxt.pro
from ccxt.base import errors
packages = (ccxt, ccxt.async_support, ccxt.pro)
print(json.dumps([p.RequestTimeout is errors.RequestTimeout for p in packages]))
"""
    assert run(program, venue) == [True, True, True]


def test_the_layer_carries_the_venues_of_the_table_and_no_other(venue: Path) -> None:
    wanted = {spec.ccxt_id for spec in VENUES.values() if not spec.module}
    carried = run("import ccxt.async_support as a; print(json.dumps(a.exchanges))", venue)

    assert set(carried) == set(listed_venues())
    assert wanted <= set(carried)


def test_what_is_left_is_the_whole_package_to_the_byte(venue: Path) -> None:
    trimmed, whole = venue / "ccxt", SITE / "ccxt"
    left = {path.relative_to(trimmed).as_posix() for path in trimmed.rglob("*.py")} - REWRITTEN

    assert len(left) > 2 * len(listed_venues()) - 2
    for name in left:
        assert (trimmed / name).read_bytes() == (whole / name).read_bytes(), name


def test_of_the_base_class_one_import_alone_is_another(venue: Path) -> None:
    trimmed = (venue / "ccxt/base/exchange.py").read_text(encoding="utf-8").splitlines()
    whole = (SITE / "ccxt/base/exchange.py").read_text(encoding="utf-8").splitlines()
    changed = [pair for pair in zip(trimmed, whole, strict=True) if pair[0] != pair[1]]

    assert changed
    for ours, theirs in changed:
        assert ours.startswith("from ccxt._no_requests import ")
        assert theirs.startswith("from requests")


ENDPOINTS = """
import ast, importlib, pathlib
found = {}
for path in pathlib.Path(args[0]).rglob("*.py"):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and any(word in node.attr for word in args[1]):
            found.setdefault(node.attr, path.name)
classes = [getattr(importlib.import_module(f"ccxt.async_support.{v}"), v) for v in args[2]]
exchanges = [each() for each in classes]
gone = {n: p for n, p in found.items() if not any(hasattr(each, n) for each in exchanges)}
print(json.dumps([len(found), gone]))
"""


def test_every_endpoint_that_is_called_by_its_name_is_there(venue: Path) -> None:
    """ccxt makes them of the venue's list, from which a release may take some away."""
    words = ["PrivateGet", "PrivatePost", "PublicGet", "privateGet", "privatePost", "publicGet"]
    args = [str(ROOT / "layers/venue/pilotfish_venues"), words, listed_venues()]
    named, gone = run(ENDPOINTS, venue, args=args)

    assert named > 30
    assert gone == {}


def test_what_a_venue_imports_only_when_it_is_called_is_there(venue: Path) -> None:
    """MEXC's stream is decoded, and some requests are hashed, by modules imported on the way."""
    program = """
import importlib.util
print(json.dumps([importlib.util.find_spec(name) is not None for name in args]))
"""
    late = ["ccxt.protobuf.mexc.PushDataV3ApiWrapper_pb2", "ccxt.static_dependencies.keccak"]
    assert run(program, venue, args=late) == [True] * len(late)


def test_a_token_of_coinbase_is_signed_by_the_layer_and_holds_from_the_claim_on(
    venue: Path,
) -> None:
    """The recordings have a key of the old kind; new keys sign tokens."""
    program = """
import base64
import ccxt.async_support
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec
key = ec.generate_private_key(ec.SECP256R1())
old = form.PrivateFormat.TraditionalOpenSSL
pem = key.private_bytes(form.Encoding.PEM, old, form.NoEncryption()).decode()
exchange = ccxt.async_support.coinbase({"apiKey": "organizations/a/apiKeys/b", "secret": pem})
exchange.seconds = lambda: 1757837619
signed = exchange.sign("brokerage/orders", ["v3", "private"], "POST", {"side": "BUY"})
head, body, signature = signed["headers"]["Authorization"].removeprefix("Bearer ").split(".")
read = lambda part: json.loads(base64.urlsafe_b64decode(part + "=="))
print(json.dumps([read(head)["alg"], read(body), len(signature) > 80]))
"""
    algorithm, claims, signed = run(program, venue)

    assert (algorithm, signed) == ("ES256", True)
    assert (claims["nbf"], claims["exp"]) == (1757837619, 1757837619 + 120)
    assert claims["uri"] == "POST api.coinbase.com/api/v3/brokerage/orders"


@pytest.mark.slow
def test_every_recorded_call_is_the_same_through_the_layer(venue: Path) -> None:
    """The contract suite, by the code and the ccxt of the layer: requests, answers, streams."""
    layer_first = {**os.environ, "PYTHONPATH": os.pathsep.join([str(venue), str(ROOT)])}
    guard = "import ccxt, pilotfish_venues, sys; print(ccxt.__file__, pilotfish_venues.__file__)"
    suite = [
        sys.executable, "-m", "pytest", "tests/contract/venues/test_contract.py", "-q",
        "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header",
    ]  # fmt: skip

    where = subprocess.run(
        [sys.executable, "-c", guard], env=layer_first, cwd=ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    done = subprocess.run(
        suite, env=layer_first, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert all(path.startswith(str(venue)) for path in where.stdout.split()), where.stdout
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 20 * len(listed_venues())


def test_a_venue_that_ccxt_does_not_know_stops_the_build(tmp_path: Path) -> None:
    ccxt = tmp_path / "ccxt"
    shutil.copytree(SITE / "ccxt", ccxt, ignore=shutil.ignore_patterns("*.pyc"))
    done = subprocess.run(
        [sys.executable, TRIM / "trim_ccxt.py", ccxt, "binnance"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "binnance" in done.stderr
    assert (ccxt / "async_support/binance.py").exists()
