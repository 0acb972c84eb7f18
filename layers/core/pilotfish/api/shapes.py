"""What requests and answers are made of."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Amount = Annotated[
    Decimal,
    PlainSerializer(lambda amount: format(amount, "f"), return_type=str),
    Field(description="A decimal number as text: money and quantities are never floats."),
]
Time = Annotated[int, Field(description="UTC, in milliseconds since 1970.")]


class Asked(BaseModel):
    """A request's body: what is not known is refused, so that no typing error is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """An answer's body; made from a dataclass by `Told.model_validate(it)`."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Page(Told):
    """One page of a list: `next` goes into `?cursor=`; there is none after the last page."""

    next: Annotated[str | None, Field(description="Where the next page begins.")] = None


def field_path(location: tuple[Any, ...]) -> str:
    """A field of a request as a person writes it: `body.rules.multiplier`."""
    return ".".join(str(part) for part in location)
