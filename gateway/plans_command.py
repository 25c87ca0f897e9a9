"""The commands about what plans cost at Stripe: kakehashi plans set-price, take-back."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from db.billing import plans
from db.billing.plans import Priced
from db.connections.database import Database
from gateway.settings import Settings
from gateway.terminal import migrated_settings, out, run, show_table, stop, with_database
from resolvers.billing.counter import counter_of
from resolvers.billing.pricing import WrongPrice, set_price, take_back
from resolvers.egress.client import Egress
from resolvers.errors import Refusal
from resolvers.outside import Outside

if TYPE_CHECKING:
    from resolvers.billing.stripe_client import Stripe

CODE = Annotated[str, typer.Argument(help="Code of the plan, such as pro.")]

plans_cli = typer.Typer(help="Plans: list what they cost, and have them paid at Stripe.")


@plans_cli.callback(invoke_without_command=True)
def listed(context: typer.Context) -> None:
    """Show what each plan costs, and by which price of Stripe it is paid."""
    if context.invoked_subcommand is None:
        run(with_database(migrated_settings(), show))


@plans_cli.command("set-price")
def set_price_of(
    code: CODE, price: Annotated[str, typer.Argument(help="Stripe's id of the price, such as price_1Qx….")]
) -> None:
    """Have a plan paid by a price of Stripe, which must ask what the list of plans says."""
    plan = done(lambda settings: within(settings, lambda database, counter: set_price(database, counter, code, price)))
    out.print(f"{plan.code} is paid by {price}.", highlight=False)


@plans_cli.command("take-back")
def take_back_price(code: CODE) -> None:
    """Have nobody subscribe to a plan from now on. Who does goes on."""
    plan = done(lambda settings: with_database(settings, lambda database: take_back(database, code)))
    out.print(f"{plan.code} is not for sale any more.", highlight=False)


def done(work: Callable[[Settings], Awaitable[Priced]]) -> Priced:
    """What came of a command; its end where it cannot be done."""
    settings = migrated_settings()

    async def tried() -> Priced | str:
        try:
            return await work(settings)
        except WrongPrice as problem:
            return str(problem)
        except Refusal as refusal:
            return refusal.message

    found = run(tried())
    if isinstance(found, str):
        stop(found)
    return found


async def within(settings: Settings, work: Callable[[Database, "Stripe"], Awaitable[Priced]]) -> Priced:
    """Do what needs both the database and Stripe."""
    egress = Egress(settings.egress_allow)
    try:
        counter = await counter_of(Outside(egress, settings.sealer(), payments=settings.payments))
        return await with_database(settings, lambda database: work(database, counter))
    finally:
        await egress.aclose()


async def show(database: Database) -> None:
    """Print a line for each plan."""
    async with database.writing() as transaction:
        found = await plans.every(transaction)
    table = Table("plan", "costs", "each", "price at Stripe", box=None, pad_edge=False)
    for one in found:
        cost = "as agreed" if one.price_minor is None else f"{one.price_minor} {one.currency}"
        table.add_row(one.code, cost, one.interval, one.price_id or "not for sale")
    show_table(table)
