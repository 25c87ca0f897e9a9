"""Batches of rows: planned, and in applying planned anew and written, so that what is there at that moment counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.connections.database import Transaction
from db.imports import people, staging, writing
from db.imports.people import Ground, Wanted
from db.imports.progress import Held
from db.imports.staging import Staged
from db.imports.writing import Class
from db.japan import academic_year
from resolvers.accesses.roles import ChangedRole, RoleChange, record_role_changes
from resolvers.imports.deciding import Deciding, new_uid
from resolvers.imports.decisions import Decision, Terms
from resolvers.imports.matching import STUDENT, Known
from resolvers.imports.places import Enrolled, needed
from resolvers.imports.reading import Fault

BATCH = 200
# By which a file must not name somebody twice.
ONCE = ("ref", "uid", "email")
# Of several roles of one person, the first of these is the one that counts.
WIDEST = ("cram_school_clerk", "homeroom_teacher", STUDENT, "unknown", "none")


@dataclass(frozen=True, slots=True)
class Done:
    """Up to which row a batch went, and how many of each kind were among its rows."""

    position: int
    counts: Mapping[str, int]


def terms_of(held: Held, now: datetime, *, may_make_owners: bool) -> Terms:
    """The terms of an import as of now."""
    return Terms(
        organization_id=held.organization_id,
        source=held.source,
        owner_id=held.owner_id,
        may_make_owners=may_make_owners,
        whole_places=held.whole_places,
        now=now,
        year=academic_year(now),
        columns=frozenset(held.columns),
    )


async def do_batch(transaction: Transaction, held: Held, terms: Terms, position: int, *, applies: bool) -> Done | None:
    """Plan the rows behind a position, and write them where that is asked for; None where there are none."""
    read = await staging.batch(transaction, held.id, position, BATCH)
    if not read:
        return None
    rows, enrolled = await with_bundle(transaction, held, read)
    deciding = await informed(transaction, terms, rows, enrolled, lock=applies)
    twice = await twice_in(transaction, held, rows)
    decisions = [deciding.decide(row, twice.get(row.number, [])) for row in rows]
    if applies:
        await carry_out(transaction, terms, decisions, deciding)
    outcomes = [outcome(decision) for decision in decisions]
    errors = [error(held.id, decision.number, fault) for decision in decisions for fault in decision.faults]
    await staging.record(transaction, held.id, outcomes, errors)
    counts = Counter(f"{decision.action.value}_count" for decision in decisions)
    return Done(rows[-1].number, counts)


async def carry_out(transaction: Transaction, terms: Terms, decisions: Sequence[Decision], deciding: Deciding) -> None:
    """Write what was decided."""
    writes = [decision.write for decision in decisions if decision.write is not None]
    classes = needed(writes, deciding.enrolled.classes, deciding.ground)
    await writing.make_sections(transaction, terms.organization_id, classes, terms.now)
    written = await writing.write(transaction, terms.organization_id, writes, terms.year, terms.now)
    changes = [ChangedRole(one.user_id, terms.organization_id, one.role, RoleChange(one.change)) for one in written]
    await record_role_changes(transaction, None, changes, by="import")


async def informed(
    transaction: Transaction, terms: Terms, rows: Sequence[Staged], enrolled: Enrolled, *, lock: bool
) -> Deciding:
    """Whoever decides on these rows, with all that has to be known for it."""
    found = await people.people(transaction, wanted_of(terms, rows), terms.year, lock=lock)
    known = Known(terms.organization_id, terms.source)
    known.add(found)
    return Deciding(terms, known, await ground_of(transaction, terms, rows, enrolled), enrolled)


def wanted_of(terms: Terms, rows: Sequence[Staged]) -> Wanted:
    """By what the people of these rows may be found."""
    named = [row for row in rows if row.user_id is None]
    made = [new_uid(terms, row.role or STUDENT, row.ref) for row in named if row.ref is not None and row.uid is None]
    return Wanted(
        terms.organization_id,
        terms.source,
        refs=[row.ref for row in named if row.ref is not None],
        uids=[*made, *[row.uid for row in named if row.uid is not None]],
        emails=[row.email for row in named if row.email is not None],
        external_ids=[str(row.content["external_id"]) for row in named if "external_id" in row.content],
        codes=[str(row.content["code"]) for row in named if "code" in row.content],
        ids=[row.user_id for row in rows if row.user_id is not None],
    )


async def ground_of(transaction: Transaction, terms: Terms, rows: Sequence[Staged], enrolled: Enrolled) -> Ground:
    """What is there of what these rows name."""
    classes = {str(link.content["class"]) for links in enrolled.by_ref.values() for link in links}
    return await people.ground(
        transaction,
        terms.organization_id,
        section_codes=classes | {code for row in rows for code in row.content.get("section_codes", ())},
        group_codes={code for row in rows for code in row.content.get("group_codes", ())},
        school_codes={str(row.content["school_code"]) for row in rows if "school_code" in row.content},
    )


async def with_bundle(
    transaction: Transaction, held: Held, rows: Sequence[Staged]
) -> tuple[Sequence[Staged], Enrolled]:
    """The rows with the roles that a bundle gives them elsewhere, and their places in its classes."""
    if held.source != "oneroster":
        return rows, Enrolled({}, {})
    refs = [row.ref for row in rows if row.ref is not None and row.line is not None]
    by_ref: dict[str, list[staging.Linked]] = {}
    for link in await staging.links(transaction, held.id, "enrollment", refs):
        by_ref.setdefault(link.ref, []).append(link)
    codes = sorted({str(link.content["class"]) for links in by_ref.values() for link in links})
    classes = {
        link.ref: Class(link.ref, str(link.content["title"]), str(link.content["short"]))
        for link in await staging.links(transaction, held.id, "class", codes)
        if not link.content["gone"]
    }
    roles: dict[str, list[staging.Linked]] = {}
    for link in await staging.links(transaction, held.id, "role", refs):
        roles.setdefault(link.ref, []).append(link)
    return [with_role(row, roles.get(row.ref or "", [])) for row in rows], Enrolled(by_ref, classes)


def with_role(row: Staged, roles: Sequence[staging.Linked]) -> Staged:
    """A person with the role that counts of those given: the primary one, else the widest; and its period."""
    there = [link.content for link in roles if not link.content["gone"]]
    if row.line is None or not there:
        return row if row.line is None or row.role is not None else row._replace(role="unknown")
    chosen = min(there, key=lambda one: (not one["primary"], WIDEST.index(one["role"])))
    period = {name: chosen[name] for name in ("start_at", "end_at") if name in chosen}
    return row._replace(role=chosen["role"], content={**row.content, **period})


async def twice_in(transaction: Transaction, held: Held, rows: Sequence[Staged]) -> dict[int, list[Fault]]:
    """Rows that name somebody whom an earlier row has named already."""
    found: dict[int, list[Fault]] = {}
    for column in ONCE:
        values = [getattr(row, column) for row in rows if row.line is not None]
        first = await staging.first_lines(transaction, held.id, column, [value for value in values if value])
        for row in rows:
            number, line = first.get(getattr(row, column), (row.number, 0))
            if row.line is not None and number < row.number and row.number not in found:
                told = f"Line {line} is about the same person."
                found[row.number] = [Fault(row.line, called(column, held), "TWICE", told, file_of(held))]
    return found


def called(column: str, held: Held) -> str:
    """A column as the file calls it."""
    if column != "ref":
        return column
    if held.source == "oneroster":
        return "sourcedId"
    return next((name for name in ("external_id", "uid", "email", "code") if name in held.columns), "external_id")


def file_of(held: Held) -> str | None:
    """The file in which people stand."""
    return "users.csv" if held.source == "oneroster" else None


def outcome(decision: Decision) -> dict[str, object]:
    """What came of a row, as it is kept."""
    return {
        "number": decision.number,
        "action": decision.action.value,
        "reason": None if decision.reason is None else decision.reason.value,
        "changes": decision.changes or None,
        "user_id": None if decision.account is None else decision.account.id,
    }


def error(import_id: int, number: int | None, fault: Fault) -> dict[str, object]:
    """Something that is wrong, as it is kept."""
    return {
        "import_id": import_id,
        "row_number": number,
        "file": fault.file,
        "line": fault.line,
        "column": fault.column,
        "code": fault.code,
        "message": fault.message,
    }
