"""CloudFormation applies the transforms of a nested template, SAM among them."""

from __future__ import annotations

import threading
from typing import Any

from ministack.services.cloudformation import engine, provisioners

_nested = threading.local()


def apply() -> None:
    """Transform each template that the creation of a nested stack parses."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::CloudFormation::Stack"]
    create, parse = handler["create"], engine._parse_template

    def parse_and_transform(*args: Any) -> Any:
        template = parse(*args)
        return engine._apply_transforms(template) if getattr(_nested, "now", False) else template

    def create_nested(*args: Any, **kwargs: Any) -> Any:
        outer = getattr(_nested, "now", False)
        _nested.now = True
        try:
            return create(*args, **kwargs)
        finally:
            _nested.now = outer

    engine._parse_template = parse_and_transform
    handler["create"] = create_nested
