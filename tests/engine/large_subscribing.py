"""What is subscribed to on the large database: of each organization very many, as if each month were a new one."""

OF_EACH = 2_000
SUBSCRIBING = (
    f"""
insert into subscriptions (organization_id, stripe_id, plan_code, status, precedence, started_at, created_at,
    updated_at)
select id, 'sub_' || id || '_' || n, 'pro', case n when 0 then 'active' else 'canceled' end, n,
    timestamptz '2026-11-01', timestamptz '2026-11-01', timestamptz '2026-11-01'
from organizations, generate_series(0, {OF_EACH}) n where code like 'L%' order by n""",
    "analyze subscriptions",
)
