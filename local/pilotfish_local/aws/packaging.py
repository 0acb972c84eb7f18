"""What `sam package` does, without the SAM CLI: folders become archives in S3."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pilotfish_local.aws import template_yaml
from pilotfish_local.aws.embedded import EmbeddedAws
from pilotfish_local.aws.template_yaml import Template

ARTIFACTS_BUCKET = "pilotfish-artifacts"
LEFT_OUT = {"__pycache__", ".DS_Store"}

#: The property of each type that names a folder or a file beside the template.
_FOLDERS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Lambda::LayerVersion": "Content",
}
_STATE_MACHINE = "AWS::Serverless::StateMachine"
_NESTED = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}


def package(
    aws: EmbeddedAws, template_path: Path, *, folders: Mapping[str, Path] | None = None
) -> str:
    """Upload the template and what it names by path; return the address of the template in S3.

    `folders` maps a logical id to the folder to take in place of the template's: the build of a
    layer for this machine, say. Raises FileNotFoundError for a folder that is not there.
    """
    uploads = _Uploads(aws)
    return uploads.template(_packaged(template_path, folders or {}, uploads))


def _packaged(path: Path, folders: Mapping[str, Path], uploads: _Uploads) -> Template:
    template = template_yaml.load(path)
    base = path.resolve().parent
    defaults = (template.get("Globals") or {}).get("Function") or {}
    for logical_id, resource in (template.get("Resources") or {}).items():
        if not isinstance(resource, dict):  # a loop of AWS::LanguageExtensions
            continue
        properties = resource.setdefault("Properties", {})
        kind = resource.get("Type")
        if kind in _FOLDERS:
            name = _FOLDERS[kind]
            folder = folders.get(logical_id) or properties.get(name) or defaults.get(name)
            if isinstance(folder, (str, Path)):
                properties[name] = uploads.folder(base / folder, kind, logical_id)
        elif kind == _STATE_MACHINE and isinstance(properties.get("DefinitionUri"), str):
            definition = base / properties["DefinitionUri"]
            properties["DefinitionUri"] = uploads.definition(definition)
        elif kind in _NESTED and _is_local(properties.get(_NESTED[kind])):
            nested = _packaged(base / properties[_NESTED[kind]], folders, uploads)
            properties[_NESTED[kind]] = uploads.template(nested)
    defaults.pop("CodeUri", None)
    return template


def archive(folder: Path) -> bytes:
    """The folder as a ZIP with the same bytes for the same files; bytecode of layers is kept."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not _left_out(path.relative_to(folder)):
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
                packed.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _is_local(location: Any) -> bool:
    return isinstance(location, str) and "://" not in location


def _left_out(path: Path) -> bool:
    return path.parts[0] in LEFT_OUT


class _Uploads:
    """Puts artifacts into the bucket under the digest of their content, each once."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._s3, self._endpoint = aws.client("s3"), aws.endpoint
        self._s3.create_bucket(Bucket=ARTIFACTS_BUCKET)
        self._known: dict[Path, str] = {}

    def folder(self, folder: Path, kind: str, logical_id: str) -> Any:
        folder = folder.resolve()
        if not folder.is_dir():
            raise FileNotFoundError(f"{logical_id}: no folder {folder}; is it built?")
        if folder not in self._known:
            self._known[folder] = self._put(archive(folder), "zip")
        key = self._known[folder]
        if kind.startswith("AWS::Lambda::"):
            return {"S3Bucket": ARTIFACTS_BUCKET, "S3Key": key}
        return {"Bucket": ARTIFACTS_BUCKET, "Key": key}

    def definition(self, path: Path) -> dict[str, str]:
        """A state machine's definition as JSON, as `sam package` converts it."""
        content = json.dumps(template_yaml.load(path)).encode()
        return {"Bucket": ARTIFACTS_BUCKET, "Key": self._put(content, "asl.json")}

    def template(self, template: Template) -> str:
        """The address of a packaged template, for CloudFormation to fetch it."""
        key = self._put(template_yaml.dump(template).encode(), "template.json")
        return f"{self._endpoint}/{ARTIFACTS_BUCKET}/{key}"

    def _put(self, content: bytes, suffix: str) -> str:
        key = f"{hashlib.sha256(content).hexdigest()}.{suffix}"
        self._s3.put_object(Bucket=ARTIFACTS_BUCKET, Key=key, Body=content)
        return key
