"""Sections that are filled from the rosters of platforms: which ones, who reads one now, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, delete, func, literal_column, null, select, update

from db.connections.database import NEWS, Database, Transaction
from db.leases import after, clock, is_any, is_free
from db.lti.tables import lti_launches, lti_platforms, lti_roster_members, lti_rosters
from db.organizations import sections
from db.predicates import Condition
from db.students import student_sections
from db.upsert import dialect_insert

SECONDS, WAIT = "lease_seconds", "wait_seconds"
KEY = ("platform_id", "context_id", "section_id")
# The values of `removals`: too many would have been taken out; somebody asked for it again, so that they may be.
STOPPED, ALLOWED = "stopped", "allowed"


class Offer(NamedTuple):
    """What a launch tells of the roster of the platform's course, as far as it does."""

    platform_id: int
    organization_id: int
    context_id: str | None
    context_title: str | None
    memberships_url: str | None


class Held(NamedTuple):
    """A roster that this process reads, as long as it keeps the lease; `placed` are in the section through it."""

    id: int
    token: str
    run_no: int
    platform_id: int
    organization_id: int
    section_id: int
    context_id: str
    memberships_url: str
    may_remove_many: bool
    failures: int
    placed: int
    client_id: str
    token_url: str
    token_audience: str | None
    matching: str
    creates_accounts: bool


class Outcome(NamedTuple):
    """What came of a whole run."""

    members: int
    removed: int
    skipped: int


class Failure(NamedTuple):
    """Why a run did not come to its end; `final` where it is not tried again until the next day."""

    error: str
    response_code: int | None
    final: bool
    removals: str | None = None


async def offered(transaction: Transaction, launch_id: int, within: Condition) -> Offer | None:
    """What a launch offers, which `within` lets through; None where there is none."""
    columns = [lti_launches.c[name] for name in Offer._fields]
    record = (await transaction.execute(select(*columns).where(lti_launches.c.id == launch_id, within))).first()
    return None if record is None else Offer(*record)


async def is_of(transaction: Transaction, section_id: int, organization_id: int) -> bool:
    """Whether an organization has this section."""
    wanted = (sections.c.id == section_id) & (sections.c.organization_id == organization_id)
    return (await transaction.execute(select(sections.c.id).where(wanted))).first() is not None


async def count(transaction: Transaction, organization_id: int) -> int:
    """How many sections of an organization are filled."""
    of_it = select(func.count()).select_from(lti_rosters).where(lti_rosters.c.organization_id == organization_id)
    return int((await transaction.execute(of_it)).scalar_one())


async def known(transaction: Transaction, key: tuple[int, str, int]) -> int | None:
    """The number of the roster of a platform, its course and a section, locked; None where there is none."""
    columns = [lti_rosters.c[name] == value for name, value in zip(KEY, key, strict=True)]
    found = await transaction.execute(select(lti_rosters.c.id).where(*columns).with_for_update())
    number: int | None = found.scalar_one_or_none()
    return number


async def add(transaction: Transaction, values: Mapping[str, object], now: datetime) -> int:
    """Keep a roster, to be read at once; gives its number."""
    transaction.info[NEWS] = True
    row = dialect_insert(transaction, lti_rosters).values(
        **values, status="pending", next_run_at=clock(), created_at=now, updated_at=now
    )
    changed = row.on_conflict_do_update(index_elements=list(KEY), set_={"next_run_at": clock()})
    return int((await transaction.execute(changed.returning(lti_rosters.c.id))).scalar_one())


async def ask_again(transaction: Transaction, id_: int, values: Mapping[str, object], now: datetime) -> None:
    """Have a roster read at once: whoever reads it now holds it no longer.

    Where the last run would have taken out too many, the next one may.
    """
    transaction.info[NEWS] = True
    columns = lti_rosters.c
    allowed = case((columns.removals.is_not(None), ALLOWED), else_=null())
    anew = {"status": "pending", "attempt_count": 0, "removals": allowed, "next_run_at": clock(), **left(), **well()}
    await transaction.execute(update(lti_rosters).where(columns.id == id_).values(**values, **anew, updated_at=now))


async def locked(transaction: Transaction, id_: int, within: Condition) -> int | None:
    """The section of a roster that `within` lets through, which nobody else changes until the transaction ends."""
    one = select(lti_rosters.c.section_id).where(lti_rosters.c.id == id_, within).with_for_update()
    number: int | None = (await transaction.execute(one)).scalar_one_or_none()
    return number


async def remove(transaction: Transaction, id_: int) -> None:
    """Forget a roster, and whom it has put into its section."""
    await transaction.execute(delete(lti_roster_members).where(lti_roster_members.c.roster_id == id_))
    await transaction.execute(delete(lti_rosters).where(lti_rosters.c.id == id_))


def due() -> Select[tuple[int]]:
    """Rosters that are due and that nobody holds; those of platforms that are switched off wait."""
    columns = lti_rosters.c
    active = lti_rosters.join(lti_platforms, lti_platforms.c.id == columns.platform_id)
    wanted = (lti_platforms.c.is_active, is_free(columns), columns.next_run_at <= clock())
    return select(columns.id).select_from(active).where(*wanted)


