"""The command line: serve, worker, jobs, lti, plans, schools, upstreams, migrate, seed, token, sdl, and more."""

import gc
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.progress import Progress
from starlette.routing import BaseRoute, WebSocketRoute

from db.connections.database import Database
from db.demo.load import write_references
from db.demo.numbering import alone
from db.maintenance import set_maintenance
from db.migrate import current, upgrade
from db.positions import ROSTER, forget
from db.roster import prune
from db.seeding import seed_students
from db.wall import refuse_without
from gateway.app import Beside, make_app
from gateway.development_tokens import NoSuchPerson, token_for
from gateway.documents_command import documents_cli
from gateway.jobs_command import jobs_cli
from gateway.logs import configure
from gateway.lti_command import lti_cli
from gateway.plans_command import plans_cli
from gateway.schools_command import schools_cli
from gateway.server import make_server
from gateway.settings import Settings
from gateway.terminal import (
    err,
    guarded,
    migrated_or_exit,
    or_exit,
    out,
    run,
    settings_or_exit,
    stop,
    with_database,
)
from gateway.upstreams_command import upstreams_cli
from gateway.welcome import welcome
from jobs.settings import read_settings as read_job_settings
from jobs.worker import run_worker, working
from resolvers.demo.fill import fill_demo
from resolvers.progress.rebuild import everyone, rebuild
from schema.root import sdl

cli = typer.Typer(
    name="kakehashi",
    help="Kakehashi (架け橋): one GraphQL graph over education data, with its REST doors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(documents_cli, name="documents")
cli.add_typer(jobs_cli, name="jobs")
cli.add_typer(lti_cli, name="lti")
cli.add_typer(plans_cli, name="plans")
cli.add_typer(schools_cli, name="schools")
cli.add_typer(upstreams_cli, name="upstreams")


def on_or_off(text: str) -> bool:
    """The state that a word names."""
    if text not in ("on", "off"):
        raise typer.BadParameter("say on or off")
    return text == "on"


@cli.command()
def serve() -> None:
    """Start the server. In development the database is made, migrated and filled first."""
    settings = settings_or_exit()
    configure(readable=settings.development and sys.stderr.isatty())
    prepare(settings)
    app = make_app(settings, beside=beside(settings))
    if settings.development:
        greeting = run(with_database(settings, lambda database: welcome(settings, database)))
        out.print(greeting, highlight=False)
    # What is loaded by now stays for good: the garbage collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    # While a thread plans beside the loop, the loop gets the interpreter back after a millisecond instead of five.
    sys.setswitchinterval(0.001)
    try:
        make_server(app, settings).run()
    except KeyboardInterrupt:
        return


@cli.command()
def worker() -> None:
    """Start a worker: it delivers webhooks, collects usage feeds, and does what else is left to be done."""
    settings = settings_or_exit()
    configure(readable=settings.development and sys.stderr.isatty())
    migrated_or_exit(settings)
    run(run_worker(or_exit(read_job_settings)))


def beside(settings: Settings) -> Beside | None:
    """What works inside the web process: on a developer's machine everything that is a worker's elsewhere."""
    if not settings.embedded_worker:
        return None
    wanted = or_exit(read_job_settings)
    return lambda database: working(wanted, database)


@cli.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="The revision to bring the tables to.")] = "head",
) -> None:
    """Bring the database's tables to the newest revision."""
    settings = settings_or_exit()
    guarded(lambda: upgrade(settings.database, revision))
    run(with_database(settings, references))
    out.print(f"The tables are at revision {current(settings.database)}.")


@cli.command()
def seed(
    students: Annotated[int, typer.Option(min=0, help="Add so many students beside the demo data.")] = 0,
) -> None:
    """Fill the database with demo data, the same every time."""
    settings = settings_or_exit()
    guarded(lambda: upgrade(settings.database))
    run(with_database(settings, lambda database: fill(database, students)))
    out.print(f"The demo data is there{f', and {students} students beside it' if students else ''}.")


@cli.command()
def token(
    uid: Annotated[str, typer.Argument(help="Whose token, such as auth0|demo-owner-parent.")],
    hours: Annotated[int, typer.Option(min=1, max=24 * 365, help="How long it is good.")] = 24,
) -> None:
    """Print an access token for a person in the database, signed with the development key."""
    settings = settings_or_exit()
    if not settings.own_tokens:
        stop("Tokens are signed here only in development and without KAKEHASHI_AUTH0_ISSUER: get one from Auth0.")
    try:
        made = run(with_database(settings, lambda database: token_for(settings, database, uid, hours=hours)))
    except NoSuchPerson as error:
        stop(str(error))
    sys.stdout.write(f"{made}\n")


