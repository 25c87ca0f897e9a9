"""Who belongs to organizations on the large database beside its students: staff of each, and what is said of it."""

OF_EACH = 300
PERSON = "'s', '', '', '', '', timestamptz '2026-04-01', timestamptz '2999-12-31', '', timestamptz '2026-04-01'"

BELONGING = (
    f"""
insert into users (uid, email, created_at)
select 'staff|' || organizations.id || '|' || n, 's' || organizations.id || '-' || n || '@a.example',
    timestamptz '2026-04-01'
from organizations, generate_series(1, {OF_EACH}) n where organizations.code like 'L%'""",
    f"""
insert into staff (id, uid, code, external_id, last_name, first_name, last_name_kana, first_name_kana, start_at, end_at,
    search_key, updated_at)
select id, uid, 'S' || id, {PERSON} from users where uid like 'staff|%'""",
    """
insert into memberships (staff_id, organization_id, role)
select id, split_part(uid, '|', 2)::bigint, 'homeroom_teacher' from staff where uid like 'staff|%'""",
    """
insert into organization_domains (organization_id, domain, created_at)
select id, 'd' || n || '.' || lower(code) || '.example', timestamptz '2026-04-01'
from organizations, generate_series(1, 3) n""",
    """
insert into organization_brandings (organization_id, display_name, updated_at)
select id, name, timestamptz '2026-04-01' from organizations""",
    "analyze users, staff, memberships, organization_domains, organization_brandings",
)
