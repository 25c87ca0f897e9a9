"""Exports that the shared database has beside the demo: of the owner one in each state, one of them with its file."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert, select

from db.demo.numbering import advance
from db.exports import exports
from db.organizations import organizations
from tests.talktiko.asking import OWNER, SUNDAI_OWNER, Api

# The file of the first is there, that of the second had its time, and the last one is somebody else's.
DONE, OVER, EXPIRED, FAILED, CANCELED, WAITING, BEGUN, OTHERS = range(8001, 8009)
FILE = "\ufeffday,learner.id,xp\r\n2026-11-01,1,50\r\n".encode()
BEGINNING, DAY, FOREVER = datetime(2026, 11, 1, tzinfo=UTC), timedelta(days=1), datetime(2999, 12, 31, tzinfo=UTC)
TYPES = {OVER: "completions", FAILED: "document", CANCELED: "learner_progress"}
STATUSES = {DONE: "completed", OVER: "completed", EXPIRED: "expired", FAILED: "failed", CANCELED: "canceled"}
STATUSES |= {WAITING: "pending", BEGUN: "processing", OTHERS: "completed"}
CSV = "text/csv; charset=utf-8; header=present"


async def export(api: Api) -> None:
    """Add the exports, and the one file."""
    (found,) = await api.rows_of(select(organizations.c.id).where(organizations.c.code == "kakehashi"))
    owner, other = await api.id_of(OWNER), await api.id_of(SUNDAI_OWNER)
    rows = [row(id_, int(found[0]), other if id_ == OTHERS else owner) for id_ in STATUSES]
    async with api.running.app.state.parts.store.writing(f"{DONE}.csv") as writing:
        await writing.write(FILE)
    async with api.running.database.writing() as transaction:
        await transaction.execute(insert(exports), rows)
        await advance(transaction, exports)


def row(id_: int, organization: int, owner: int) -> dict[str, object]:
    """One export, asked for on a day of its own."""
    status, created = STATUSES[id_], BEGINNING + (id_ - DONE) * DAY
    had_file, goes_on = status in {"completed", "expired"}, status in {"pending", "processing"}
    type_ = TYPES.get(id_, "activity")
    return {
        "id": id_,
        "organization_id": organization,
        "owner_id": owner,
        "type": type_,
        "document": "{ students { nodes { uid } } }" if type_ == "document" else None,
        "variables": {},
        "format": "csv",
        "encoding": "utf-8-sig",
        "status": status,
        "row_count": 0 if status == "pending" else 1,
        "total_rows": None if status == "pending" else 1 if had_file else 4,
        "error": "The rows could not be read." if status == "failed" else None,
        "file_name": f"{id_}.csv" if status == "completed" else None,
        "file_size": len(FILE) if had_file else None,
        "sha256": sha256(FILE).hexdigest() if had_file else None,
        "created_at": created,
        "started_at": None if status == "pending" else created,
        "finished_at": None if goes_on else created,
        "expires_at": None if not had_file else FOREVER if id_ in {DONE, OTHERS} else created + DAY,
        # Whoever makes exports would take these at once: nobody does here.
        "next_attempt_at": created if goes_on else None,
        "lease_token": "somebody" if status == "processing" else None,
        "lease_until": FOREVER if status == "processing" else None,
    }