@cli.command()
def rebuild_progress() -> None:
    """Make anew what is derived from progress events: percent, points, streaks, CEFR levels, achievements."""
    settings = settings_or_exit()
    rebuilt = run(with_database(settings, rebuild_all))
    out.print(f"The progress of {rebuilt} learners is derived anew.")


@cli.command()
def prune_roster(
    days: Annotated[int, typer.Option(min=1, help="How many days of changes are kept.")] = 30,
) -> None:
    """Forget old changes of rosters; a `rosterDiff` from before them asks for a new snapshot."""
    settings = settings_or_exit()
    forgotten = run(with_database(settings, lambda database: prune_changes(database, days)))
    out.print(f"{forgotten} changes are forgotten.")


@cli.command()
def maintenance(
    state: Annotated[bool, typer.Argument(help="on or off.", parser=on_or_off, metavar="on|off")],
    message: Annotated[str, typer.Option(help="What people are told.")] = "メンテナンス中です。",
) -> None:
    """Switch maintenance mode (メンテナンスモード): while it is on, nothing can be changed and reading goes on."""
    settings = settings_or_exit()
    run(with_database(settings, lambda database: switch(database, enabled=state, message=message)))
    out.print(f"Maintenance mode is {'on' if state else 'off'}.")


@cli.command("sdl")
def print_sdl() -> None:
    """Print the graph in the schema definition language."""
    sys.stdout.write(sdl())


@cli.command("routes")
def print_routes() -> None:
    """Print every address of the server."""
    for table in make_app(settings_or_exit()).routes:
        for route in getattr(table, "routes", None) or [table]:
            sys.stdout.write(f"{','.join(methods_of(route)):20} {getattr(route, 'path', route)}\n")


def methods_of(route: BaseRoute) -> list[str]:
    """The methods that a route answers."""
    if isinstance(route, WebSocketRoute):
        return ["WEBSOCKET"]
    endpoint = getattr(route, "endpoint", None)
    doors = getattr(endpoint, "doors", None) or getattr(endpoint, "allowed", None)
    return sorted(doors or getattr(route, "methods", None) or {"GET"})


def prepare(settings: Settings) -> None:
    """Make, migrate and fill a development database; in production only look whether it is ready."""
    if settings.development:
        guarded(lambda: upgrade(settings.database))
        run(with_database(settings, lambda database: fill(database, 0)))
        run(with_database(settings, refuse_without))
        return
    migrated_or_exit(settings)
    run(with_database(settings, refuse_without))


async def references(database: Database) -> None:
    """Write what every installation has: prefectures, grades, subjects, plans, achievements; what is there stays."""
    async with database.writing() as transaction:
        await alone(transaction)
        await write_references(transaction)


async def fill(database: Database, students: int) -> None:
    """Load the demo data, then as many students more as are asked for, with a progress bar."""
    now = datetime.now(UTC)
    await fill_demo(database, now)
    if not students:
        return
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("Students", total=students)
        await seed_students(
            database, students=students, now=now, progress=lambda done: bar.update(task, completed=done)
        )
    # They are no news: whoever tells what changed in rosters begins behind them.
    async with database.writing() as transaction:
        await forget(transaction, ROSTER)


async def rebuild_all(database: Database) -> int:
    """Rebuild everyone's progress, with a progress bar; gives how many learners there are."""
    learners = await everyone(database)
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("Learners", total=len(learners))
        await rebuild(database, learners, lambda done: bar.update(task, completed=done))
    return len(learners)


async def prune_changes(database: Database, days: int) -> int:
    """Forget changes of rosters that are older than so many days; gives how many."""
    now = datetime.now(UTC)
    async with database.writing() as transaction:
        return await prune(transaction, before=now - timedelta(days=days), now=now)


async def switch(database: Database, *, enabled: bool, message: str) -> None:
    """Switch maintenance mode."""
    async with database.writing() as transaction:
        await set_maintenance(transaction, enabled=enabled, message=message, now=datetime.now(UTC))


def main() -> None:
    """Run the command that the arguments name."""
    cli()


if __name__ == "__main__":
    main()
