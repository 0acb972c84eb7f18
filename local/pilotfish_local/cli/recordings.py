"""Checks the recordings that `--replay` names before anything is started."""

from collections.abc import Collection, Sequence
from pathlib import Path

import typer

from pilotfish_local.exchange.catalogue import catalogue
from pilotfish_local.exchange.engine.prices import read_trades, symbol_of


def readable(paths: list[Path] | None) -> list[Path]:
    """The paths, each a recording of something that the exchange lists; else a usage error."""
    found = list(paths or ())
    for path in found:
        venue, base = _market(path)
        if not any(i.base == base and venue in (None, i.venue) for i in catalogue()):
            raise typer.BadParameter(f"{path}: the model exchange lists no {base}")
        try:
            next(read_trades(path))
        except StopIteration:
            raise typer.BadParameter(f"{path} holds no trade") from None
        except (OSError, EOFError, ArithmeticError, LookupError, ValueError) as mistake:
            raise typer.BadParameter(f"{path} is no recording of trades: {mistake}") from mistake
    return found


def bases_at(venue: str, paths: Sequence[Path], traded: Collection[str]) -> tuple[str, ...]:
    """The base assets whose price the recordings set at a venue; else a usage error."""
    bases = []
    for path in paths:
        recorded_at, base = _market(path)
        if recorded_at not in (None, venue):
            raise typer.BadParameter(
                f"{path} was recorded at {recorded_at}: add --venue {recorded_at}"
            )
        if base not in traded:
            raise typer.BadParameter(f"{path}: the demo trades {' and '.join(traded)} only")
        bases.append(base)
    return tuple(bases)


def _market(path: Path) -> tuple[str | None, str]:
    try:
        return symbol_of(path)
    except ValueError as mistake:
        raise typer.BadParameter(
            f"{mistake}: name it as in BTCUSDT-trades-2024-08-08.csv"
        ) from None
