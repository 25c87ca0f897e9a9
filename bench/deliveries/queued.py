"""Webhooks in a database of their own, and deliveries that are queued for them, all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from resolvers.sealing import Sealer
from resolvers.webhooks.wire import body_of, thin

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = body_of(
    "756222c6-6b28-49f4-9424-f4db204825f8",
    "lesson.completed",
    datetime(2026, 11, 27, 21, 22, 58, 600655, UTC),
    thin(organization_id=2002, subject_type="Student", subject_id=1, body={"lesson_id": 4711, "course_id": 12}),
)

OWNER = "insert into users (uid, created_at) values ('auth0|bench-hooks', now()) on conflict do nothing"
HOOK = """
insert into webhooks (owner_id, url, events, created_at, updated_at)
select id, $1, '["*"]', now(), now() from users where uid = 'auth0|bench-hooks' returning id
"""
SEALED = "insert into webhook_secrets (webhook_id, sealed, created_at) values ($1, $2, now())"
QUEUE = """
insert into deliveries
    (webhook_id, event_id, event_type, event_seq, occurred_at, status, next_attempt_at, body, created_at)
select webhook, gen_random_uuid()::text, 'lesson.completed', number, now(), 'pending', now(), $3, now()
from generate_series(1, $2::int) number, unnest($1::bigint[]) webhook
"""
LEFT = "select exists (select from deliveries where webhook_id = any($1) and finished_at is null)"
TOLD = "select status, attempt_count, count(*) from deliveries where webhook_id = any($1) group by 1, 2"
OFF = "update webhooks set is_active = false where id = any($1)"


@dataclass(frozen=True, slots=True)
class Queue:
    """The database as the bench has it."""

    connection: asyncpg.Connection

    async def hooks(self, urls: Sequence[str], sealer: Sealer) -> list[int]:
        """Make a webhook for each address; gives their numbers."""
        await self.connection.execute(OWNER)
        found = []
        for url in urls:
            number = await self.connection.fetchval(HOOK, url)
            await self.connection.execute(SEALED, number, sealer.seal(SECRET))
            found.append(int(number))
        return found

    async def put(self, hooks: Sequence[int], each: int) -> None:
        """Queue so many deliveries for each webhook, due at once; nobody sees one before they are all there."""
        await self.connection.execute(QUEUE, hooks, each, BODY)

    async def is_left(self, hooks: Sequence[int]) -> bool:
        """Whether something is not delivered and recorded yet."""
        return bool(await self.connection.fetchval(LEFT, hooks))

    async def refuse_failures(self, hooks: Sequence[int]) -> None:
        """RuntimeError where anything was not delivered by its first attempt."""
        told = [tuple(row)[:2] for row in await self.connection.fetch(TOLD, hooks)]
        if told != [("delivered", 1)]:
            raise RuntimeError(f"Not everything was delivered at once: {told}.")

    async def end(self, hooks: Sequence[int]) -> None:
        """Switch webhooks off, with all that waits for them."""
        await self.connection.execute(OFF, hooks)
        await self.connection.execute("delete from deliveries where webhook_id = any($1)", hooks)
