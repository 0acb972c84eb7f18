"""docs/asyncapi.yaml says what the code says."""

from typing import Any, get_args

import pytest
import yaml
from jsonschema import Draft7Validator

from pilotfish.domain import commands, messages
from pilotfish.domain.channels import USER_EVENTS, USER_STATES
from scripts.asyncapi import ANSWERS, TARGET, TOLD, document, rendered
from tests.unit.live.test_messages import OURS


@pytest.fixture(scope="module")
def written() -> Any:
    return yaml.safe_load(TARGET.read_text())


def test_the_file_is_what_the_code_says() -> None:
    assert TARGET.read_text() == rendered(), "python -m scripts.asyncapi"


def test_every_command_message_and_channel_is_in_it(written: Any) -> None:
    kinds = {kind.__name__ for kind in (*get_args(commands.Command), *get_args(messages.Message))}

    assert set(written["components"]["messages"]) == kinds
    assert set(ANSWERS) == set(get_args(commands.Command))
    families = {name.partition(":")[0] for name in TOLD}
    assert families == {*USER_EVENTS, *USER_STATES, "trader", "price_updates"}


def test_every_reference_leads_somewhere(written: Any) -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, list):
            return [found for each in part for found in references(each)]
        if not isinstance(part, dict):
            return []
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for each in part.values() for found in references(each)]

    for reference in references(written):
        place = written
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.parametrize("text", OURS, ids=lambda text: OURS[text].type)
def test_what_is_told_fits_the_schemas(text: str) -> None:
    schemas = document()["components"]
    ours = OURS[text]
    schema = {"$ref": f"#/components/schemas/{type(ours).__name__}", "components": schemas}

    Draft7Validator(schema).validate(yaml.safe_load(messages.encode(ours)))
    told = yaml.safe_load(messages.encode(ours))
    del told["seq"]
    assert not Draft7Validator(schema).is_valid(told)