async def is_due(database: Database) -> bool:
    """Whether anything is to be read that nobody holds: a look that locks nothing."""
    return await is_any(database, due)


async def hold(transaction: Transaction, token: str, *, most: int, seconds: float) -> list[Held]:
    """Take rosters that are due and that nobody holds, for so many seconds; with each a new run begins."""
    columns = lti_rosters.c
    first = due().order_by(columns.next_run_at, columns.id).limit(most)
    locking = first.with_for_update(skip_locked=True, of=lti_rosters)
    chosen = locking.cte("chosen").prefix_with("materialized", dialect="postgresql")
    taken = update(lti_rosters).where(columns.id.in_(select(chosen.c.id)))
    taken = taken.values(lease_token=token, lease_until=after(SECONDS), run_no=columns.run_no + 1)
    found = await transaction.execute(taken.returning(columns.id), {SECONDS: seconds})
    ids = list(found.scalars())
    return [Held(*row) for row in await transaction.execute(held().where(columns.id.in_(ids)))] if ids else []


def held() -> Select[Any]:
    """Rosters as whoever reads them needs to know them."""
    roster, platform = lti_rosters.c, lti_platforms.c
    place = student_sections.join(lti_roster_members, student_sections.c.student_id == lti_roster_members.c.student_id)
    placed = (
        select(func.count())
        .select_from(place)
        .where(lti_roster_members.c.roster_id == roster.id, student_sections.c.section_id == roster.section_id)
    )
    return select(
        *(roster.id, roster.lease_token, roster.run_no, roster.platform_id, roster.organization_id),
        *(roster.section_id, roster.context_id, roster.memberships_url),
        func.coalesce(roster.removals == ALLOWED, literal_column("false")),
        *(roster.attempt_count, placed.correlate(lti_rosters).scalar_subquery()),
        *(platform.client_id, platform.token_url, platform.token_audience),
        *(platform.matching, platform.creates_accounts),
    ).join_from(lti_rosters, lti_platforms, platform.id == roster.platform_id)


async def still_held(transaction: Transaction, one: Held) -> bool:
    """Whether a roster is ours still, and its platform active: then it is, until the transaction ends.

    The platform is locked first, as by whoever removes it.
    """
    columns = lti_rosters.c
    mine = select(columns.id).join_from(lti_platforms, lti_rosters, columns.platform_id == lti_platforms.c.id)
    wanted = (columns.id == one.id, columns.lease_token == one.token, lti_platforms.c.is_active)
    return (await transaction.execute(mine.where(*wanted).with_for_update(key_share=True))).first() is not None


async def go_on(transaction: Transaction, one: Held, *, made: int, seconds: float) -> None:
    """Some are there, of whom so many were made, and the roster is ours for so many seconds more."""
    values = {"made_count": lti_rosters.c.made_count + made, "lease_until": after(SECONDS)}
    await put(transaction, one, values, {SECONDS: seconds})


async def finish(transaction: Transaction, one: Held, outcome: Outcome, *, wait: float) -> None:
    """The run is over, and the next one begins in so many seconds."""
    counts = {
        "member_count": outcome.members,
        "removed_count": outcome.removed,
        "skipped_count": outcome.skipped,
        "created_count": lti_rosters.c.made_count,
        "made_count": 0,
    }
    told = {"status": "completed", "last_run_at": clock(), "attempt_count": 0, "removals": null(), **well()}
    await put(transaction, one, {**counts, **told, "next_run_at": after(WAIT), **left()}, {WAIT: wait})


async def fail(transaction: Transaction, one: Held, failure: Failure, *, wait: float) -> None:
    """The run failed, and the next one begins in so many seconds."""
    told: dict[str, Any] = {"error": failure.error, "response_code": failure.response_code}
    told |= {"status": "failed" if failure.final else "pending"}
    told |= {"attempt_count": 0 if failure.final else lti_rosters.c.attempt_count + 1}
    if failure.final:
        # Leave to take out many holds for what somebody asked for, and not for the next day.
        told["removals"] = failure.removals
    await put(transaction, one, {**told, "next_run_at": after(WAIT), **left()}, {WAIT: wait})


async def release(transaction: Transaction, one: Held) -> None:
    """Let go of a roster whose run is not over: whoever is there begins anew at once."""
    await put(transaction, one, left(), {})


def well() -> dict[str, Any]:
    """It does not fail, whatever it did before."""
    return {"response_code": null(), "error": null()}


def left() -> dict[str, Any]:
    """Nobody holds it."""
    return {"lease_token": null(), "lease_until": null()}


async def put(transaction: Transaction, one: Held, values: Mapping[str, Any], bound: Mapping[str, object]) -> None:
    """Change columns of a roster that is ours."""
    mine = (lti_rosters.c.id == one.id) & (lti_rosters.c.lease_token == one.token)
    await transaction.execute(update(lti_rosters).where(mine).values(**values), dict(bound))
