"""Makes the role as which the graph reads; it belongs to the whole server, so another database may have made it."""

from sqlalchemy import Connection, text

from db.errors import DatabaseUnavailable


class RoleMissing(DatabaseUnavailable):
    """The login may not make the role, or not become it; the text says what an administrator has to run."""


# Databases of one server are migrated at once: whoever comes second waits for the first, and finds it done.
MAKE = """
do $$ begin
  create role {role} nologin noinherit;
exception when duplicate_object or unique_violation then null;
end $$
"""
JOIN = """
do $$ begin
  grant {role} to current_user;
exception when duplicate_object or unique_violation then null;
end $$
"""
STATE = text(
    "select own.rolsuper, own.rolsuper or own.rolcreaterole as makes, own.rolname as login,"
    " exists (select from pg_roles where rolname = :role) as there"
    " from pg_roles own where own.rolname = current_user"
)


def make_role(connection: Connection, role: str) -> None:
    """Make a role that owns nothing and cannot log in, and let the login become it; raises RoleMissing."""
    own = connection.execute(STATE, {"role": role}).one()
    if not own.there:
        if not own.makes:
            raise RoleMissing(told(role, own.login, f"create role {role} nologin noinherit; "))
        connection.execute(text(MAKE.format(role=role)))
    if own.rolsuper or may_become(connection, role):
        return
    if not own.makes:
        raise RoleMissing(told(role, own.login))
    connection.execute(text(JOIN.format(role=role)))
    if not may_become(connection, role):
        raise RoleMissing(told(role, own.login))


def may_become(connection: Connection, role: str) -> bool:
    """Whether `set role` would work."""
    # From PostgreSQL 16 on being a member and being let to become the role are two things.
    kind = "set" if (connection.dialect.server_version_info or (0,)) >= (16,) else "member"
    return bool(connection.scalar(text("select pg_has_role(current_user, :role, :kind)"), {"role": role, "kind": kind}))


def told(role: str, login: str, first: str = "") -> str:
    """The one line for an administrator."""
    quoted = '"' + login.replace('"', '""') + '"'
    return f"The graph reads as a role of its own. Let an administrator run: {first}grant {role} to {quoted};"
