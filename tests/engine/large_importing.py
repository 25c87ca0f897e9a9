"""What is imported on the large database: files of all organizations, and a busy one of very many rows."""

from tests.engine.large_telling import BUSY

OF_EACH, ROWS, OF_BUSY = 200, 4, 30_000
IMPORT = """organization_id, owner_id, source, mode, dry_run, encoding, columns, status, total_rows, created_at,
    finished_at"""
VALUES = """organizations.id, (select min(id) from users), 'csv', 'upsert', false, 'utf-8', '["external_id"]',
    'completed', 9, timestamptz '2026-11-01', timestamptz '2026-11-01'"""

IMPORTING = (
    f"""
insert into imports ({IMPORT}) select {VALUES} from organizations, generate_series(1, {OF_EACH}) n order by n""",
    f"""
insert into imports (id, {IMPORT}) select {BUSY}, {VALUES} from organizations where code = 'L001'""",
    f"""
insert into import_rows (import_id, number, line, ref, role, content, action)
select imports.id, n, n + 1, 'S-' || n, 'student', '{{}}', case n % 10 when 0 then 'failed' else 'created' end
from imports, generate_series(1, {OF_BUSY}) n where imports.id = {BUSY} or n <= {ROWS} order by n, imports.id""",
    f"""
insert into import_errors (import_id, row_number, line, code, message)
select imports.id, n, n + 1, 'DATE', 'no'
from imports, generate_series(1, {OF_BUSY}) n where imports.id = {BUSY} or n <= {ROWS} order by n, imports.id""",
    "analyze imports, import_rows, import_errors",
)
