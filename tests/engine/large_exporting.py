"""What is exported on the large database: a few files of everyone, and many of one owner."""

from tests.engine.large_telling import BUSY

OF_EACH, OF_BUSY = 2, 3000

# The busy owner's exports stand behind all others; the last one has the number of the busy webhook.
EXPORTING = (
    f"""
insert into exports (owner_id, type, variables, format, encoding, status, row_count, total_rows, created_at,
    finished_at, error)
select users.id, 'activity', '{{}}', 'csv', 'utf-8-sig', 'failed', 0, 0, timestamptz '2026-11-01',
    timestamptz '2026-11-01', 'no'
from users, generate_series(1, {OF_EACH}) n order by n, users.id""",
    f"""
insert into exports (id, owner_id, type, variables, format, encoding, status, row_count, total_rows, created_at,
    finished_at, file_name, file_size, sha256, expires_at)
select {BUSY} - {OF_BUSY} + n, owners.id, case n % 10 when 0 then 'activity' else 'completions' end, '{{}}', 'csv',
    'utf-8-sig', 'completed', 9, 9, timestamptz '2026-11-01', timestamptz '2026-11-01', n, 9, 'a',
    case n % 10 when 1 then timestamptz '2027-06-01' else timestamptz '2026-11-08' end
from generate_series(1, {OF_BUSY}) n, (select id from users where uid = 'auth0|large-owner') owners""",
    "analyze exports",
)
