"""Requests over HTTP, with nothing but the standard library.

A proxy that the environment names (`https_proxy`) is used.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from pilotfish.client.errors import Disconnected, NotAdmitted

ANSWER_S = 10.0


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """The answer's JSON; raises `NotAdmitted` and `Disconnected`."""
    request = urllib.request.Request(  # noqa: S310 - the address is the caller's
        url, body, {**headers, "Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        kind = NotAdmitted if error.code in (401, 403) else Disconnected
        raise kind(f"the server answered {error.code}") from None
    except (OSError, ValueError) as error:
        raise Disconnected(str(error)) from None
