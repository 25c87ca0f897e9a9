"""How far imports are: asked for, held by whoever works on one, planned, blocked, applied."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, func, insert, null, select, update

from db.accounts import users
from db.connections.database import NEWS, Database, Transaction
from db.imports.tables import COUNTS, ENDED, UNDER_WAY, import_errors, import_links, import_rows, imports
from db.leases import after, clock, is_any, is_free
from db.organizations import organizations
from db.predicates import Condition

SECONDS, WAIT = "lease_seconds", "wait_seconds"
NOTHING_DONE: Mapping[str, int] = {"position": 0, **dict.fromkeys(COUNTS, 0)}


class Held(NamedTuple):
    """An import that this process works on, as long as it keeps the lease; `attempt` counts failures in a row."""

    id: int
    token: str
    organization_id: int
    source: str
    mode: str
    dry_run: bool
    whole_places: bool
    columns: list[str]
    status: str
    total_rows: int
    position: int
    # None before it was looked whom the file does not have.
    active_count: int | None
    attempt: int
    owner_id: int
    owner_uid: str
    abilities: list[str] | None


async def add(transaction: Transaction, values: Mapping[str, object], now: datetime) -> int:
    """Keep an import, to be planned as soon as its transaction commits; gives its number."""
    transaction.info[NEWS] = True
    row = {"status": "pending", "total_rows": 0, "created_at": now, "next_attempt_at": clock(), **values}
    return int((await transaction.execute(insert(imports).values(**row).returning(imports.c.id))).scalar_one())


async def staged(transaction: Transaction, import_id: int, columns: list[str], rows: int, errors: int) -> None:
    """All of a file is kept: which columns and how many rows it has, and how much of it could not be read."""
    values = {"columns": columns, "total_rows": rows, "error_count": errors}
    await transaction.execute(update(imports).where(imports.c.id == import_id).values(**values))


async def under_way(transaction: Transaction, organization_id: int) -> int:
    """How many imports of an organization wait for a worker, or are worked on."""
    columns = imports.c
    found = select(func.count()).select_from(imports).where(columns.organization_id == organization_id)
    return int((await transaction.execute(found.where(columns.status.in_(UNDER_WAY)))).scalar_one())


async def organization_there(transaction: Transaction, organization_id: int) -> bool:
    """Whether there is such an organization."""
    found = await transaction.execute(select(organizations.c.id).where(organizations.c.id == organization_id))
    return found.first() is not None


async def locked(transaction: Transaction, import_id: int, within: Condition) -> str | None:
    """The status of an import that `within` lets through, which nobody changes until the transaction ends."""
    found = select(imports.c.status).where(imports.c.id == import_id, within).with_for_update()
    status: str | None = (await transaction.execute(found)).scalar_one_or_none()
    return status


async def begin(transaction: Transaction, import_id: int, owner_id: int | None, abilities: list[str] | None) -> None:
    """Have a planned import applied, as whoever asks for that."""
    transaction.info[NEWS] = True
    asked = {"status": "applying", "owner_id": owner_id, "abilities": abilities, "error": null()}
    anew = {**asked, **NOTHING_DONE, "attempt_count": 0, "next_attempt_at": clock()}
    await transaction.execute(update(imports).where(imports.c.id == import_id).values(**anew))


async def cancel(transaction: Transaction, import_id: int, now: datetime) -> None:
    """End an import where it is: what was applied stays."""
    ended = {"status": "canceled", "finished_at": now, "next_attempt_at": null(), **left()}
    await transaction.execute(update(imports).where(imports.c.id == import_id).values(**ended))


def due() -> Select[tuple[int]]:
    """Imports that are due and that nobody works on."""
    columns = imports.c
    waits = columns.next_attempt_at.is_not(None) & (columns.next_attempt_at <= clock())
    return select(columns.id).where(waits, is_free(columns))


async def is_due(database: Database) -> bool:
    """Whether anything is to be done that nobody does: a look that locks nothing."""
    return await is_any(database, due)


async def hold(transaction: Transaction, token: str, *, most: int, seconds: float) -> list[Held]:
    """Take imports that are due and that nobody works on, for so many seconds; those that wait longest first."""
    columns = imports.c
    first = due().order_by(columns.next_attempt_at, columns.id).limit(most)
    chosen = first.with_for_update(skip_locked=True).cte("chosen").prefix_with("materialized", dialect="postgresql")
    taken = update(imports).where(columns.id.in_(select(chosen.c.id)))
    taken = taken.values(lease_token=token, lease_until=after(SECONDS), attempt_count=columns.attempt_count + 1)
    ids = list((await transaction.execute(taken.returning(columns.id), {SECONDS: seconds})).scalars())
    return await held(transaction, ids) if ids else []


async def held(transaction: Transaction, ids: list[int]) -> list[Held]:
    """Imports that were taken, with whose they are."""
    names = ("id", "lease_token", "organization_id", "source", "mode", "dry_run", "whole_places", "columns", "status")
    more = ("total_rows", "position", "active_count", "attempt_count", "owner_id")
    columns = [*[imports.c[name] for name in (*names, *more)], users.c.uid, imports.c.abilities]
    found = select(*columns).join_from(imports, users, users.c.id == imports.c.owner_id)
    return [Held(*row) for row in await transaction.execute(found.where(imports.c.id.in_(ids)).order_by(imports.c.id))]


async def go_on(transaction: Transaction, one: Held, *, seconds: float) -> int | None:
    """Hold on to an import for so many seconds more; gives its position, None where it is not ours any more.

    Nobody else changes people of its organization by an import until the transaction ends.
    """
    going = update(imports).where(ours(one)).values(lease_until=after(SECONDS))
    found = await transaction.execute(going.returning(imports.c.position), {SECONDS: seconds})
    position: int | None = found.scalar_one_or_none()
    if position is not None:
        same = select(organizations.c.id).where(organizations.c.id == one.organization_id)
        await transaction.execute(same.with_for_update(key_share=True))
    return position


async def went(transaction: Transaction, one: Held, position: int, counts: Mapping[str, int]) -> None:
    """Rows up to this position are done, and so many of each kind were among them; failures count anew."""
    added = {name: imports.c[name] + number for name, number in counts.items()}
    values = {**added, "position": position, "attempt_count": 0}
    await transaction.execute(update(imports).where(imports.c.id == one.id).values(**values))


async def begin_planning(transaction: Transaction, one: Held) -> bool:
    """Begin to plan an import that waited for it; whether it is ours."""
    return await put(transaction, one, {"status": "planning"})


async def missed(transaction: Transaction, one: Held, *, absent: int, active: int) -> None:
    """The whole file is planned; so many are not in it, of so many who are active. They are planned too."""
    await put(transaction, one, {"active_count": active, "total_rows": imports.c.total_rows + absent})


async def planned(transaction: Transaction, one: Held, *, most_percent: int, unknown: int) -> str:
    """The end of planning; gives the status: planned, blocked, or applying where that is to follow at once.

    It is blocked where more than so many percent of those who are active would end, or where some of those who would
    end may be in rows that nobody can be known by (`unknown`).
    """
    columns = imports.c
    found = select(columns.deactivated_count, columns.active_count).where(columns.id == one.id)
    ending, active = (await transaction.execute(found)).one()
    error = why_blocked(ending, active or 0, most_percent, unknown if one.mode == "mirror" else 0)
    going_on = "planned" if one.dry_run else "applying"
    status = going_on if error is None else "blocked"
    told = {"status": status, "error": error, "planned_at": clock(), **errors_counted(one)}
    if status == "applying":
        await put(transaction, one, {**told, **NOTHING_DONE})
    else:
        await put(transaction, one, {**told, "next_attempt_at": null(), **left()})
    return status


def why_blocked(ending: int, active: int, most_percent: int, unknown: int) -> str | None:
    """Why an import is not to be applied unasked; None where it may be."""
    if ending and unknown:
        return f"{ending} members would end, and {unknown} rows do not say whom they are about."
    if ending * 100 > active * most_percent:
        return f"{ending} of {active} active members of this source would end: more than {most_percent} percent."
    return None


async def complete(transaction: Transaction, one: Held) -> bool:
    """All of an import is applied; whether it was ours still."""
    done = {"status": "completed", "finished_at": clock(), "next_attempt_at": null(), **left()}
    return await put(transaction, one, {**done, **errors_counted(one)})


def errors_counted(one: Held) -> dict[str, Any]:
    """How many errors there are."""
    found = select(func.count()).select_from(import_errors).where(import_errors.c.import_id == one.id)
    return {"error_count": found.scalar_subquery()}


async def put(transaction: Transaction, one: Held, values: Mapping[str, Any]) -> bool:
    """Change columns of an import that is ours; whether it was."""
    return (await transaction.execute(update(imports).where(ours(one)).values(**values))).rowcount == 1


async def put_off(transaction: Transaction, one: Held, *, seconds: float, counts: bool = True) -> None:
    """Leave an import to whoever comes after so many seconds; whether that counts as a failure."""
    less = 0 if counts else 1
    later = {"next_attempt_at": after(WAIT), "attempt_count": imports.c.attempt_count - less, **left()}
    await transaction.execute(update(imports).where(ours(one)).values(**later), {WAIT: seconds})


async def fail(transaction: Transaction, one: Held, error: str) -> None:
    """Give an import up, and say why: what was applied stays."""
    ended = {"status": "failed", "error": error, "finished_at": clock(), "next_attempt_at": null(), **left()}
    await put(transaction, one, ended)


def ours(one: Held) -> Condition:
    """The import, while it is this process's to work on: neither canceled nor taken over."""
    return (imports.c.id == one.id) & (imports.c.lease_token == one.token)


def left() -> dict[str, Any]:
    """Nobody works on it."""
    return {"lease_token": null(), "lease_until": null()}


async def forget(transaction: Transaction, *, before: datetime, most: int) -> int:
    """Forget the rows of imports from before an instant; gives how many imports these were.

    What waits to be applied still, or is worked on, is canceled: without its rows it is nothing. Its numbers stay.
    """
    old = (imports.c.created_at < before) & select(import_rows.c.import_id).where(
        import_rows.c.import_id == imports.c.id
    ).exists()
    ids = list(
        (await transaction.execute(select(imports.c.id).where(old).order_by(imports.c.id).limit(most))).scalars()
    )
    if not ids:
        return 0
    canceled = update(imports).where(imports.c.id.in_(ids), imports.c.status.not_in(ENDED))
    ended = {"status": "canceled", "finished_at": clock(), "next_attempt_at": null(), **left()}
    await transaction.execute(canceled.values(**ended))
    for table in (import_errors, import_links, import_rows):
        await transaction.execute(delete(table).where(table.c.import_id.in_(ids)))
    return len(ids)
