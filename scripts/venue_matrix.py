"""What each venue can and cannot do, as tables in docs/venues.md: python scripts/venue_matrix.py.

Nothing is written by hand there: it comes out of the venue table, and what the table says is held
against recorded requests by tests/contract/venues/test_contract.py.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.instruments import Kind
from pilotfish_venues.addresses import Limit
from pilotfish_venues.levels import LEVELS
from pilotfish_venues.spec import DAY_MS, Cursor, Hedge, Levering, Lookup, VenueSpec
from pilotfish_venues.table import VENUES

PAGE = Path(__file__).resolve().parents[1] / "docs/venues.md"

HEAD = """# Venues

What Pilotfish can do on each venue. Written by `make venues` out of the venue table
(`layers/venue/pilotfish_venues/table`): a change there belongs in the same commit. What is not
allowed here is refused before anything is sent. See also
[how to add a venue](adding-a-venue.md), and [how requests are shared](requests.md).
"""

Cell = Callable[[VenueSpec], str]
LOOKUPS = {
    Lookup.PARAM: "yes",
    Lookup.NATIVE: "yes, by the venue's own endpoint",
    Lookup.OPEN: "open orders only",
    Lookup.RECENT: "among the recent orders",
}
TRIGGERS = {
    TriggerKind.STOP_LOSS: "stop",
    TriggerKind.TAKE_PROFIT: "target",
    TriggerKind.TRAILING: "trailing",
}


def matrix() -> str:
    """The whole page."""
    tables = (_section(title, columns) for title, columns in SECTIONS)
    return HEAD + "".join(tables)


def _section(title: str, columns: Sequence[tuple[str, Cell]]) -> str:
    names = ["venue", *(name for name, _ in columns)]
    rows = [
        [f"{spec.name} (`{spec.venue}`)", *(cell(spec) for _, cell in columns)]
        for spec in VENUES.values()
    ]
    lines = [names, ["---"] * len(names), *rows]
    return f"\n## {title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def yes(value: object) -> str:
    return "yes" if value else "–"


def listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "–"


def kinds(found: Iterable[Kind]) -> str:
    return listed(sorted(found))


def _levering(spec: VenueSpec) -> str:
    if spec.leverage is Levering.NONE:
        return "–"
    return f"{spec.leverage}, whole numbers" if spec.whole_leverage else str(spec.leverage)


def _lists(spec: VenueSpec, cell: Callable[[int], str]) -> str:
    """Of each list of fills; once where all are alike."""
    found = dict.fromkeys(cell(number) for number in range(len(spec.fills)))
    return ", ".join(found)


def _window(spec: VenueSpec) -> str:
    def days(number: int) -> str:
        window_ms = spec.fills[number].window_ms
        return f"{window_ms / DAY_MS:g} d" if window_ms else "any"

    return _lists(spec, days)


def _needs_symbol(spec: VenueSpec) -> str:
    wanting = [each for each in spec.fills if each.needs_symbol]
    if len(wanting) in (0, len(spec.fills)):
        return yes(wanting)
    return listed(sorted({name for each in wanting for name in each.types}))


def _paged(spec: VenueSpec) -> str:
    names = {Cursor.NATIVE: "cursor", Cursor.NONE: "one page"}
    return (
        _lists(
            spec,
            lambda number: names.get(spec.fills[number].cursor, spec.fills[number].cursor.name),
        )
        .lower()
        .replace("_", " ")
    )


def _stream(spec: VenueSpec) -> str:
    if spec.own_stream:
        return "its own socket"
    return "user stream" if spec.subscriptions else "polled"


def _order_kinds(spec: VenueSpec) -> str:
    """On which ways; without conditional ones what waited is told as the order that it sent."""
    fields = spec.order_kinds
    ways = (("stream", fields.streamed), ("REST", fields.listed))
    told = [f"{way} ({kinds(found)})" for way, found in ways if found]
    return listed(told + ([] if fields.conditional or not told else ["no conditional"]))


def _limit(limit: Limit | None) -> str:
    """As many in so long, as one of ccxt's costs or as requests."""
    return f"{limit.most:g} in {limit.period_s:g} s" if limit else "–"


def _requests(spec: VenueSpec) -> str:
    limit = spec.by_address
    if limit is None:
        return "–"
    unit = "requests" if limit.each else "of ccxt's costs"
    return f"{limit.most:g} {unit} in {limit.period_s:g} s"


def _triggers(spec: VenueSpec) -> str:
    return listed(f"{TRIGGERS[kind]} ({kinds(found)})" for kind, found in spec.triggers.items())


def _fees(spec: VenueSpec) -> str:
    return listed(f"{kind} {fee.maker} / {fee.taker}" for kind, fee in spec.fees.items())


SECTIONS: Sequence[tuple[str, Sequence[tuple[str, Cell]]]] = (
    (
        "Markets and keys",
        (
            ("copied to", lambda spec: "only read" if spec.read_only else kinds(spec.kinds)),
            ("listened to", lambda spec: listed(sorted(spec.market_types))),
            ("also called", lambda spec: listed(spec.aliases)),
            ("key has a passphrase", lambda spec: yes(spec.needs_password)),
            ("test environment", lambda spec: yes(spec.test_env)),
            ("fees, maker / taker", _fees),
        ),
    ),
    (
        "Listening",
        (
            ("fills come by", _stream),
            ("REST needs a symbol", _needs_symbol),
            ("rows a page", lambda spec: _lists(spec, lambda n: str(spec.fills[n].page))),
            ("period of a request", _window),
            ("goes on by", _paged),
            ("tells the kind of order", _order_kinds),
            ("stop and target orders are read", lambda spec: yes(spec.venue in LEVELS)),
        ),
    ),
    (
        "Requests and sockets",
        (
            ("an account may spend", lambda spec: f"{1000 / spec.cost_ms:.3g} a second"),
            ("and at once", lambda spec: f"{1000 / spec.cost_ms * spec.burst_s:.3g}"),
            ("an IP address may ask for", _requests),
            ("orders among them", lambda spec: yes(spec.by_address and spec.by_address.orders)),
            ("sockets of an IP address", lambda spec: _limit(spec.sockets)),
        ),
    ),
    (
        "Orders",
        (
            ("reduce-only", lambda spec: yes(spec.reduces_only)),
            ("two positions a symbol", lambda spec: yes(spec.hedge is not Hedge.NONE)),
            ("leverage", _levering),
            ("margin mode", lambda spec: listed(spec.margin_modes)),
            ("waiting orders", _triggers),
            ("stop and target on an entry", lambda spec: kinds(spec.attached)),
        ),
    ),
    (
        "Client order ids and time",
        (
            ("given to ccxt as", lambda spec: f"`{spec.client_id.param}`"),
            ("longest", lambda spec: str(spec.client_id.longest)),
            ("characters", lambda spec: f"`{spec.client_id.alphabet}`"),
            ("prefix", lambda spec: f"`{spec.client_id.prefix}`" if spec.client_id.prefix else "–"),
            ("looked up by it", lambda spec: LOOKUPS[spec.client_id.lookup]),
            ("refuses late orders after", lambda spec: f"{spec.evidence.receive_window_s:g} s"),
            ("may not show one for", lambda spec: f"{spec.evidence.visibility_lag_s:g} s"),
            ("clock matters", lambda spec: yes(spec.signs_time)),
        ),
    ),
)


if __name__ == "__main__":
    PAGE.write_text(matrix(), encoding="utf-8")
