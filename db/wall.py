"""Whether the second wall stands: the role of the graph sees what policies show it alone, and writes nothing."""

from db.connections.database import Database
from db.sight import ROLE

# Tables that the graph reads nothing of: who may do what, secrets, and what the system keeps for itself.
UNREAD = frozenset(
    {
        *("settings", "outbox", "reading_positions", "idempotency_keys", "registered_documents"),
        "webhook_secrets",
        "course_publications",
        *("import_links", "import_places"),
        *("lti_invitations", "lti_logins", "lti_people", "lti_roster_members", "tool_keys"),
        *("plan_prices", "payers", "received_events", "redeemed_promotions"),
        *("sso_domains", "sso_logins", "sso_people", "sso_assertions"),
    }
)

# Asked as the graph's role itself. Each line is one thing that is not as it has to be.
FAULTS = f"""
select 'the connections of the graph are ' || current_user where current_user <> '{ROLE}'
union all
select rolname || ' is a superuser or passes by policies' from pg_roles
where rolname = current_user and (rolsuper or rolbypassrls)
union all
select relname || ' has no forced policy for {ROLE}' from pg_class
where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
and has_any_column_privilege(oid, 'select')
and not (relrowsecurity and relforcerowsecurity and exists (
  select from pg_policy where polrelid = pg_class.oid and not polpermissive and polcmd in ('r', '*')
  and polroles = array[(select oid from pg_roles where rolname = '{ROLE}')]
))
union all
select relname || ' may be written by {ROLE}, or is its own' from pg_class
where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
and (has_table_privilege(oid, 'insert, update, delete, truncate') or pg_has_role(relowner, 'member'))
union all
select 'students cannot be read by {ROLE}'
where not coalesce(has_any_column_privilege(to_regclass('students'), 'select'), false)
order by 1
"""


class WallMissing(Exception):
    """PostgreSQL would not keep one viewer's rows from another; the text says where, and what to do."""


async def faults(database: Database) -> list[str]:
    """What is wrong with the wall; nothing on SQLite, which has none. Raises DatabaseUnavailable."""
    if database.dialect.name != "postgresql":
        return []
    return [str(row[0]) for row in await database.graph.fetch(FAULTS, ())]


async def refuse_without(database: Database) -> None:
    """Raise WallMissing where PostgreSQL does not stand behind the graph."""
    found = await faults(database)
    if found:
        raise WallMissing(
            f"Row-level security does not hold: {'; '.join(found[:3])}. Run `kakehashi migrate`; see docs/security.md."
        )
