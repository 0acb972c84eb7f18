"""The commands of `pilotfish`."""

import typer

from pilotfish_local.cli.bench import bench
from pilotfish_local.cli.bench_history import bench_history
from pilotfish_local.cli.bench_lists import bench_lists
from pilotfish_local.cli.bench_live import bench_live
from pilotfish_local.cli.clients import clients
from pilotfish_local.cli.connections import connections
from pilotfish_local.cli.demo import demo
from pilotfish_local.cli.doctor import doctor
from pilotfish_local.cli.env import env
from pilotfish_local.cli.follow import follow, unfollow
from pilotfish_local.cli.halts import halts
from pilotfish_local.cli.history import history
from pilotfish_local.cli.invoke import invoke
from pilotfish_local.cli.paper import paper
from pilotfish_local.cli.replay import replay
from pilotfish_local.cli.review import asides, correct, trades
from pilotfish_local.cli.sync import sync
from pilotfish_local.cli.up import up
from pilotfish_local.cli.watch import watch

app = typer.Typer(
    help="Copy trading on an embedded AWS: the deployed template, a model exchange, no account.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for command in (up, demo, bench, bench_history, invoke, follow, unfollow, history, replay, doctor):
    app.command()(command)
app.command()(env)
app.command()(watch)
app.command()(trades)
app.command()(clients)
app.command()(bench_live)
app.command()(bench_lists)
app.command()(correct)
app.add_typer(sync, name="sync")
app.add_typer(asides, name="asides")
app.add_typer(connections, name="connections")
app.add_typer(halts, name="halts")
app.add_typer(paper, name="paper")
