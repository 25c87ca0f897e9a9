"""What follows from what Stripe says: what an organization subscribes to, its plan and its trial, and that it is told.

Nothing that an event carries is believed but whose it is: everything is read of Stripe anew. So events may come twice,
late and in any order, and what is kept is what Stripe said when it was asked last.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from db.billing import payers, plans, promotions, subscriptions
from db.billing.payers import Payer, Read
from db.billing.subscriptions import GRANTING, Told
from db.billing.tables import STATUSES
from db.connections.database import Database, Transaction
from db.organizations import organizations
from resolvers.events import Event, EventType, emit

if TYPE_CHECKING:
    from resolvers.billing.stripe_client import Stripe

SUBSCRIPTION = "BillingSubscription"
# What nobody needs to be told of: it says the same in other words, or is ours alone.
UNTOLD = frozenset({"precedence", "promotion_id"})
CANCELED = "canceled"
# Of these the first payment never came, so that no promotion code is used up by them.
NEVER_BEGAN = ("incomplete", "incomplete_expired")


async def follow(database: Database, counter: "Stripe", organization_id: int, now: datetime) -> list[Told] | None:
    """Read of Stripe what an organization subscribes to, and keep what follows from it.

    Gives what was read; None where Stripe knows no customer who pays for it. Raises CounterClosed.
    """
    async with database.writing() as transaction:
        read = await payers.begin(transaction, organization_id)
    if read is None or read.customer_id is None:
        return None
    told = await counter.subscriptions(read.customer_id)
    await keep(database, read, told, now)
    return told


async def leave(database: Database, organization_id: int, now: datetime) -> None:
    """Stripe's customer was deleted: nothing is subscribed to any more."""
    async with database.writing() as transaction:
        read = await payers.begin(transaction, organization_id)
    if read is not None:
        await keep(database, read, None, now)


async def keep(database: Database, read: Read, told: Sequence[Told] | None, now: datetime) -> None:
    """Keep what was read, unless a read that began later is kept already, or the payer is another one by now."""
    async with database.writing() as transaction:
        payer = await payers.locked(transaction, read.organization_id)
        if payer is None or read.number <= payer.known_no or payer.customer_id != read.customer_id:
            return
        values: dict[str, object] = {"known_no": read.number} | ({"customer_id": None} if told is None else {})
        await payers.change(transaction, payer.organization_id, values)
        standing = in_order(told or ())
        codes = await put(transaction, payer.organization_id, standing, now)
        await redeem(transaction, payer, standing, now)
        granted = next((code for one in standing if one.status in GRANTING and (code := codes[one.stripe_id])), None)
        await grant(transaction, payer, granted, now)
        await put_trial(transaction, payer.organization_id, standing, now)


def in_order(told: Sequence[Told]) -> list[Told]:
    """Subscriptions as they stand for their organization: by status, the newer before the older."""
    newest = sorted(told, key=lambda one: (one.started_at, one.stripe_id), reverse=True)
    return sorted(newest, key=lambda one: STATUSES.index(one.status))


async def put(
    transaction: Transaction, organization_id: int, standing: Sequence[Told], now: datetime
) -> dict[str, str | None]:
    """Keep subscriptions, and tell of what changed; gives the plan of each. Those that Stripe knows no more ended."""
    by_price = await plans.by_price(transaction)
    known = await subscriptions.known(transaction, organization_id)
    codes = {one.stripe_id: next((by_price[id_] for id_ in one.price_ids if id_ in by_price), None) for one in standing}
    for place, one in enumerate(standing):
        values = {"precedence": place, "plan_code": codes[one.stripe_id], **columns_of(one)}
        await put_one(transaction, organization_id, known.pop(one.stripe_id, None), values, now)
    for place, gone in enumerate(known.values(), len(standing)):
        ended = {"precedence": place, "status": CANCELED, "ended_at": gone["ended_at"] or now}
        await put_one(transaction, organization_id, gone, ended, now)
    return codes


def columns_of(told: Told) -> dict[str, object]:
    """What is kept of a subscription as it is told."""
    return {name: value for name, value in told._asdict().items() if name not in ("price_ids", "is_discounted")}


async def put_one(
    transaction: Transaction,
    organization_id: int,
    known: Mapping[str, object] | None,
    values: Mapping[str, object],
    now: datetime,
) -> None:
    """Keep one subscription, and tell of it what people may want to know."""
    if known is None:
        changed = [name for name, value in values.items() if value is not None]
        id_ = await subscriptions.add(transaction, {"organization_id": organization_id, **values}, now)
    else:
        changed = [name for name, value in values.items() if value != known[name]]
        id_ = int(str(known["id"]))
        if changed:
            await subscriptions.change(transaction, id_, values, now)
    if told := sorted(set(changed) - UNTOLD):
        event = Event(EventType.SUBSCRIPTION_UPDATED, organization_id, SUBSCRIPTION, id_, {"changed": told})
        await emit(transaction, event, now)


async def redeem(transaction: Transaction, payer: Payer, standing: Sequence[Told], now: datetime) -> None:
    """Promotion codes that a checkout brought along are used, and the one that was kept for it is kept no longer."""
    used = [one.promotion_id for one in standing if one.promotion_id and one.status not in NEVER_BEGAN]
    for promotion_id in used:
        await promotions.redeem(transaction, payer.organization_id, promotion_id, now)
    if payer.promotion_code is not None and any(one.status in GRANTING for one in standing):
        await payers.change(transaction, payer.organization_id, {"promotion_code": None})


async def grant(transaction: Transaction, payer: Payer, plan: str | None, now: datetime) -> None:
    """Have an organization the plan that it pays for; when it does so no longer, the one that it had before.

    A plan that somebody wrote there by hand meanwhile stays.
    """
    if plan == payer.paid_plan:
        return
    found = await payers.organization(transaction, organizations.c.id == payer.organization_id)
    written = None if found is None else found.plan
    before = written if payer.paid_plan is None else payer.plan_before
    if payer.paid_plan is None or written == payer.paid_plan:
        to_write = before if plan is None else plan
        await payers.write_plan(transaction, payer.organization_id, {"plan": to_write}, now)
    values = {"paid_plan": plan, "plan_before": None if plan is None else before}
    await payers.change(transaction, payer.organization_id, values)


async def put_trial(transaction: Transaction, organization_id: int, standing: Sequence[Told], now: datetime) -> None:
    """The trial of what is subscribed to is the organization's trial; without one, that one stays as it was."""
    first = next((one for one in standing if one.status in GRANTING and one.trial_ends_at is not None), None)
    if first is None:
        return
    found = await payers.organization(transaction, organizations.c.id == organization_id)
    if found is not None and (found.trial_started_at is None or found.trial_ends_at != first.trial_ends_at):
        # A trial that the organization had before goes on in what it subscribes to.
        began = found.trial_started_at or first.trial_started_at or first.started_at
        values = {"trial_started_at": began, "trial_ends_at": first.trial_ends_at}
        await payers.write_plan(transaction, organization_id, values, now)
