"""What the README does by curl alone, done as it is written there."""

import csv
import re
import shutil
import subprocess
from decimal import Decimal

import pytest

from pilotfish_local.cli.env import shell_lines
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import CANARY
from tests.template.expansion import ROOT

SHELL = "set -euo pipefail"
BLOCK = re.compile(r"## By curl alone\n.*?```bash\n(.*?)```", re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_from_signing_up_to_being_flat_again(local: LocalStack) -> None:
    found = BLOCK.search((ROOT / "README.md").read_text())
    assert found
    keys = re.sub(r'"(lea|fay)-(key|secret)"', rf'"{CANARY}-\1-\2"', found[1])
    assert keys.count(CANARY) == 8
    script = "\n".join([SHELL, *shell_lines(local.describe()), keys])

    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=240)

    assert run.returncode == 0, run.stderr
    assert CANARY not in run.stdout + run.stderr
    assert '"state":"COPIED"' in run.stdout
    exported = list(csv.DictReader(run.stdout.splitlines()[-3:]))
    assert [(row["leg"], row["state"]) for row in exported] == [
        ("entry", "COPIED"),
        ("exit", "COPIED"),
    ]
    book = local.exchange.orders(account="fay")
    sent = [(order["side"], Decimal(order["qty"]), order["reduce_only"]) for order in book]
    assert sent == [("BUY", Decimal("0.01"), False), ("SELL", Decimal("0.01"), True)]
