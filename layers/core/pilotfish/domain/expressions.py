"""A person's arithmetic, read into our own tree and reckoned in decimals: nothing is executed.

Only `+ - * /`, numbers, the names that the caller gives, `min`, `max` and `abs` are known. The
text's length, its depth and the count of its parts are bounded, and there is no power, so that
reckoning takes a bounded time and no number grows beyond what the text itself holds.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import lru_cache

LONGEST = 200
DEEPEST = 20
MOST_PARTS = 80
MOST_DIGITS = 18

_WRITTEN = re.compile(r"[A-Za-z0-9_ .,+*/()-]+")
_GROWN_TOGETHER = re.compile(r"(?<![A-Za-z0-9_.])[0-9.]+[A-Za-z_]")

Names = Mapping[str, Decimal]
Reckon = Callable[[Names], Decimal]


class CannotReckon(Exception):
    """The expression has no value for these figures; the message says why."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read, and the names it uses."""

    reckon: Reckon
    names: frozenset[str]

    def of(self, names: Names) -> Decimal:
        """Its value, a finite number; raises `CannotReckon`."""
        with localcontext() as context:
            context.prec = 28
            for trap in (DivisionByZero, InvalidOperation, Overflow):
                context.traps[trap] = True
            try:
                return self.reckon(names)
            except (DivisionByZero, InvalidOperation, Overflow) as error:
                raise CannotReckon(type(error).__name__) from None


@lru_cache(maxsize=1_000)
def parse(text: str, known: frozenset[str]) -> Expression:
    """Raises `ValueError`, which says what is not known."""
    if not text.strip() or len(text) > LONGEST:
        raise ValueError(f"an expression has 1 to {LONGEST} characters")
    if not _WRITTEN.fullmatch(text) or _GROWN_TOGETHER.search(text):
        raise ValueError("it has names, numbers like 12.5, and + - * / ( ) , only")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError("it cannot be read: + - * / ( ) min max abs, numbers and names") from None
    nodes = list(ast.walk(tree))
    if len(nodes) > MOST_PARTS * 3:
        raise ValueError(f"it has more than {MOST_PARTS} parts")
    names = frozenset(n.id for n in nodes if isinstance(n, ast.Name)) - _FUNCTIONS.keys()
    if unknown := sorted(names - known):
        raise ValueError(f"there is no {unknown[0]}: there are {', '.join(sorted(known))}")
    return Expression(_read(tree, text.strip(), DEEPEST), names)


def _read(node: ast.expr, text: str, deeper: int) -> Reckon:
    if not deeper:
        raise ValueError(f"it is nested more than {DEEPEST} deep")
    match node:
        case ast.Constant():
            return _number(ast.get_source_segment(text, node) or "")
        case ast.Name(id=name) if name not in _FUNCTIONS:
            return lambda names: names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            negated = _read(operand, text, deeper - 1)
            return lambda names: -negated(names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            operator = _OPERATORS[type(op)]
            a, b = _read(left, text, deeper - 1), _read(right, text, deeper - 1)
            return lambda names: operator(a(names), b(names))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _call(name, [_read(each, text, deeper - 1) for each in args])
    raise ValueError("it knows + - * / ( ) min max abs, numbers and names only")


def _number(source: str) -> Reckon:
    """As it is written: a float would not be what the person meant."""
    digits = source.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > MOST_DIGITS:
        raise ValueError(f"numbers are like 12.5, of at most {MOST_DIGITS} digits, not {source}")
    value = Decimal(source)
    return lambda names: value


def _call(name: str, args: list[Reckon]) -> Reckon:
    function, least, most = _FUNCTIONS[name]
    if not least <= len(args) <= most:
        raise ValueError(f"{name} takes {least} to {most} figures" if most > 1 else f"{name}(x)")
    return lambda names: function(each(names) for each in args)


def _abs(values: Iterable[Decimal]) -> Decimal:
    [value] = values
    return abs(value)


_OPERATORS: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_FUNCTIONS: Mapping[str, tuple[Callable[[Iterable[Decimal]], Decimal], int, int]] = {
    "min": (min, 2, 8),
    "max": (max, 2, 8),
    "abs": (_abs, 1, 1),
}
