"""What is launched on the large database: platforms of all organizations, and a busy one with a busy launch."""

from tests.engine.large_telling import BUSY

# Each learner of the large database takes one of its English courses, by number.
OF_EACH, LAUNCHED, GRADED, OF_BUSY, COURSES = 300, 4, 2, 30_000, 40
COLUMNS = """organization_id, owner_id, name, issuer, client_id, deployment_ids, auth_login_url, token_url, jwks_url,
    matching, creates_accounts, created_at, updated_at"""
VALUES = """(select min(id) from users), 'LMS', 'https://lms.example', {}, '["1"]', 'https://lms.example/auth',
    'https://lms.example/token', 'https://lms.example/jwks', 'email', true, timestamptz '2026-11-01',
    timestamptz '2026-11-01'"""
LAUNCH = """organization_id, deployment_id, message_type, subject, user_id, student_id, roles, context_id,
    resource_link_id, course_id, lesson_id, ags_scopes, has_grade_service, has_roster, launched_at"""
LEARNED = f"""'1', 'resource_link', s.id, s.id, s.id, '["Learner"]', 'context', 'link', 2000001 + s.id % {COURSES},
    2000000 + (1 + s.id % {COURSES}) * 60 + 1, '[]', true, true, timestamptz '2026-11-01'"""

LAUNCHING = (
    f"""
insert into lti_platforms ({COLUMNS})
select organizations.id, {VALUES.format("organizations.id || '-' || n")}
from organizations, generate_series(1, {OF_EACH}) n where organizations.code like 'L%' order by n""",
    f"""
insert into lti_platforms (id, {COLUMNS})
select {BUSY}, id, {VALUES.format("'busy'")} from organizations where code = 'L001'""",
    # Of each platform some students of its organization, and of the busy one all of them, again and again.
    f"""
insert into lti_launches (platform_id, {LAUNCH})
select p.id, p.organization_id, {LEARNED}
from (select *, row_number() over (partition by organization_id order by id) as place from lti_platforms) p
join (select id, organization_id, row_number() over (partition by organization_id order by id) as place from students) s
on s.organization_id = p.organization_id and s.place between p.place * {LAUNCHED} and p.place * {LAUNCHED} + {LAUNCHED}
where p.id <> {BUSY}
order by p.id""",
    f"""
insert into lti_launches (platform_id, {LAUNCH})
select {BUSY}, s.organization_id, {LEARNED}
from (select id, organization_id, row_number() over (order by id) as place, count(*) over () as many from students
    where organization_id = (select id from organizations where code = 'L001')) s,
    generate_series(1, {OF_BUSY}) n where s.place = 1 + n % s.many order by n""",
    f"""
insert into lti_launches (id, platform_id, {LAUNCH})
select {BUSY}, {BUSY}, s.organization_id, {LEARNED}
from students s where s.id = (select max(student_id) from lti_launches where platform_id = {BUSY})""",
    f"""
insert into lti_scores (launch_id, platform_id, organization_id, student_id, subject, line, score_given, score_maximum,
    activity_progress, grading_progress, scored_at, source, status, attempt_count, response_code, created_at,
    finished_at)
select l.id, platform_id, organization_id, student_id, subject, l.id, 80, 100, 'Completed', 'FullyGraded',
    timestamptz '2026-11-01' + n * interval '1 minute', 'completion',
    case n % 10 when 0 then 'failed' else 'delivered' end, 1, 200, timestamptz '2026-11-01', timestamptz '2026-11-02'
from lti_launches l, generate_series(1, {OF_BUSY}) n where l.id = {BUSY} or n <= {GRADED} order by n, l.id""",
    # Of each platform a few sections, and of the busy one very many courses.
    f"""
insert into lti_rosters (platform_id, organization_id, section_id, context_id, memberships_url, status, next_run_at,
    created_at, updated_at)
select p.id, p.organization_id, s.id, n, 'https://lms.example/members',
    case n % 10 when 0 then 'failed' else 'completed' end, timestamptz '2026-11-29', timestamptz '2026-11-01',
    timestamptz '2026-11-01'
from lti_platforms p join (select organization_id, min(id) as id from sections group by organization_id) s
on s.organization_id = p.organization_id, generate_series(1, {OF_BUSY}) n where p.id = {BUSY} or n <= {GRADED}
order by n, p.id""",
    "analyze lti_platforms, lti_launches, lti_scores, lti_rosters",
)
