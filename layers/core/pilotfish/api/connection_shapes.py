"""What requests and answers about connections are made of; no answer has a key in it."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from pilotfish.api.shapes import Amount, Asked, Page, Time, Told
from pilotfish.domain.connections import Health, Verdict
from pilotfish.domain.managing import MAX_LABEL
from pilotfish.domain.paper.wallet import MOST_BALANCE, MOST_LEVERAGE, MOST_SLIPPAGE
from pilotfish.usecases.connections import Shown

# Keys are one word. Secrets may have lines: some venues hand out PEM.
KEY, SECRET, PASSWORD = r"^[!-~]{1,1024}$", r"^[ -~\r\n]{1,8192}$", r"^[ -~]{0,256}$"


def _as(pattern: str) -> Any:
    """A text that is never shown, not in errors either."""
    whole = re.compile(pattern.removesuffix("$") + r"\Z")

    def check(secret: SecretStr) -> SecretStr:
        if not whole.match(secret.get_secret_value()):
            raise ValueError("it has characters that no venue's keys have, or too many")
        return secret

    return Annotated[
        SecretStr, AfterValidator(check), Field(json_schema_extra={"pattern": pattern})
    ]


class AskedKey(Asked):
    """An API key as its venue shows it when it is made. It goes in and never comes out."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: _as(KEY)  # type: ignore[valid-type]
    secret: _as(SECRET)  # type: ignore[valid-type]
    password: _as(PASSWORD) = Field(  # type: ignore[valid-type]
        default=SecretStr(""), description="A passphrase, where the venue wants one."
    )


class AskedTerms(Asked):
    """Of a paper account; what is left out is as usual."""

    balance: Annotated[Decimal, Field(gt=0, le=MOST_BALANCE)] | None = None
    currency: Annotated[str, Field(max_length=12, pattern="^[A-Z0-9]*$")] = ""
    slippage: Annotated[Decimal, Field(ge=0, lt=MOST_SLIPPAGE)] | None = None
    leverage: Annotated[Decimal, Field(ge=1, le=MOST_LEVERAGE)] | None = None


class AskedConnection(Asked):
    """An account to connect: with its key, or on paper, which needs none."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    venue: Annotated[str, Field(min_length=1, max_length=40, description="`binanceusdm`, `okx`, …")]
    label: Annotated[str, Field(max_length=MAX_LABEL, description="What you call it.")] = ""
    leads: Annotated[bool, Field(description="It is listened to, so that others may copy it.")] = (
        False
    )
    key: Annotated[AskedKey | None, Field(description="Of a real account.")] = None
    paper: Annotated[bool, Field(description="Play money at the venue's real prices.")] = False
    terms: Annotated[AskedTerms | None, Field(description="Of a paper account.")] = None


class AskedLabel(Asked):
    """What may be changed without another key."""

    label: Annotated[str, Field(max_length=MAX_LABEL)]


class ToldHealth(Told):
    """How listening goes; times are 0 for never."""

    well: bool
    heard_ms: Time
    fill_ms: Time
    streams: bool
    error: str
    error_ms: Time
    clock_offset_ms: int
    budget_left: Annotated[Amount, Field(description="Of the requests that the venue allows.")]


class ToldConnection(Told):
    """A connection; its ETag is its revision."""

    account_id: str
    venue: str
    label: str
    leads: bool
    paper: bool
    paused: bool
    problem: Annotated[str, Field(description="Why its key is not fit any more.")]
    key_version: int
    connected_ms: Time
    checked_ms: Annotated[int, Field(description="When the venue last said what the key may do.")]
    revision: int
    health: Annotated[ToldHealth | None, Field(description="None before it is listened to.")]


class ToldConnections(Page):
    """A member's."""

    connections: list[ToldConnection]


class ToldKey(Told):
    """What a venue says of a key; null where it does not tell."""

    fit: bool
    problems: list[str]
    warnings: list[str]
    read: bool | None
    trade: bool | None
    withdraw: bool | None
    ip_restricted: bool | None
    expires_ms: Annotated[int, Field(description="0: never, or not told.")]
    balances: Annotated[dict[str, Amount], Field(description="By coin, what it shows.")]


class ToldConnected(Told):
    """A connection, and what its venue said of the key just now; a paper account has none."""

    connection: ToldConnection
    key: ToldKey | None


def connection_of(shown: Shown) -> ToldConnection:
    """As it is told."""
    one, health = shown.connection, shown.health
    return ToldConnection(
        account_id=one.account_id,
        venue=one.venue,
        label=one.label,
        leads=one.leads,
        paper=one.paper,
        paused=one.paused,
        problem=one.problem,
        key_version=one.key_version,
        connected_ms=one.connected_ms,
        checked_ms=one.checked_ms,
        revision=one.revision,
        health=_health_of(health) if health.at_ms else None,
    )


def _health_of(health: Health) -> ToldHealth:
    return ToldHealth(
        well=health.well,
        heard_ms=health.heard_ms,
        fill_ms=health.fill_ms,
        streams=health.streams,
        error=health.error,
        error_ms=health.error_ms,
        clock_offset_ms=health.vitals.clock_offset_ms,
        budget_left=health.vitals.headroom,
    )


def key_of(verdict: Verdict) -> ToldKey:
    """As it is told."""
    may = verdict.report.permissions
    return ToldKey(
        fit=verdict.accepted,
        problems=list(verdict.problems),
        warnings=list(verdict.warnings),
        read=may.read,
        trade=may.trade,
        withdraw=may.withdraw,
        ip_restricted=may.ip_restricted,
        expires_ms=may.expires_ms,
        balances=dict(verdict.report.balances),
    )
