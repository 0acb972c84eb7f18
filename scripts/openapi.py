"""docs/openapi.yaml, out of the API's routes."""

import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from pilotfish.api.contract import document as contract
from pilotfish.settings import ApiSettings
from pilotfish.wiring import api

TARGET = Path(__file__).parents[1] / "docs" / "openapi.yaml"


def document() -> dict[str, Any]:
    """The contract of every route; no AWS is asked."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    settings = ApiSettings(**{field.name: "-" for field in fields(ApiSettings)})
    return contract(api.resolver(settings))


def rendered() -> str:
    """The file."""
    head = "# Made by `python -m scripts.openapi` from the routes in pilotfish.api.\n"
    return head + yaml.dump(
        document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


class _Dumper(yaml.SafeDumper):
    """What is said twice is written twice."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def main() -> int:
    """Write the file, or with `--check` say whether it is as it should be."""
    if "--check" in sys.argv:
        if TARGET.read_text() == rendered():
            return 0
        print("docs/openapi.yaml is not what the code says: python -m scripts.openapi")
        return 1
    TARGET.write_text(rendered())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
