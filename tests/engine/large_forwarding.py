"""What is forwarded on the large database: xAPI endpoints of all organizations, and one that was sent very much."""

from tests.engine.large_telling import BUSY

OF_EACH, OF_OPERATORS, SENT, OF_BUSY = 150, 1500, 4, 30_000
COLUMNS = (
    "organization_id, owner_id, name, url, auth_type, has_credentials, version, verbs, home, created_at, updated_at"
)
VALUES = """(select min(id) from users), 'LRS', 'https://example.com/', 'basic', false, '1.0.3', '[]',
    'https://k.example', timestamptz '2026-11-01', timestamptz '2026-11-01'"""

FORWARDING = (
    f"""
insert into xapi_endpoints ({COLUMNS})
select organizations.id, {VALUES}
from organizations, generate_series(1, {OF_EACH}) n where organizations.code like 'L%' order by n""",
    f"""
insert into xapi_endpoints ({COLUMNS})
select null, {VALUES} from generate_series(1, {OF_OPERATORS})""",
    f"""
insert into xapi_endpoints (id, {COLUMNS})
select {BUSY}, id, {VALUES} from organizations where code = 'L001'""",
    f"""
insert into xapi_statements (endpoint_id, organization_id, statement_id, event_seq, event_type, verb, status, body,
    created_at, finished_at)
select xapi_endpoints.id, organization_id, n, n, 'lesson.completed', 'completed',
    case n % 10 when 0 then 'rejected' else 'delivered' end, '{{}}', timestamptz '2026-11-01', timestamptz '2026-11-02'
from xapi_endpoints, generate_series(1, {OF_BUSY}) n where xapi_endpoints.id = {BUSY} or n <= {SENT}
order by n, xapi_endpoints.id""",
    "analyze xapi_endpoints, xapi_statements",
)
