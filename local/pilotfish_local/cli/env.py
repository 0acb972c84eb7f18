"""`pilotfish env`: where the stack of `pilotfish up` is, for a shell."""

import shlex
from typing import Any

from pilotfish_local.cli.console import UNAVAILABLE, fail
from pilotfish_local.cli.running_stack import announced

NAMES = ("api", "cognito", "client", "socket", "exchange")


def env() -> None:
    """Lines for `eval "$(pilotfish env)"`: API, COGNITO, CLIENT, SOCKET and EXCHANGE."""
    found = announced()
    if found is None:
        fail("no stack is up: run `pilotfish up` in another terminal", UNAVAILABLE)
    for line in shell_lines(found):
        print(line)


def shell_lines(found: dict[str, Any]) -> list[str]:
    """What `LocalStack.describe` says, as assignments."""
    return [f"{name.upper()}={shlex.quote(found[name])}" for name in NAMES]
