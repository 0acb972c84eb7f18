"""Each function reads its environment once, and says what is missing."""

from dataclasses import fields

import pytest

from pilotfish.settings import ExecutorSettings, MissingSetting, SweepSettings

EXECUTOR = {field.name.upper(): field.name for field in fields(ExecutorSettings)}


def test_a_field_is_the_variable_of_that_name() -> None:
    settings = ExecutorSettings.from_env(EXECUTOR | {"SOMETHING": "else"})
    assert settings.copy_orders_table == "copy_orders_table"
    assert settings.venue_endpoints == "venue_endpoints"


def test_everything_that_is_missing_is_named() -> None:
    there = {
        name: value for name, value in EXECUTOR.items() if name not in ("KEY_ID", "FOLLOWS_TABLE")
    }
    with pytest.raises(MissingSetting, match="ExecutorSettings needs KEY_ID, FOLLOWS_TABLE in"):
        ExecutorSettings.from_env(there)


def test_the_sweep_needs_all_that_the_mapper_does() -> None:
    with pytest.raises(MissingSetting, match=r"LEDGERS_TABLE.*RETRY_ORDER_ARN"):
        SweepSettings.from_env({})
