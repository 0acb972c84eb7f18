"""What a function finds when it starts: AWS's variables and its own, and its layers' archives."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime


def layers(config: dict[str, Any]) -> list[bytes]:
    """The archives of the function's layers, in the order in which Lambda lays them."""
    from ministack.services import lambda_svc

    archives = []
    for attachment in config.get("Layers") or []:
        archive = lambda_svc._resolve_layer_zip(attachment)
        if archive is None:
            raise RuntimeError(f"layer without content: {attachment}")
        archives.append(archive)
    return archives


def variables(config: dict[str, Any], task_root: Path, scratch: str) -> dict[str, str]:
    """The environment of the process: the function's variables under those that AWS reserves."""
    _, region = lambda_runtime._account_region_from_function_config(config)
    name = config.get("FunctionName", "")
    own = (config.get("Environment") or {}).get("Variables") or {}
    log_group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "TMPDIR": scratch,
        "HOME": scratch,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        **{key: str(value) for key, value in own.items()},
        **lambda_runtime.execution_credentials(config),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
        "LAMBDA_TASK_ROOT": str(task_root),
        "_HANDLER": config.get("Handler", ""),
    }
