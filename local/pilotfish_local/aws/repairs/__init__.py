"""AWS behaviour that MiniStack 1.5.33 lacks: one module each, with one function `apply`."""

from __future__ import annotations

import importlib

REPAIRS = (
    "execution_environment",
    "stream_mappings",
    "ttl_deletions",
    "websocket_routes",
    "embedded_metrics",
    "http_api_definition",
    "execution_names",
    "function_properties",
    "encryption_context_conditions",
    "nested_transforms",
    "resource_types",
)


def apply(without: str = "") -> None:
    """Apply every repair but those named in `without`, comma-separated."""
    left_out = {name for name in without.split(",") if name}
    if unknown := left_out - set(REPAIRS):
        raise ValueError(f"no such repair: {', '.join(sorted(unknown))}")
    for name in REPAIRS:
        if name not in left_out:
            importlib.import_module(f"{__name__}.{name}").apply()
