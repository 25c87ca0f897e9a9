"""Imports that the shared database has beside the demo: of the owner's organization one that is planned, and others."""

from datetime import UTC, datetime

from sqlalchemy import insert, select

from db.demo.numbering import advance
from db.imports.tables import import_errors, import_rows, imports
from db.organizations import organizations
from tests.talktiko.asking import OWNER, Api

# One that is looked at, one without rows, and one that is applied and canceled again and again.
PLANNED, EMPTY, USED_IMPORT = range(9001, 9004)
AT = datetime(2026, 11, 1, tzinfo=UTC)
# Of the organization "kakehashi".
BULK_OF_OWNER = "/institutions/2001/members/bulk"


async def begin_imports(api: Api) -> None:
    """Add the imports, and the rows of the first."""
    (found,) = await api.rows_of(select(organizations.c.id).where(organizations.c.code == "kakehashi"))
    owner = await api.id_of(OWNER)
    async with api.running.database.writing() as transaction:
        await transaction.execute(insert(imports), [row(id_, int(found[0]), owner) for id_ in (PLANNED, EMPTY)])
        await transaction.execute(insert(imports).values(**row(USED_IMPORT, int(found[0]), owner)))
        await transaction.execute(insert(import_rows), ROWS)
        await transaction.execute(insert(import_errors).values(**ERROR))
        for table in (imports, import_rows, import_errors):
            await advance(transaction, table)


def row(id_: int, organization: int, owner: int) -> dict[str, object]:
    """One import."""
    ended = id_ == EMPTY
    return {
        "id": id_,
        "organization_id": organization,
        "owner_id": owner,
        "source": "csv",
        "mode": "mirror",
        "dry_run": True,
        "encoding": "utf-8",
        "columns": ["external_id", "last_name"],
        "status": "canceled" if ended else "planned",
        "total_rows": 0 if ended else 2,
        "position": 0 if ended else 2,
        "updated_count": 0 if ended else 1,
        "failed_count": 0 if ended else 1,
        "error_count": 0 if ended else 1,
        "active_count": 5,
        "created_at": AT,
        "planned_at": AT,
        "finished_at": AT if ended else None,
    }


ROWS: list[dict[str, object]] = [
    {
        "import_id": PLANNED,
        "number": 1,
        "line": 2,
        "ref": "S-1",
        "role": "student",
        "faulty": False,
        "content": {"last_name": "山田"},
        "action": "updated",
        "changes": {"last_name": ["佐藤", "山田"]},
    },
    {
        "import_id": PLANNED,
        "number": 2,
        "line": 3,
        "ref": None,
        "role": "student",
        "faulty": True,
        "content": {},
        "action": "failed",
        "changes": None,
    },
]
ERROR = {
    "import_id": PLANNED,
    "row_number": 2,
    "line": 3,
    "column": "external_id",
    "code": "NOBODY",
    "message": "People are known by one of external_id, uid, email, code: none of them is filled.",
}
