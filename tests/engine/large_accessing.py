"""What was read on the large database: of all organizations, a busy entry of very many students, and a busy student."""

from tests.engine.large_telling import BUSY

# Of each organization so many entries, of so many students each; and of one student so many more.
OF_EACH, SHOWN, OF_BUSY = 3_000, 3, 30_000
COLUMNS = (
    "at, kind, way, operation, document, organization_id, reader_id, reader_uid, reader_name, fields, student_count"
)
VALUES = """timestamptz '2026-11-01' + n * interval '1 second', 'read', 'rest', 'GET /api/v1/students', null, {}, 1,
    'auth0|reader-' || n % 50, 'name', '["Student.code"]', {}"""

ACCESSING = (
    f"""
insert into accesses ({COLUMNS})
select {VALUES.format("organizations.id", SHOWN)}
from organizations, generate_series(1, {OF_EACH}) n where organizations.code like 'L%' order by n""",
    f"""
insert into accesses (id, {COLUMNS})
select {BUSY}, {VALUES.format("id", 2_000)}
from organizations, generate_series(1, 1) n where code = 'L001'""",
    f"""
insert into access_students (student_id, access_id)
select s.id, a.id from accesses a
join (select id, organization_id, row_number() over (partition by organization_id order by id) as place
    from students) s
on s.organization_id = a.organization_id
and (a.id = {BUSY} or s.place between a.id % 1000 and a.id % 1000 + {SHOWN} - 1)
""",
    f"""
insert into accesses ({COLUMNS})
select {VALUES.format("organization_id", 1)}
from (select max(id) as id, organization_id from students
    where organization_id = (select id from organizations where code = 'L001') group by organization_id) s,
    generate_series(1, {OF_BUSY}) n order by n""",
    """
insert into access_students (student_id, access_id)
select (select max(id) from students where organization_id = a.organization_id), id
from accesses a where student_count = 1""",
    """
insert into compliance_documents (organization_id, kind, url, updated_at)
select id, 'dpa', 'https://example.jp/', timestamptz '2026-11-01' from organizations""",
    "analyze accesses, access_students, compliance_documents",
)
