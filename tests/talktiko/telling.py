"""Webhooks and upstreams that the shared database has beside the demo: some to be shown, some for commands."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from db.demo.numbering import advance
from db.organizations import organizations
from db.upstreams import collected_usage, upstream_feeds
from db.webhooks import deliveries, webhooks
from tests.talktiko.asking import OWNER, Api

# An address that may be reached, written so that nobody has to look a name up; nothing is ever sent there.
URL, REFUSED_URL = "https://93.184.216.34/hook", "https://127.0.0.1/hook"
DOCUMENT = "subscription { eventStream { id } }"
# Of these the first has a history, the second takes commands, to the third nothing was ever told.
SHOWN, USED, QUIET, REPLAYED, OTHERS = 7001, 7002, 7003, 7004, (7005, 7006)
FIRST_SHOWN, FIRST_USED, FIRST_REPLAYED, FIRST_SEQ = 7100, 7200, 7400, 500
# Of upstreams the first has told something, the second takes commands.
SHOWN_UPSTREAM, USED_UPSTREAM, SOURCE = 8001, 8002, "shown"
BEGINNING, DAY = datetime(2026, 11, 1, tzinfo=UTC), timedelta(days=1)
STATUSES = ("delivered", "dead", "skipped", "delivered", "dead", "failed", "pending")
TYPES = ("lesson.completed", "student.updated", "ping")


async def tell(api: Api) -> None:
    """Add the webhooks, of the organization and in the name of its owner, and what was delivered to them."""
    (found,) = await api.rows_of(select(organizations.c.id).where(organizations.c.code == "kakehashi"))
    place, owner = int(found[0]), await api.id_of(OWNER)
    rows = [
        {"id": id_, "organization_id": place, "owner_id": owner, "url": URL, "events": ["lesson.*"]}
        for id_ in (SHOWN, USED, QUIET, REPLAYED, *OTHERS)
    ]
    told = [*history(SHOWN, FIRST_SHOWN), *history(USED, FIRST_USED)[:2], *history(REPLAYED, FIRST_REPLAYED)]
    async with api.running.database.writing() as transaction:
        await transaction.execute(insert(webhooks), [{**row, **when(0, "created_at", "updated_at")} for row in rows])
        await transaction.execute(insert(deliveries), [{**row, "organization_id": place} for row in told])
        await transaction.execute(insert(upstream_feeds), upstreams())
        await transaction.execute(insert(collected_usage), collected())
        await advance(transaction, webhooks, deliveries, upstream_feeds, collected_usage)


def upstreams() -> list[dict[str, object]]:
    """An upstream that is well, and another one."""
    names = ((SHOWN_UPSTREAM, SOURCE), (USED_UPSTREAM, "used"))
    instants = when(0, "watermark", "last_success_at", "next_poll_at", "created_at", "updated_at")
    return [{"id": id_, "name": name, "url": URL, **instants} for id_, name in names]


def collected() -> list[dict[str, object]]:
    """What the first one told, one record a day: of two people in turns."""
    told = {"source": SOURCE, "package_code": "110A01P01", "package_name": "【24版】プレ入試英語(1)"}
    return [
        {
            **told,
            "id": 8100 + day,
            "external_id": str(day),
            "uid": f"auth0|u{day % 2}",
            **when(day, "created_at", "collected_at"),
        }
        for day in range(5)
    ]


def history(webhook: int, first: int) -> list[dict[str, object]]:
    """A delivery of each status, one a day, the numbers of which begin with this."""
    return [
        {
            "id": first + day,
            "webhook_id": webhook,
            "event_id": f"event-{day}",
            "event_type": TYPES[day % len(TYPES)],
            "event_seq": FIRST_SEQ + day,
            "status": status,
            "attempt_count": 0 if status in {"skipped", "pending"} else 2,
            "response_code": None if status in {"skipped", "pending"} else 200,
            "duration_ms": None if status in {"skipped", "pending"} else 31,
            **when(day, "occurred_at", "created_at"),
            **dict.fromkeys(("finished_at", "next_attempt_at")),
            **when(day, "next_attempt_at" if status in {"failed", "pending"} else "finished_at"),
        }
        for day, status in enumerate(STATUSES)
    ]


def when(day: int, *columns: str) -> dict[str, object]:
    """The instant of a day, in each of some columns."""
    return dict.fromkeys(columns, BEGINNING + day * DAY)
