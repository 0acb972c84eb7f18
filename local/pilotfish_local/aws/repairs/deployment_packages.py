"""Where a function's code and layers lie on disk: each unpacked once and shared by its workers."""

from __future__ import annotations

import compileall
import hashlib
import importlib.util
import io
import os
import tempfile
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path

#: What AWS's Python runtime ships besides the standard library.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")

_unpacking = threading.Lock()


def unpacked(archives: Sequence[bytes], kind: str) -> Path:
    """The folder with these archives unpacked one over the other, as Lambda fills /opt."""
    digest = hashlib.sha256()
    for archive in archives:
        digest.update(hashlib.sha256(archive).digest())
    folder = _root() / f"{kind}-{digest.hexdigest()[:32]}"
    with _unpacking:
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=_root()) as scratch:
                content = Path(scratch, "content")
                content.mkdir()
                for archive in archives:
                    zipfile.ZipFile(io.BytesIO(archive)).extractall(content)
                content.rename(folder)
    return folder


def runtime_root() -> Path:
    """A folder with links to the packages of AWS's runtime, compiled, and nothing of ours."""
    folder = _root() / "runtime"
    with _unpacking:
        if not folder.exists():
            folder.mkdir()
            for name in RUNTIME_PACKAGES:
                _link(name, folder)
    return folder


def _root() -> Path:
    root = Path(tempfile.gettempdir(), "lambda")
    root.mkdir(parents=True, exist_ok=True)
    return root


def _link(name: str, folder: Path) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the server's interpreter lacks {name}")
    source = Path(spec.origin)
    if source.name == "__init__.py":
        source = source.parent
        if os.access(source, os.W_OK) and not (source / "__pycache__").exists():
            compileall.compile_dir(source, quiet=2)
    (folder / source.name).symlink_to(source)
