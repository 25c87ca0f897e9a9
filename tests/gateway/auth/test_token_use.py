"""When a token was last used: written beside the requests, never by them, whatever the database does."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text

from db.accounts import api_tokens
from db.connections.database import connect
from gateway.auth.token_use import TokenUse
from tests.accounts.calling import ME, OWNER, TOKENS, by_token, counted_transactions, new_token, number_of, with_token
from tests.conftest import Running, running


async def last_used(own: Running) -> dict[int, datetime | None]:
    """When each token was last used, as the table has it."""
    columns = select(api_tokens.c.id, api_tokens.c.last_used_at)
    async with own.database.engine.connect() as connection:
        return {row[0]: row[1] for row in await connection.execute(columns)}


def uses_of(own: Running) -> TokenUse:
    """What the app remembers of tokens."""
    uses: TokenUse = own.app.state.parts.entrance.uses
    return uses


async def test_a_request_writes_nothing_about_its_token(own: Running) -> None:
    caller, by_auth0 = await by_token(own, OWNER), await own.headers(OWNER)
    await caller.get(ME)
    before = own.database.statements
    async with counted_transactions(own.database) as begun:
        for _ in range(3):
            assert (await caller.get(ME)).status_code == 200
        assert (await caller.graph("{ viewer { uid } }")).status_code == 200
    assert begun == []
    asked = own.database.statements - before
    before = own.database.statements
    for _ in range(3):
        await own.client.get(ME, headers=by_auth0)
    await own.client.post("/graphql", headers=by_auth0, json={"query": "{ viewer { uid } }"})
    # The one statement more finds the token.
    assert asked == own.database.statements - before + 4
    assert set((await last_used(own)).values()) == {None}


async def test_what_was_used_is_written_once_for_all_tokens(own: Running) -> None:
    first, second = await by_token(own, OWNER), await by_token(own, OWNER)
    unused = await new_token(own, OWNER)
    earliest = datetime.now(UTC)
    for caller in (first, second, first):
        await caller.get(ME)
    async with counted_transactions(own.database) as begun:
        await uses_of(own).write()
        await uses_of(own).write()
    assert len(begun) == 1
    found = await last_used(own)
    assert found.pop(number_of(unused)) is None
    assert all(at is not None and earliest <= at <= datetime.now(UTC) for at in found.values())
    assert len(found) == 2
    shown = (await first.get(TOKENS)).json()["data"]
    assert [row["last_used_at"] is None for row in shown] == [False, False, True]


async def test_a_refused_token_was_not_used(own: Running) -> None:
    token = await new_token(own, OWNER)
    assert (await with_token(own, f"{number_of(token) + 1}|{token.partition('|')[2]}").get(ME)).status_code == 401
    assert uses_of(own).used == {}


async def test_the_end_of_the_process_writes_the_rest(own: Running) -> None:
    token = await new_token(own, OWNER)
    async with running(own.settings) as second:
        assert (await with_token(second, token).get(ME)).status_code == 200
        assert (await last_used(own))[number_of(token)] is None
    assert (await last_used(own))[number_of(token)] is not None


async def test_a_database_that_is_away_for_one_turn_loses_nothing(own: Running) -> None:
    early, late = await new_token(own, OWNER), await new_token(own, OWNER)
    database = connect(own.settings.database)
    await database.open()
    uses = TokenUse(database)
    noon = datetime(2026, 4, 1, 12, tzinfo=UTC)
    uses.note(number_of(early), noon)
    uses.note(number_of(late), noon)
    async with own.database.writing() as transaction:
        await transaction.execute(text("alter table api_tokens rename to tokens_away"))
    await uses.write()
    uses.note(number_of(late), noon + timedelta(minutes=1))
    assert uses.used == {number_of(early): noon, number_of(late): noon + timedelta(minutes=1)}
    async with own.database.writing() as transaction:
        await transaction.execute(text("alter table tokens_away rename to api_tokens"))
    await uses.aclose()
    assert uses.used == {}
    assert await last_used(own) == {number_of(early): noon, number_of(late): noon + timedelta(minutes=1)}
    await database.close()
