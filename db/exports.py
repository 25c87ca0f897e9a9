"""Exports: what was asked for, who makes it now, and where the file lies."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    text,
    type_coerce,
    update,
)

from db.accounts import users
from db.base import Id, Moment, metadata
from db.connections.database import NEWS, Database, Transaction
from db.json_text import Expression
from db.leases import after, clock, is_any, is_free
from db.predicates import Condition, parameter
from db.statements.statement import Statement, compiled

TYPES = ("learner_progress", "completions", "activity", "document")
FORMATS = ("csv", "jsonl")
ENCODINGS = ("utf-8-sig", "utf-8", "cp932")
STATUSES = ("pending", "processing", "completed", "failed", "canceled", "expired")
UNFINISHED = ("pending", "processing")
SECONDS = "lease_seconds"
# Under this name a statement is given where files are fetched.
DOWNLOADS = "downloads"

exports = Table(
    "exports",
    metadata,
    Column("id", Id, primary_key=True),
    # NULL for those of system operators.
    Column("organization_id", ForeignKey("organizations.id")),
    # Whoever asked: it shows what this person may see when it is made, and no more than the token that asked.
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("abilities", JSON(none_as_null=True)),
    Column("type", Text, nullable=False),
    # The GraphQL document of type document, and the values of its variables; of the other types the values alone.
    Column("document", Text),
    Column("variables", JSON, nullable=False),
    Column("format", Text, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("row_count", BigInteger, nullable=False, server_default="0"),
    # How many rows there were when it was begun.
    Column("total_rows", BigInteger),
    Column("error", Text),
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment),
    # The name in the store; nothing but a completed export has one.
    Column("file_name", Text),
    Column("file_size", BigInteger),
    Column("sha256", Text),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("expires_at", Moment),
    # Which process makes it now.
    Column("lease_token", Text),
    Column("lease_until", Moment),
    CheckConstraint(f"type in {TYPES}", name="type"),
    CheckConstraint("(type = 'document') = (document is not null)", name="document"),
    CheckConstraint(f"format in {FORMATS}", name="format"),
    CheckConstraint(f"encoding in {ENCODINGS}", name="encoding"),
    CheckConstraint(f"status in {STATUSES}", name="status"),
    CheckConstraint("(status = 'completed') = (file_name is not null)", name="file"),
    CheckConstraint(f"(status in {UNFINISHED}) = (finished_at is null)", name="finished"),
    Index(None, "owner_id", "id"),
    Index(None, "organization_id", "id"),
    Index(
        "ix_exports_due",
        "next_attempt_at",
        "id",
        postgresql_where=text("finished_at is null"),
        sqlite_where=text("finished_at is null"),
    ),
    # SQLite would give the number of a deleted export again.
    sqlite_autoincrement=True,
)


def status_now(now: Expression) -> Expression:
    """The status as of an instant: a file that has had its time is gone, whether or not it was cleared away by now."""
    over = (exports.c.status == "completed") & (exports.c.expires_at <= now)
    return case((over, literal("expired")), else_=exports.c.status)


def share_done() -> Expression:
    """How much is done, from 0 to 1; NULL while nobody has counted. However many rows come, it is never more.

    An export that has or had a file is done as a whole, also one of no rows.
    """
    share = cast(exports.c.row_count, Float) / cast(exports.c.total_rows, Float)
    counted = case((exports.c.total_rows == 0, literal(0.0)), (share > 1, literal(1.0)), else_=share)
    known = case((exports.c.total_rows.is_(None), null()), else_=counted)
    whole = (exports.c.status == "completed") | (exports.c.status == "expired")
    return type_coerce(case((whole, literal(1.0)), else_=known), Float())


NOW: Expression = parameter("now", Moment())

# An export as its owner sees it now.
shown_exports = select(
    *[exports.c[name] for name in ("id", "organization_id", "owner_id", "type", "document", "variables")],
    *[exports.c[name] for name in ("format", "encoding", "row_count", "total_rows", "error", "file_size", "sha256")],
    *[exports.c[name] for name in ("created_at", "started_at", "finished_at", "expires_at")],
    status_now(NOW).label("status"),
    share_done().label("progress"),
    case(
        (
            status_now(NOW) == "completed",
            parameter(DOWNLOADS, String()) + literal("/") + cast(exports.c.id, String) + literal("/download"),
        )
    ).label("download_path"),
)


class Held(NamedTuple):
    """An export that this process makes, as long as it keeps the lease; `attempt` counts from 1."""

    id: int
    token: str
    organization_id: int | None
    type: str
    document: str | None
    variables: Mapping[str, Any]
    format: str
    encoding: str
    attempt: int
    owner_uid: str
    abilities: Sequence[str] | None


class File(NamedTuple):
    """A file in the store: its name there, how many bytes it has, and the SHA-256 of these in hexadecimal."""

    name: str
    size: int
    sha256: str


@lru_cache
def file_statement(dialect: Dialect, owner: str) -> Statement:
    """The file of an export (`id`) of an owner, given as the parameter of this name, that can be fetched `now`."""
    columns = exports.c
    mine = (columns.id == parameter("id", Id)) & (columns.owner_id == parameter(owner, Id))
    there = mine & (status_now(NOW) == "completed")
    return compiled(select(columns.file_name, columns.file_size, columns.sha256).where(there), dialect)


@lru_cache
def state_statement(dialect: Dialect, owner: str) -> Statement:
    """What changes of an export (`id`) of an owner, given as the parameter of this name, the status `now` first."""
    columns = exports.c
    mine = (columns.id == parameter("id", Id)) & (columns.owner_id == parameter(owner, Id))
    state = (status_now(NOW).label("status"), columns.row_count, columns.total_rows)
    return compiled(select(*state).where(mine), dialect)


async def add(transaction: Transaction, values: Mapping[str, object], *, now: datetime) -> int:
    """Queue an export; gives its number."""
    row = {"status": "pending", "created_at": now, "next_attempt_at": clock(), **values}
    transaction.info[NEWS] = True
    return int((await transaction.execute(insert(exports).values(**row).returning(exports.c.id))).scalar_one())


async def unfinished(transaction: Transaction, owner_id: int | None) -> int:
    """How many exports of an owner wait or are being made."""
    mine = (exports.c.owner_id == owner_id) & exports.c.finished_at.is_(None)
    return int((await transaction.execute(select(func.count()).select_from(exports).where(mine))).scalar_one())


async def cancel(transaction: Transaction, this: Condition, now: datetime) -> int | None:
    """Cancel an export that is not finished; gives its number, None where there is no such one."""
    one = update(exports).where(this, exports.c.finished_at.is_(None)).values(status="canceled", finished_at=now)
    transaction.info[NEWS] = True
    freed = one.values(lease_token=null(), lease_until=null(), next_attempt_at=null()).returning(exports.c.id)
    number: int | None = (await transaction.execute(freed)).scalar_one_or_none()
    return number


async def remove(transaction: Transaction, this: Condition, now: datetime) -> int | None:
    """Let the file of an export go before its time; gives its number, None where there is no such one."""
    one = update(exports).where(this, exports.c.status == "completed").values(status="expired", expires_at=now)
    gone = one.values(file_name=null()).returning(exports.c.id)
    number: int | None = (await transaction.execute(gone)).scalar_one_or_none()
    return number


async def again(transaction: Transaction, ids: Sequence[int]) -> int:
    """Queue exports that were given up once more, as if they were new; gives how many."""
    failed = update(exports).where(exports.c.id.in_(ids), exports.c.status == "failed")
    anew = {"attempt_count": 0, "next_attempt_at": clock(), "finished_at": null(), "error": null()}
    transaction.info[NEWS] = True
    return (await transaction.execute(failed.values(status="pending", **anew))).rowcount


def due() -> Select[tuple[int]]:
    """Exports that are due and that nobody makes."""
    columns = exports.c
    return select(columns.id).where(columns.finished_at.is_(None), columns.next_attempt_at <= clock(), is_free(columns))


async def hold(transaction: Transaction, token: str, *, most: int, seconds: float) -> list[Held]:
    """Take exports that are due and that nobody makes, those that wait longest first; the attempt is counted.

    The lease lasts for so many seconds of the database's clock, unless it is renewed.
    """
    columns = exports.c
    first = due().order_by(columns.next_attempt_at, columns.id).limit(most)
    chosen = first.with_for_update(skip_locked=True).cte("chosen").prefix_with("materialized", dialect="postgresql")
    taken = (
        update(exports)
        .where(columns.id.in_(select(chosen.c.id)))
        .values(
            status="processing",
            lease_token=token,
            lease_until=after(SECONDS),
            attempt_count=columns.attempt_count + 1,
            started_at=func.coalesce(columns.started_at, clock(), type_=Moment()),
            row_count=0,
            total_rows=null(),
        )
    )
    ids = list((await transaction.execute(taken.returning(columns.id), {SECONDS: seconds})).scalars())
    return await held(transaction, ids) if ids else []


async def held(transaction: Transaction, ids: Sequence[int]) -> list[Held]:
    """Exports that were taken, with whose they are."""
    names = ("id", "lease_token", "organization_id", "type", "document", "variables", "format", "encoding")
    columns = [*[exports.c[name] for name in names], exports.c.attempt_count, users.c.uid, exports.c.abilities]
    found = select(*columns).join_from(exports, users, users.c.id == exports.c.owner_id)
    return [Held(*row) for row in await transaction.execute(found.where(exports.c.id.in_(ids)).order_by(exports.c.id))]


def ours(one: Held) -> Condition:
    """The export, while it is this process's to make: neither canceled nor taken over."""
    return (exports.c.id == one.id) & (exports.c.lease_token == one.token) & (exports.c.status == "processing")


