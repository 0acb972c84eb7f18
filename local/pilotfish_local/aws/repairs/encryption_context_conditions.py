"""IAM conditions on a KMS request's encryption context see the context of the request."""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions


def condition_keys(body: bytes) -> dict[str, Any]:
    """`kms:EncryptionContext:<key>` for each pair of the request, and the list of its keys."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    context = request.get("EncryptionContext") if isinstance(request, dict) else None
    if not isinstance(context, dict) or not context:
        return {}
    pairs = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    return {**pairs, "kms:EncryptionContextKeys": list(context)}


def apply() -> None:
    """Add the keys where MiniStack gathers what a request's tags say."""
    tag_context = iam_actions.request_tag_context

    def context_of_request(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        keys = condition_keys(body) if service == "kms" else {}
        return {**tag_context(service, action, body, params), **keys}

    iam_actions.request_tag_context = context_of_request
