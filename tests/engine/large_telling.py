"""What is told on the large database: webhooks of all organizations, and one that was told very much."""

OF_EACH, OF_OPERATORS, TOLD, OF_BUSY = 150, 1500, 4, 30_000
BUSY = 2_000_000

# Numbers from 1 to 1500 and beyond; the busy one stands behind all others, in the organization of the owner.
TELLING = (
    f"""
insert into webhooks (organization_id, owner_id, url, events, created_at, updated_at)
select organizations.id, (select min(id) from users), 'https://example.com/', '["*"]', timestamptz '2026-11-01',
    timestamptz '2026-11-01'
from organizations, generate_series(1, {OF_EACH}) n where organizations.code like 'L%' order by n""",
    f"""
insert into webhooks (owner_id, url, events, created_at, updated_at)
select (select min(id) from users), 'https://example.com/', '["*"]', timestamptz '2026-11-01', timestamptz '2026-11-01'
from generate_series(1, {OF_OPERATORS})""",
    f"""
insert into webhooks (id, organization_id, owner_id, url, events, created_at, updated_at)
select {BUSY}, id, (select min(id) from users), 'https://example.com/', '["*"]', timestamptz '2026-11-01',
    timestamptz '2026-11-01'
from organizations where code = 'L001'""",
    f"""
insert into deliveries (webhook_id, organization_id, event_id, event_type, occurred_at, status, attempt_count,
    response_code, created_at, finished_at)
select webhooks.id, organization_id, n, 'lesson.completed', timestamptz '2026-11-01' + n * interval '1 minute',
    case n % 10 when 0 then 'dead' else 'delivered' end, 2, 200, timestamptz '2026-11-01', timestamptz '2026-11-02'
from webhooks, generate_series(1, {OF_BUSY}) n where webhooks.id = {BUSY} or n <= {TOLD} order by n, webhooks.id""",
    """
insert into delivery_attempts (delivery_id, number, sent_at, duration_ms, response_code, response_body)
select id, n, timestamptz '2026-11-01', 100, 200, 'ok' from deliveries, generate_series(1, 2) n""",
    "analyze webhooks, deliveries, delivery_attempts",
)