async def renew(transaction: Transaction, one: Held, *, rows: int, total: int | None, seconds: float) -> bool:
    """Hold on to an export, and tell how far it is; whether it is ours still."""
    going = update(exports).where(ours(one)).values(row_count=rows, total_rows=total, lease_until=after(SECONDS))
    return (await transaction.execute(going, {SECONDS: seconds})).rowcount == 1


async def complete(transaction: Transaction, one: Held, file: File, *, rows: int, kept: timedelta) -> bool:
    """Say where the file of an export lies; whether it was ours still to say so."""
    done = (
        update(exports)
        .where(ours(one))
        .values(
            status="completed",
            row_count=rows,
            total_rows=rows,
            file_name=file.name,
            file_size=file.size,
            sha256=file.sha256,
            finished_at=clock(),
            expires_at=after("kept_seconds"),
            **FREE,
        )
    )
    return (await transaction.execute(done, {"kept_seconds": kept.total_seconds()})).rowcount == 1


async def fail(transaction: Transaction, one: Held, error: str) -> bool:
    """Give an export up, and say why; whether it was ours still."""
    done = update(exports).where(ours(one)).values(status="failed", error=error, finished_at=clock(), **FREE)
    return (await transaction.execute(done)).rowcount == 1


async def put_off(transaction: Transaction, one: Held, *, seconds: float, counts: bool = True) -> bool:
    """Leave an export to whoever comes after so many seconds; whether it was ours still.

    The attempt does not count where it was none of the export's fault that it came to nothing.
    """
    later = (
        update(exports)
        .where(ours(one))
        .values(
            status="pending",
            next_attempt_at=after("wait"),
            attempt_count=exports.c.attempt_count - (0 if counts else 1),
            lease_token=null(),
            lease_until=null(),
        )
    )
    return (await transaction.execute(later, {"wait": seconds})).rowcount == 1


FREE: Mapping[str, Any] = {"lease_token": null(), "lease_until": null(), "next_attempt_at": null()}


async def is_due(database: Database) -> bool:
    """Whether an export is due that nobody makes: a look that locks nothing."""
    return await is_any(database, due)


async def expire(transaction: Transaction) -> int:
    """Give up the files whose time is over; gives how many."""
    over = update(exports).where(exports.c.status == "completed", exports.c.expires_at <= clock())
    return (await transaction.execute(over.values(status="expired", file_name=null()))).rowcount


async def wanted(transaction: Transaction, ids: Sequence[int]) -> dict[int, set[str]]:
    """Of some exports, by number: the name of the file, or the token of who is writing it."""
    columns = exports.c
    found = select(columns.id, columns.file_name, columns.lease_token).where(columns.id.in_(ids))
    rows = await transaction.execute(found)
    return {row.id: {name for name in (row.file_name, row.lease_token) if name is not None} for row in rows}
