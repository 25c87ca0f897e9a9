"""Accesses become rows of the log: one for each organization and each set of fields that was read of its students."""

from collections.abc import Mapping, Sequence

from db import accesses as rows
from db.accesses import Read
from db.connections.database import Transaction
from resolvers.beside import BESIDE
from resolvers.witness import Access, Way

LONGEST_OPERATION = 200

Fields = tuple[str, ...]
Seen = Mapping[int, Fields]


async def record(transaction: Transaction, accesses: Sequence[Access]) -> None:
    """Write accesses into the log. Of students who are gone by now nothing is written."""
    if not accesses:
        return
    seen = await BESIDE.do(object(), lambda: [students_in(access) for access in accesses])
    organizations = await rows.organizations_of(transaction, {id_ for one in seen for id_ in one})
    readers = {access.reader_id for access in accesses if access.reader_id is not None}
    names = await rows.names_of(transaction, readers)
    reads = await BESIDE.do(object(), lambda: reads_of(list(zip(accesses, seen, strict=True)), organizations, names))
    await rows.add(transaction, reads)


def students_in(access: Access) -> Seen:
    """The students whom an access showed, with the fields that were read of each; the reader is none of them."""
    if len(access.shown) == 1:
        ((fields, numbers),) = access.shown
        seen = dict.fromkeys(map(int, numbers.split(",")), fields)
    else:
        seen = together(access)
    if access.own_id is not None:
        seen.pop(access.own_id, None)
    return seen


def together(access: Access) -> dict[int, Fields]:
    """The students of several fields of a document, with all that was read of each."""
    found: dict[int, set[Fields]] = {}
    for fields, numbers in access.shown:
        for id_ in set(map(int, numbers.split(","))):
            found.setdefault(id_, set()).add(fields)
    # Most students were shown by the same fields, and these are put together once.
    merged: dict[frozenset[Fields], Fields] = {}
    return {id_: merged.setdefault(key, union(key)) for id_, key in ((i, frozenset(of)) for i, of in found.items())}


def union(sets: frozenset[Fields]) -> Fields:
    """All fields of several sets, in order."""
    return tuple(sorted({name for fields in sets for name in fields}))


def reads_of(
    seen: Sequence[tuple[Access, Seen]], organizations: Mapping[int, int], names: Mapping[int, str]
) -> list[Read]:
    """The rows of the log, in the order of the accesses."""
    found: list[Read] = []
    for access, students in seen:
        grouped: dict[tuple[int, Fields], list[int]] = {}
        for id_, fields in students.items():
            if id_ in organizations:
                grouped.setdefault((organizations[id_], fields), []).append(id_)
        row = row_of(access, names)
        for (organization_id, fields), ids in sorted(grouped.items()):
            found.append(Read({**row, "organization_id": organization_id, "fields": list(fields)}, sorted(ids)))
    return found


def row_of(access: Access, names: Mapping[int, str]) -> dict[str, object]:
    """What every row of an access has in common."""
    way, operation, document = access.manner
    return {
        "at": access.at,
        "kind": "export" if way is Way.EXPORT else "read",
        "way": way.value,
        "operation": None if operation is None else operation[:LONGEST_OPERATION],
        "document": document,
        "reader_id": access.reader_id,
        "reader_uid": access.reader_uid,
        "reader_name": names.get(access.reader_id or 0, access.reader_uid),
        "token_id": access.token_id,
    }
