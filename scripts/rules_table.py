"""The table of rules in docs/rules.md, out of `pilotfish.domain.rule_table`."""

from pathlib import Path
from typing import Any

from pilotfish.domain.rule_schema import described
from pilotfish.domain.rule_table import TOPICS
from pilotfish.domain.rules import OPTIONAL, Rules

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
BEGINS = "<!-- Made by `python -m scripts.rules_table`. -->\n"
ENDS = "<!-- End of what is made. -->\n"

TITLES = {
    "size": "How much",
    "what": "What",
    "limits": "How much at the most",
    "margin": "At what leverage",
    "losses": "How much may be lost",
    "protection": "When a position is closed",
    "price": "At what price, and when",
    "standing": "What there is already, and what is gone",
}


def tables() -> str:
    """All topics, each with its table."""
    values = described(Rules())
    return "\n".join(_topic(topic, values) for topic in TOPICS)


def _topic(topic: str, values: dict[str, Any]) -> str:
    rows = [
        f"| `{name}` | {rule.kind.allowed} | {_default(name, values[name])} | {rule.doc} |"
        for name, rule in TOPICS[topic].items()
    ]
    return "\n".join(
        [
            f"### {TITLES[topic]}",
            "",
            "| rule | may be | default | |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _default(name: str, value: Any) -> str:
    if name in OPTIONAL or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def page(before: str) -> str:
    """The page with the tables as they are now."""
    head, _, rest = before.partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    return f"{head}{BEGINS}\n{tables()}\n{ENDS}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
