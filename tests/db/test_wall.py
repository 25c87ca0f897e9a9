"""The second wall: the role of the graph sees a viewer's rows, never a secret, writes nothing, and confuses nobody."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from db.connections.database import Database, connect
from db.connections.postgresql import PostgresqlReader
from db.errors import DatabaseUnavailable
from db.migrate import downgrade, drift, upgrade
from db.sight import ROLE, SETTINGS, Sight
from db.tables import metadata
from db.wall import UNREAD, WallMissing, faults, refuse_without
from tests.db.contents import executed
from tests.services.postgresql import Server, create_database, drop_database, plain

STUDENTS = "select id from students order by id"
SECRETS = (
    *("users.password_hash", "api_tokens.digest", "training_items.solution"),
    *("lti_launches.subject", "lti_launches.code_digest", "lti_scores.subject", "lti_rosters.memberships_url"),
    *("sso_configurations.client_secret", "sso_configurations.certificate_pems"),
)
CONFIDED = {"staff": "uid", **dict.fromkeys(("users", "api_tokens", "training_items"), "id")}


def sight(**settings: str) -> Sight:
    """A sight with these settings, and nothing else in it."""
    return Sight(tuple(settings.get(name, "") for name in SETTINGS))


def staff_of(*organizations: int, demo: str = "off") -> Sight:
    """Staff who reach the students of these organizations."""
    return sight(standing="staff", demo=demo, students=f"{{{','.join(map(str, organizations))}}}")


@pytest.fixture(scope="module")
def walled(postgresql_server: Server) -> Iterator[str]:
    """A PostgreSQL database with two organizations of three students each, one of them a demo student."""
    url = plain(create_database(postgresql_server, "walled"))
    upgrade(url)
    at = "timestamptz '2026-01-01'"
    executed(
        url,
        f"insert into organizations (id, code, name, abbreviation, search_key, updated_at)"
        f" select n, 'o' || n, 'name', 'n', '', {at} from generate_series(1, 2) n",
        f"insert into users (id, uid, password_hash, created_at)"
        f" select n, 'u' || n, 'secret', {at} from generate_series(1, 6) n",
        f"insert into students (id, uid, code, external_id, first_name, last_name, first_name_kana, last_name_kana,"
        f" start_at, end_at, demo, organization_id, roster_years, kana_group, last_name_key, full_name_key, search_key,"
        f" account_key, updated_at) select n, 'u' || n, n, n, '', '', '', '', {at}, {at}, n = 6, 1 + n / 4, 0, 'A', '',"
        f" '', '', '', {at} from generate_series(1, 6) n",
    )
    yield url
    drop_database(postgresql_server, "walled")


@pytest.fixture
async def database(walled: str) -> AsyncIterator[Database]:
    """The database with one connection for the graph, so that every viewer meets the one before."""
    opened = connect(walled, connections=1)
    await opened.open()
    yield opened
    await opened.close()


async def ids(database: Database, sight: Sight | None) -> list[int]:
    """The students whom a viewer sees."""
    return [row[0] for row in await database.graph.fetch(STUDENTS, (), sight)]


async def test_who_says_nothing_sees_nothing(database: Database) -> None:
    readable = [table.name for table in metadata.sorted_tables if table.name not in UNREAD]
    assert len(readable) > 30
    for blind in (None, sight(), sight(standing="somebody", students="all")):
        for name in readable:
            counted = f"select count({CONFIDED.get(name, '*')}) from {name}"
            found = await database.graph.fetch(counted, (), blind)
            assert [tuple(row) for row in found] == [(0,)] or (blind is not None and name == "students"), name
    assert await ids(database, sight(standing="staff", demo="off")) == []
    # The login itself is a superuser here, and policies hold only because the connection is another role's.
    assert [tuple(row) for row in await database.read(STUDENTS, ())] == [(id_,) for id_ in range(1, 7)]


async def test_settings_that_make_no_sense_are_an_error_and_show_nothing(database: Database) -> None:
    with pytest.raises(asyncpg.DataError):
        await ids(database, sight(standing="staff", demo="off", students="1, 2"))
    assert await ids(database, staff_of(1)) == [1, 2, 3]


async def test_a_viewer_sees_the_own_rows(database: Database) -> None:
    assert await ids(database, staff_of(1)) == [1, 2, 3]
    assert await ids(database, staff_of(2)) == [4, 5, 6]
    assert await ids(database, staff_of(2, demo="on")) == [6]
    assert await ids(database, sight(standing="student", demo="off", student="5", students="{}")) == [5]
    assert await ids(database, sight(standing="staff", demo="off", students="all")) == [1, 2, 3, 4, 5, 6]
    assert await ids(database, None) == []


async def test_the_role_of_the_graph_reads_no_secret_and_writes_nothing(database: Database) -> None:
    everything = sight(standing="staff", demo="off", user="1", students="all")
    for secret in SECRETS:
        owner, column = secret.split(".")
        for asked in (column, "*"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await database.graph.fetch(f"select {asked} from {owner}", (), everything)
    for name in sorted(UNREAD):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.graph.fetch(f"select * from {name}", (), everything)
    for table in metadata.sorted_tables:
        column = next(iter(table.columns)).name
        for change in (
            f"delete from {table.name}",
            f"update {table.name} set {column} = {column}",
            f"insert into {table.name} default values",
            f"truncate {table.name}",
            f"alter table {table.name} disable row level security",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await database.graph.fetch(change, (), everything)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.graph.fetch("create table mine (id integer)", (), everything)
    assert await ids(database, everything) == [1, 2, 3, 4, 5, 6]


async def test_a_connection_of_the_login_refuses_a_viewers_statement(database: Database) -> None:
    with pytest.raises(TypeError, match="no viewer's statement belongs there"):
        await database.reader.fetch(STUDENTS, (), staff_of(1))


async def test_resetting_the_role_leaves_it_as_it_is(database: Database) -> None:
    reader = database.graph
    assert isinstance(reader, PostgresqlReader)
    connection = await reader.take()
    await connection.execute("reset role")
    await connection.execute("reset all")
    assert await connection.fetchval("select current_user") == ROLE
    reader.give(connection)


async def test_a_viewer_is_told_to_a_connection_once(database: Database) -> None:
    """What is remembered costs no round trip."""
    one, other, told = staff_of(1), staff_of(2), list[str]()
    reader = database.graph
    assert isinstance(reader, PostgresqlReader)
    await reader.fetch(STUDENTS, (), one)
    (connection,) = reader.idle
    connection.add_query_logger(lambda record: told.append(record.query))
    for viewer in (one, one, other, other, other, one):
        await reader.fetch(STUDENTS, (), viewer)
    await asyncio.sleep(0)
    changes = [query.startswith("select set_config") for query in told]
    assert changes == [False, False, True, False, False, False, True, False]


async def test_two_viewers_alternate_on_one_connection_and_never_see_each_other(database: Database) -> None:
    """A thousand times, with statements that fail, requests that are gone in between, and connections that break."""
    dice = random.Random(20261126)
    rows = {staff_of(1): [1, 2, 3], staff_of(2): [4, 5, 6]}
    viewers = list(rows)
    for turn in range(1000):
        viewer = viewers[turn % 2]
        if turn % 3 == 0:
            await cut_short(database, dice.choice(viewers), dice.choice((0, 0, 1, 2, 3)))
        elif turn % 7 == 0:
            with pytest.raises(asyncpg.DivisionByZeroError):
                await database.graph.fetch("select 1 / 0", (), dice.choice(viewers))
        elif turn % 100 == 50:
            await killed(database, dice.choice(viewers))
        elif turn % 11 == 0:
            with pytest.raises(asyncpg.DataError):
                await ids(database, staff_of_nonsense())
        assert await ids(database, viewer) == rows[viewer], turn


def staff_of_nonsense() -> Sight:
    """Settings that a policy cannot read."""
    return sight(standing="staff", demo="off", students="{1")


async def cut_short(database: Database, viewer: Sight, turns: int) -> None:
    """Ask for a viewer and be cancelled after so many turns of the loop: before, amid or after telling who looks."""
    task = asyncio.create_task(database.graph.fetch("select pg_sleep(0.001), id from students", (), viewer))
    for _ in range(turns):
        await asyncio.sleep(0)
    if turns == 3:
        await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def killed(database: Database, viewer: Sight) -> None:
    """Let the server end the one connection of the graph, which the next statement notices."""
    reader = database.graph
    assert isinstance(reader, PostgresqlReader)
    (connection,) = reader.idle
    await database.read("select pg_terminate_backend($1)", (connection.get_server_pid(),))
    with pytest.raises((DatabaseUnavailable, asyncpg.AdminShutdownError)):
        await database.graph.fetch(STUDENTS, (), viewer)


async def test_a_new_connection_knows_no_viewer(database: Database) -> None:
    viewer = staff_of(1)
    assert await ids(database, viewer) == [1, 2, 3]
    await killed(database, viewer)
    reader = database.graph
    assert isinstance(reader, PostgresqlReader)
    assert (reader.sights, reader.opened) == ({}, 0)
    assert await ids(database, viewer) == [1, 2, 3]


# Each takes something of the wall away; the wall says so, and says what.
BREACHES = {
    "alter table students disable row level security": f"students has no forced policy for {ROLE}",
    "alter table students no force row level security": f"students has no forced policy for {ROLE}",
    "drop policy graph on activity": f"activity has no forced policy for {ROLE}",
    f"grant select on outbox to {ROLE}": f"outbox has no forced policy for {ROLE}",
    f"grant update on schools to {ROLE}": f"schools may be written by {ROLE}, or is its own",
    f"alter table levels owner to {ROLE}": f"levels may be written by {ROLE}, or is its own",
    "grant select on settings to public": f"settings has no forced policy for {ROLE}",
    "create view everybody as select * from students; grant select on everybody to public": (
        f"everybody has no forced policy for {ROLE}"
    ),
    f"revoke select on students from {ROLE}": f"students cannot be read by {ROLE}",
}


@pytest.mark.parametrize("breach", BREACHES)
@pytest.mark.usefixtures("template")
async def test_a_breach_in_the_wall_is_told_and_nothing_is_served(postgresql_server: Server, breach: str) -> None:
    name = f"breach_{uuid4().hex[:12]}"
    url = plain(create_database(postgresql_server, name, template="migrated_template"))
    database = connect(url)
    await database.open()
    assert await faults(database) == []
    await refuse_without(database)
    await asyncio.to_thread(executed, url, *breach.split("; "))
    assert BREACHES[breach] in await faults(database)
    with pytest.raises(WallMissing, match=r"Row-level security does not hold: .*see docs/security\.md"):
        await refuse_without(database)
    await database.close()
    drop_database(postgresql_server, name)


@pytest.mark.usefixtures("template")
def test_a_table_without_a_policy_is_told_as_drift(postgresql_server: Server) -> None:
    url = create_database(postgresql_server, "drifted", template="migrated_template")
    executed(url, "drop policy graph on sections")
    assert drift(url) == [
        "sections: no policy says which of its rows the graph shows; make one, or name it in db.wall.UNREAD"
    ]
    drop_database(postgresql_server, "drifted")


async def test_without_the_wall_nothing_is_shown_and_the_fault_is_told(postgresql_server: Server) -> None:
    url = plain(create_database(postgresql_server, "unwalled"))
    await asyncio.to_thread(upgrade, url)
    await asyncio.to_thread(downgrade, url, "2026_11_26_03")
    database = connect(url)
    await database.open()
    assert await faults(database) == [f"students cannot be read by {ROLE}"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ids(database, staff_of(1))
    await database.close()
    drop_database(postgresql_server, "unwalled")


@pytest.fixture
def login(postgresql_server: Server) -> Iterator[tuple[str, str]]:
    """A login that may do nothing beside owning one database, and the URL of that for it."""
    name = f"login_{uuid4().hex[:12]}"
    url = make_url(plain(create_database(postgresql_server, name)))
    executed(plain(postgresql_server.url), f"create role {name} login")
    database = url.database
    executed(url.render_as_string(hide_password=False), f'alter database "{database}" owner to {name}')
    executed(url.render_as_string(hide_password=False), f"alter schema public owner to {name}")
    yield name, url.set(username=name).render_as_string(hide_password=False)
    drop_database(postgresql_server, name)
    executed(plain(postgresql_server.url), f"drop role {name}")


def test_a_login_that_may_not_become_the_role_is_told_what_an_administrator_runs(
    postgresql_server: Server, login: tuple[str, str]
) -> None:
    name, url = login
    with pytest.raises(DatabaseUnavailable, match=f'Let an administrator run: .*grant {ROLE} to "{name}";'):
        upgrade(url)
    executed(plain(postgresql_server.url), f'grant {ROLE} to "{name}"')
    upgrade(url)
    assert drift(url) == []
    # The owner of the tables is no superuser here: it sees all rows for its own work, and the graph's role none.
    executed(url, "insert into levels (key, name, seq) values ('a', 'A', 1)")
    assert executed(url, "select key from levels") == [("a",)]
    assert asyncio.run(seen(url, "select key from levels", sight(standing="student"))) == [("a",)]
    assert asyncio.run(seen(url, "select key from levels", sight())) == []


async def seen(url: str, sql: str, viewer: Sight) -> list[tuple[object, ...]]:
    """What a viewer sees."""
    database = connect(url)
    await database.open()
    assert await faults(database) == []
    rows = [tuple(row) for row in await database.graph.fetch(sql, (), viewer)]
    await database.close()
    return rows


def test_sqlite_has_no_second_wall(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/one.db"
    upgrade(url)
    database = connect(url)
    assert database.graph is database.reader
    assert asyncio.run(faults(database)) == []
