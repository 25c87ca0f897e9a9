"""Commands on imports: have one planned, apply what was planned, cancel it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from db.connections.database import Transaction
from db.imports import progress, staging
from db.imports.tables import ENDED, imports
from db.predicates import Condition
from resolvers.context import Request, Viewer
from resolvers.errors import LimitExceeded, Mistake, NotFound
from resolvers.imports.files import upload_in
from resolvers.imports.planning import error
from resolvers.imports.reading import Fault, WrongFile
from resolvers.imports.staged import MOST_LINKS, MOST_ROWS, Item, Link, Person, Upload
from resolvers.integrations import abilities_of, allowed, manageable
from resolvers.policy import Operation
from resolvers.uploads import File

MANAGE = Operation.MANAGE_MEMBERS
MOST_UNDER_WAY = 10
# So many rows are read and kept at once.
PART = 500
WRONG_MODE = "A bundle of changes says nothing of those who are not in it: take the mode upsert."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported, and how: `mirror` also ends those of the same source whom the file does not have."""

    organization_id: int
    file: File
    mode: str = "upsert"
    dry_run: bool = True


@dataclass(slots=True)
class Count:
    """How much of an upload was kept by now."""

    rows: int = 0
    links: int = 0
    errors: int = 0


async def start_import(request: Request, wanted: Wanted, path: str) -> int | list[Mistake]:
    """Keep an upload row by row, to be planned; gives the number of the import.

    Nothing is kept of a file that is none, or that has too many rows.
    """
    viewer = allowed(request, MANAGE, path)
    refuse_out_of_reach(viewer, wanted.organization_id)
    try:
        upload = await asyncio.to_thread(upload_in, wanted.file)
        if wanted.mode == "mirror" and not upload.whole:
            return [Mistake(("mode",), "MODE_WRONG", WRONG_MODE)]
        async with request.writing() as transaction:
            if not await progress.organization_there(transaction, wanted.organization_id):
                raise unknown_organization()
            if await progress.under_way(transaction, wanted.organization_id) >= MOST_UNDER_WAY:
                told = f"{MOST_UNDER_WAY} imports of this organization are under way. Wait for one, or cancel it."
                raise LimitExceeded(told, reason="imports_under_way")
            return await keep(transaction, request, viewer, wanted, upload)
    except WrongFile as wrong:
        return [Mistake(("file",), wrong.code, str(wrong))]


def refuse_out_of_reach(viewer: Viewer, organization_id: int) -> None:
    """Members of organizations within reach alone are imported; of others nobody is told whether they are there."""
    if not viewer.standing.everything(MANAGE) and organization_id not in viewer.reaches(MANAGE):
        raise unknown_organization()


def unknown_organization() -> NotFound:
    """The refusal of an organization that is not there, or not for this viewer."""
    told = "There is no such organization within your reach."
    return NotFound(told, reason="organization_unknown", field="organizationLegacyId")


async def keep(transaction: Transaction, request: Request, viewer: Viewer, wanted: Wanted, upload: Upload) -> int:
    """Keep an upload, some rows at a time; gives the number of the import."""
    values = {
        "organization_id": wanted.organization_id,
        "owner_id": viewer.user_id,
        "abilities": abilities_of(viewer),
        "source": upload.source,
        "mode": wanted.mode,
        "dry_run": wanted.dry_run,
        "whole_places": upload.whole_places,
        "encoding": upload.encoding,
        "columns": upload.columns,
    }
    number = await progress.add(transaction, values, request.now)
    count = Count()
    # Reading is Python's own work, and takes a while: it is done beside the event loop.
    while items := await asyncio.to_thread(next_part, upload.items):
        await keep_part(transaction, number, items, count)
    await progress.staged(transaction, number, upload.columns, count.rows, count.errors)
    return number


def next_part(items: Iterator[Item]) -> list[Item]:
    """The next rows."""
    return list(islice(items, PART))


async def keep_part(transaction: Transaction, import_id: int, items: list[Item], count: Count) -> None:
    """Keep some rows, each with its number."""
    rows: list[dict[str, object]] = []
    links: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    for item in items:
        match item:
            case Person():
                count.rows += 1
                rows.append(row_of(import_id, count.rows, item))
                errors += [error(import_id, count.rows, fault) for fault in item.faults]
            case Link():
                count.links += 1
                links.append(link_of(import_id, count.links, item))
            case Fault():
                errors.append(error(import_id, None, item))
    if count.rows > MOST_ROWS:
        raise WrongFile("TOO_MANY_ROWS", f"There are more than {MOST_ROWS} people. Send them in several files.")
    if count.links > MOST_LINKS:
        raise WrongFile("TOO_MANY_ROWS", f"There are more than {MOST_LINKS} classes, roles and enrollments.")
    count.errors += len(errors)
    await staging.keep(transaction, rows, links, errors)


def row_of(import_id: int, number: int, person: Person) -> dict[str, object]:
    """A person's row as it is kept."""
    return {
        "import_id": import_id,
        "number": number,
        "line": person.line,
        "ref": person.ref,
        "uid": person.uid,
        "email": person.email,
        "role": person.role,
        "content": person.content,
        "faulty": bool(person.faults),
    }


def link_of(import_id: int, number: int, link: Link) -> dict[str, object]:
    """What a bundle says beside people, as it is kept."""
    return {
        "import_id": import_id,
        "number": number,
        "kind": link.kind,
        "line": link.line,
        "ref": link.ref,
        "content": link.content,
    }


def within(viewer: Viewer, organization_id: int | None) -> Condition:
    """Imports of organizations within reach, or of one of them."""
    reached = manageable(viewer, MANAGE, imports.c)
    return reached if organization_id is None else reached & (imports.c.organization_id == organization_id)


async def apply_import(
    request: Request, id_: int, *, confirmed: bool, organization_id: int | None = None
) -> int | list[Mistake] | None:
    """Have a planned import applied; a blocked one only where that is `confirmed`. None where there is none."""
    viewer = allowed(request, MANAGE, "Mutation.applyImport")
    async with request.writing() as transaction:
        status = await progress.locked(transaction, id_, within(viewer, organization_id))
        if status is None:
            return None
        if status == "blocked" and not confirmed:
            told = "It would end too many members. Look at the plan; confirm it, and it is applied."
            return [Mistake(("confirmed",), "IMPORT_BLOCKED", told)]
        if status not in ("planned", "blocked"):
            return [Mistake(("legacyId",), "IMPORT_NOT_PLANNED", f"It cannot be applied: its status is {status}.")]
        await progress.begin(transaction, id_, viewer.user_id, abilities_of(viewer))
    return id_


async def cancel_import(
    request: Request, id_: int, *, organization_id: int | None = None
) -> int | list[Mistake] | None:
    """End an import where it is; None where there is none."""
    viewer = allowed(request, MANAGE, "Mutation.cancelImport")
    async with request.writing() as transaction:
        status = await progress.locked(transaction, id_, within(viewer, organization_id))
        if status is None:
            return None
        if status in ENDED:
            return [Mistake(("legacyId",), "IMPORT_ENDED", f"It cannot be canceled: its status is {status}.")]
        await progress.cancel(transaction, id_, request.now)
    return id_
