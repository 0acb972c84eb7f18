"""A person's arithmetic: exact, bounded, and nothing else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.expressions import LONGEST, CannotReckon, parse

KNOWN = frozenset({"quantity", "equity"})
NAMES = {"quantity": Decimal("0.3"), "equity": Decimal(1000)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("quantity", "0.3"),
        ("quantity * 0.1 + 2", "2.03"),
        ("-quantity + 1", "0.7"),
        ("(quantity + 1) / 2", "0.65"),
        ("min(quantity, 0.2, 5)", "0.2"),
        ("max(quantity, equity / 1000)", "1"),
        ("abs(1 - 2)", "1"),
        (" 7 ", "7"),
    ],
)
def test_it_is_reckoned_in_decimals(text: str, value: str) -> None:
    assert parse(text, KNOWN).of(NAMES) == Decimal(value)


def test_it_says_which_names_it_needs() -> None:
    assert parse("min(quantity, 2)", KNOWN).names == {"quantity"}


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "quantity +", "1 2", "quantity; 1", "a = 1", "lambda: 1", "[1]", "'1'", "True"),
        *("quantity ** 2", "quantity // 2", "quantity % 2", "1 << 9", "not 1", "~1", "+1"),
        *("unknown", "min", "quantity()", "quantity.real", "equity[0]", "__import__('os')"),
        *("min(1)", "min(quantity=1)", "min(*quantity)", "abs(1, 2)", "sum(1, 2)", "f'{1}'"),
        *("1e9", "1_000", "0x10", "1j", "1" * 19, "1 if 2 else 3", "1 < 2", "(yield)", "\x00"),
        *("quantity" + " + 1" * 60, "-" * 40 + "1"),
    ],
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(text, KNOWN)


@pytest.mark.parametrize("text", ["1 / (quantity - 0.3)", "0 / (quantity - 0.3)"])
def test_what_has_no_value_says_so(text: str) -> None:
    with pytest.raises(CannotReckon):
        parse(text, KNOWN).of(NAMES)


@given(st.text(max_size=LONGEST + 20))
def test_no_text_does_anything_but_be_refused_or_reckoned(text: str) -> None:
    try:
        expression = parse(text, KNOWN)
    except ValueError:
        return
    try:
        assert expression.of(NAMES).is_finite()
    except CannotReckon:
        return


leaves = st.sampled_from(["quantity", "equity", "2", "0.5", "999999999999999999"])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("min({}, {})".format, inner, inner),
        st.builds("-{}".format, inner),
    ),
    max_leaves=12,
)


@given(trees, st.decimals("0.001", "1e9", places=3, allow_nan=False))
def test_whatever_fits_is_a_finite_number_or_none(text: str, quantity: Decimal) -> None:
    try:
        value = parse(text, KNOWN).of(NAMES | {"quantity": quantity})
    except (ValueError, CannotReckon):
        return
    assert value.is_finite()
