"""What of a venue is not data: one small module a venue that needs it, loaded with the venue."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pilotfish_venues.dialects.base import Dialect
    from pilotfish_venues.spec import VenueSpec


def dialect_of(spec: "VenueSpec") -> "Dialect":
    """The dialect of a venue; most of them need none but the common one."""
    module = import_module(f"pilotfish_venues.dialects.{spec.dialect or 'base'}")
    dialect: Dialect = module.DIALECT
    return dialect
