"""The process of the embedded AWS: MiniStack with the AWS behaviour that it lacks restored.

Run with `python -m pilotfish_local.aws.server` on an interpreter that holds MiniStack, boto3 and
aws-sam-translator and nothing else; `EmbeddedAws` starts it, with all settings in the environment.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import threading

MINISTACK_VERSION = "1.5.33"


def refuse_another_version() -> None:
    """The repairs reach into MiniStack, so they hold for the one version they were written for."""
    installed = importlib.metadata.version("ministack")
    if installed != MINISTACK_VERSION:
        sys.exit(f"the repairs are written for ministack {MINISTACK_VERSION}, not {installed}")


def end_with_parent() -> None:
    """Stdin is a pipe that the parent holds: when it closes, the parent has gone, and so do we."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os._exit(0)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def main() -> None:
    """Repair MiniStack in memory, then serve it until told to stop."""
    refuse_another_version()
    os.environ.pop("PYTHONPATH", None)
    sys.setswitchinterval(0.001)
    if os.environ.get("PILOTFISH_END_WITH_PARENT") == "1":
        end_with_parent()
    sys.argv = sys.argv[:1]

    import ministack.app

    from pilotfish_local.aws import repairs, worker_listing

    repairs.apply(without=os.environ.get("PILOTFISH_WITHOUT_REPAIR", ""))
    ministack.app.app = worker_listing.wrap(ministack.app.app)
    ministack.app.main()


if __name__ == "__main__":
    main()
