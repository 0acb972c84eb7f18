"""Money as text and on a grid: a venue prints plain decimals and refuses what is off its step."""

from decimal import ROUND_CEILING, ROUND_DOWN, Decimal, InvalidOperation

ZERO = Decimal(0)


def plain(value: Decimal) -> str:
    """The shortest decimal text of a value, never with an exponent: 0.0010 is "0.001"."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text != "-0" else "0"


def fixed(value: Decimal) -> str:
    """A value with eight decimals, as Binance spot prints prices and balances."""
    return f"{value:.8f}"


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of step that is not above value."""
    return (value / step).to_integral_value(ROUND_DOWN) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of step that is not below value."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def on_grid(value: Decimal, step: Decimal) -> bool:
    """Whether value is a whole multiple of step."""
    return value % step == 0


def places(value: Decimal) -> int:
    """How many decimals a value needs: 0.0010 needs 3, 100 needs 0."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def parse(text: str) -> Decimal | None:
    """A finite decimal from text, or None."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
