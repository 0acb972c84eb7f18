"""`pilotfish history`: what became of each copy, and why."""

from typing import Annotated, Any

import typer

from pilotfish.domain.history import Line, line
from pilotfish.domain.orders import FAILED, CopyOrder, State
from pilotfish_local.cli.console import NO_INPUT, USAGE, fail, print_json
from pilotfish_local.cli.deployed import Deployed, aws_errors_as_exit_codes
from pilotfish_local.cli.moments import marked, shown, since

Stack = Annotated[
    str | None, typer.Option(help="A stack on AWS; the default is the one of `pilotfish up`.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As one JSON document.")]
SEARCHED = 10_000  # Orders of a leader or follow that are looked through for a state.


def history(
    leader: Annotated[str | None, typer.Option(help="A leader's account.")] = None,
    follow: Annotated[str | None, typer.Option(help="A follow.")] = None,
    order: Annotated[str | None, typer.Option(help="A copy order, as shown here.")] = None,
    state: Annotated[State | None, typer.Option(help="Only what is in this state.")] = None,
    when: Annotated[
        str | None, typer.Option("--since", help="2h, 30m, 7d ago, or 2026-03-31T12:00 (UTC).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The last so many.")] = 50,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """One line for each copy: seen, decided, sent, answered, how long each took, and why."""
    if leader is follow is order is None:
        _needs_an_index(state)
    since_ms = since(when) or 0
    with aws_errors_as_exit_codes():
        deployed = Deployed.find(stack)
        found = _found(deployed, leader, follow, order, state, since_ms, limit)
    lines = [line(each) for each in found]
    if as_json:
        print_json([_document(each) for each in lines])
        return
    for each in lines:
        _print(each)


def _found(
    deployed: Deployed,
    leader: str | None,
    follow: str | None,
    order: str | None,
    state: State | None,
    since_ms: int,
    limit: int,
) -> list[CopyOrder]:
    from pilotfish.adapters.dynamo.audit import DynamoAudit

    client, table = deployed.client("dynamodb"), deployed.outputs["CopyOrdersTableName"]
    audit = DynamoAudit(client, table)
    if order is not None:
        return [_one(client, table, order)]
    if leader is follow is None and state is not None:
        return audit.in_state(state, since_ms, limit)
    searched = limit if state is None and not (leader and follow) else SEARCHED
    if follow is not None:
        orders = audit.of_follow(follow, since_ms, searched)
    else:
        orders = audit.of_leader(leader or "", since_ms, searched)
    kept = [each for each in orders if state in (None, each.state)]
    return [each for each in kept if leader in (None, each.leader_id)][-limit:]


def _needs_an_index(state: State | None) -> None:
    if state is None:
        fail("say whose: --leader, --follow or --order, or what: --state", USAGE)
    if state.terminal and state not in FAILED:
        fail(f"{state} orders are found by their leader or follow: add one of them", USAGE)


def _one(client: Any, table: str, order_id: str) -> CopyOrder:
    from pilotfish.adapters.dynamo.orders import DynamoOrders

    follow_id, _, order_key = order_id.partition("/")
    orders = DynamoOrders(client, table, follows_table="", positions_table="")
    found = orders.get(follow_id, order_key)
    if found is None:
        fail(f"no copy order {order_id}", NO_INPUT)
    return found


def _document(each: Line) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(each) | {"why": each.why}


def _print(each: Line) -> None:
    filled = f" {each.filled_quantity} at {each.average_price}" if each.filled_quantity else ""
    typer.echo(
        f"{shown(each.traded_ms)}  {each.leader_id} → {each.account_id}  {marked(each.paper)}"
        f"{each.leg} {each.side} {each.quantity} {each.symbol}  {each.state}{filled}  "
        f"{each.took_ms} ms"
    )
    typer.echo(f"    {each.why}")
    typer.echo(f"    {each.order_id}")
