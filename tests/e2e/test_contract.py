"""The running API answers whatever it is asked as its OpenAPI document says; never with a 5xx."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from pilotfish_local.local_stack import LocalStack
from pilotfish_local.members import sign_up
from scripts.openapi import document

OPERATIONS = [
    found.ok() for found in schemathesis.openapi.from_dict(document()).get_all_operations()
]
# What fits the schema may still be refused: by what is there already, or by what a rule means.
# The gateway knows no 405.
NOT_PROMISED = [negative_data_rejection, positive_data_acceptance, unsupported_method]
# Fewer than a member may send in a minute.
EXAMPLES = 40


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_as_the_contract_says(operation: Any, local: LocalStack) -> None:
    number = OPERATIONS.index(operation)
    operator = "/operations" in operation.path
    member = sign_up(local, f"fuzz-{number}@example.com", operator=operator)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answered(case: Case[Any]) -> None:
        case.call_and_validate(
            base_url=local.api_url, headers=member.headers, excluded_checks=NOT_PROMISED
        )

    answered()
