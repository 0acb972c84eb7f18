"""The JSON bodies that the control plane takes; an unknown field is an error."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pilotfish_local.exchange.engine.instruments import VENUES


def _known(venue: str) -> str:
    if venue not in VENUES:
        raise ValueError(f"venue is one of {VENUES}")
    return venue


Venue = Annotated[str, AfterValidator(_known)]


class Body(BaseModel):
    """Strict about names, lenient about numbers in text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewAccount(Body):
    """An account to open; without balances it gets a useful default."""

    name: str
    venue: Venue
    key: str
    secret: str
    passphrase: str | None = None
    balances: dict[str, Decimal] | None = None
    hedge: bool = False
    leverage: int = Field(default=20, ge=1, le=125)
    can_trade: bool = True
    can_withdraw: bool = False
    allowed_ips: frozenset[str] | None = None


class NewAccounts(Body):
    """Accounts to open in one call."""

    accounts: list[NewAccount]


class AccountChange(Body):
    """What may change of an account while it trades; balances given replace those assets."""

    enabled: bool | None = None
    expired: bool | None = None
    can_trade: bool | None = None
    can_withdraw: bool | None = None
    allowed_ips: frozenset[str] | None = None
    any_ip: bool = False
    balances: dict[str, Decimal] | None = None


class PriceChange(Body):
    """Pin a market's price, or release it to walk on."""

    venue: Venue
    symbol: str
    price: Decimal | None = Field(default=None, gt=0)
    release: bool = False


class MarketChange(Body):
    """Halt, open or delist a symbol, or change its filters and fees."""

    venue: Venue
    symbol: str
    status: Literal["TRADING", "BREAK", "DELISTED"] | None = None
    tick: Decimal | None = None
    step: Decimal | None = None
    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    min_notional: Decimal | None = None
    taker: Decimal | None = None
    maker: Decimal | None = None
    spread: Decimal | None = None


class Ticks(Body):
    """Let the markets move on at once."""

    count: int = Field(default=1, ge=1)
    seconds: float = 0.1


class ClockChange(Body):
    """Put a venue's clock wrong."""

    venue: Venue
    offset_ms: int


class LagChange(Body):
    """How long new orders, fills or positions stay invisible to look-ups."""

    venue: Venue
    kind: Literal["order_lookup", "fills", "positions"]
    ms: int = Field(ge=0)


class LimitChange(Body):
    """Other rate limits for a venue."""

    venue: Venue
    weight_per_minute: int | None = None
    orders_per_10s: int | None = None
    ban_after: int | None = None
    ban_s: int | None = None
    scope: Literal["key", "ip"] | None = None


class Ban(Body):
    """Answer 418 to a key or an address for some seconds."""

    venue: Venue
    who: str
    seconds: float = 120.0


class Streams(Body):
    """The user streams of these accounts, or of all."""

    accounts: list[str] | None = None


class HandTrade(Body):
    """An order by hand: at the market, or with a price."""

    account: str
    symbol: str
    side: Literal["BUY", "SELL"]
    qty: Decimal = Field(gt=0)
    price: Decimal | None = Field(default=None, gt=0)
    position_side: Literal["BOTH", "LONG", "SHORT"] = "BOTH"


class Funded(Body):
    """What holders of a perpetual pay now; with a rate below zero they are paid."""

    venue: Venue
    symbol: str
    rate: Decimal


class Past(Body):
    """Trades that an account made long ago, by the venue's time."""

    account: str
    symbols: list[str] = Field(min_length=1)
    count: int = Field(ge=1, lt=1_000_000)
    since_ms: int
    until_ms: int


class Reset(Body):
    """Forget everything, or everything but the accounts."""

    keep_accounts: bool = False
