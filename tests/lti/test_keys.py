"""The tool's keys: published before they sign and after, changed by one process of several, sealed where they lie."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner

from db.connections.database import Database, connect
from db.lti.tables import tool_keys
from gateway.__main__ import cli
from gateway.by_method import By
from gateway.settings import Settings
from jobs.settings import JobSettings
from jobs.timetable import timetable
from resolvers.lti.keys import SigningKey, published, rotate, rotate_if_due, signing_key
from resolvers.lti.signing import signed
from resolvers.sealing import Sealer, WrongSeal
from tests.accounts.calling import dump
from tests.conftest import Running, running

JWKS = "/api/lti/jwks"
KEY = Fernet.generate_key().decode()
SEALER, OTHER = Sealer([KEY]), Sealer([Fernet.generate_key().decode()])


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The database of one process."""
    found = connect(url)
    await found.open()
    yield found
    await found.close()


@pytest.fixture
async def another(url: str) -> AsyncIterator[Database]:
    """The same database, as another process has it."""
    found = connect(url)
    await found.open()
    yield found
    await found.close()


async def kids(database: Database) -> set[str]:
    """The names of the published keys."""
    return {key["kid"] for key in await published(database, SEALER)}


async def let_pass(database: Database, time: timedelta) -> None:
    """Move what is kept into the past, since the database's clock cannot be set."""
    async with database.writing() as transaction:
        for row in (await transaction.execute(select(tool_keys))).mappings().all():
            moved = {name: row[name] - time for name in ("created_at", "signs_from", "published_until") if row[name]}
            await transaction.execute(update(tool_keys).where(tool_keys.c.kid == row["kid"]).values(**moved))


async def test_the_first_key_is_made_when_it_is_asked_for_and_signs(url: str, data_dir: Path) -> None:
    async with running(Settings(database_url=url, data_dir=data_dir)) as app:
        answer = await app.client.get(JWKS)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.headers["Content-Type"] == "application/json"
        (key,) = answer.json()["keys"]
        assert (set(key), key["kty"], key["use"], key["alg"]) == (
            {"kty", "use", "alg", "kid", "n", "e"},
            *("RSA", "sig", "RS256"),
        )
        signs = await signing_key(app.database, app.settings.sealer())
        token = signed({"iss": "us", "aud": "them"}, signs, datetime.now(UTC))
        assert jwt.get_unverified_header(token)["kid"] == key["kid"]
        public = jwt.PyJWK.from_dict(key)
        assert jwt.decode(token, public, ["RS256"], audience="them", issuer="us")["iss"] == "us"
        assert (await app.client.get(JWKS)).json() == answer.json()


async def test_a_key_is_published_a_day_before_it_signs_and_a_month_after(database: Database) -> None:
    first = await signing_key(database, SEALER)
    second = (await rotate(database, SEALER)).kid
    assert await kids(database) == {first.kid, second}
    assert await signing_key(database, SEALER) == first
    await let_pass(database, timedelta(hours=23, minutes=55))
    assert await signing_key(database, SEALER) == first
    await let_pass(database, timedelta(minutes=10))
    assert (await signing_key(database, SEALER)).kid == second
    assert await kids(database) == {first.kid, second}
    await let_pass(database, timedelta(days=29, hours=23))
    assert await kids(database) == {first.kid, second}
    await let_pass(database, timedelta(hours=2))
    assert await kids(database) == {second}
    assert (await signing_key(database, SEALER)).kid == second


async def test_the_timetable_changes_a_key_after_ninety_days_and_forgets_old_ones(database: Database) -> None:
    (entry,) = [one for one in timetable(JobSettings(sealing_keys=(KEY,))) if one.name == "rotate_lti_keys"]
    # Where no key was ever needed, none is made.
    assert await entry.work(database) == 0
    assert await raw(database) == []
    first = await signing_key(database, SEALER)
    await let_pass(database, timedelta(days=89, hours=23))
    assert await entry.work(database) == 0
    await let_pass(database, timedelta(hours=2))
    assert await entry.work(database) == 1
    assert len(await kids(database)) == 2
    assert await signing_key(database, SEALER) == first
    # It signs from tomorrow: until ninety days later there is nothing to do.
    assert await entry.work(database) == 0
    await let_pass(database, timedelta(days=32))
    assert await entry.work(database) == 0
    assert len(await raw(database)) == 1
    assert await signing_key(database, SEALER) != first


async def raw(database: Database) -> list[str]:
    """The names of all keys that are kept, published or not."""
    async with database.writing() as transaction:
        return list((await transaction.execute(select(tool_keys.c.kid))).scalars())


async def test_of_two_processes_that_change_a_key_at_once_one_does(database: Database, another: Database) -> None:
    await signing_key(database, SEALER)
    await let_pass(database, timedelta(days=91))
    made = await asyncio.gather(*[rotate_if_due(one, SEALER) for one in (database, another, database, another)])
    assert sorted(made) == [0, 0, 0, 1]
    assert len(await kids(database)) == 2


async def test_two_processes_that_need_the_first_key_at_once_sign_alike_and_publish_what_either_made(
    database: Database, another: Database
) -> None:
    made = await asyncio.gather(signing_key(database, SEALER), signing_key(another, SEALER))
    assert {key.kid for key in made} <= await kids(database)
    assert await kids(database) == await kids(another)
    assert await signing_key(database, SEALER) == await signing_key(another, SEALER)


async def test_a_key_that_signs_at_once_leaves_one_that_will_sign_later_alone(database: Database) -> None:
    first, later = await signing_key(database, SEALER), await rotate(database, SEALER)
    at_once = await rotate(database, SEALER, at_once=True)
    assert (await signing_key(database, SEALER)).kid == at_once.kid
    await let_pass(database, timedelta(days=1, minutes=5))
    assert (await signing_key(database, SEALER)).kid == later.kid
    await let_pass(database, timedelta(days=40))
    assert await kids(database) == {later.kid, at_once.kid}
    assert first.kid not in await kids(database)
    assert (await signing_key(database, SEALER)).kid == later.kid


async def test_private_keys_are_sealed_in_the_database(database: Database) -> None:
    key = await signing_key(database, SEALER)
    kept, secret = await dump(database), [line for line in key.private_pem.splitlines() if "-" not in line]
    assert len(secret) > 20
    assert not [line for line in secret if line.encode() in kept]
    assert b"PRIVATE KEY" not in kept


async def test_with_another_seal_nothing_is_signed_and_public_keys_are_published(database: Database) -> None:
    first = await signing_key(database, SEALER)
    with pytest.raises(WrongSeal):
        await signing_key(database, OTHER)
    assert [key["kid"] for key in await published(database, OTHER)] == [first.kid]
    # So it is mended.
    made = await rotate(database, OTHER, at_once=True)
    assert (await signing_key(database, OTHER)).kid == made.kid


async def test_a_wrong_seal_is_a_503_that_says_what_to_mend(own: Running) -> None:
    async def sign(_request: object) -> Response:
        key: SigningKey = await signing_key(own.database, OTHER)
        return Response(key.kid)

    await signing_key(own.database, own.settings.sealer())
    own.app.router.routes.insert(0, Route("/sign", By(GET=sign)))
    answer = await own.client.get("/sign")
    assert answer.status_code == 503
    assert answer.json() == {"message": "This was sealed with a key that KAKEHASHI_SEALING_KEYS does not have."}
    assert (await own.client.get(JWKS)).status_code == 200


async def test_keys_are_read_by_get_alone(own: Running) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = await own.client.request(method, JWKS)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    head = await own.client.head(JWKS)
    assert (head.status_code, head.headers["Cache-Control"]) == (200, "public, max-age=3600")


async def test_the_command_line_shows_and_changes_keys(url: str, tmp_path: Path, database: Database) -> None:
    environment = {"KAKEHASHI_DATABASE_URL": url, "KAKEHASHI_DATA_DIR": str(tmp_path)}

    def said(*arguments: str) -> str:
        ended = CliRunner().invoke(cli, ["lti", *arguments], env=environment, prog_name="kakehashi")
        assert ended.exit_code == 0, ended.output
        return ended.output

    assert await asyncio.to_thread(said, "keys") == "There is no key yet: the first one is made when it is needed.\n"
    first = (await asyncio.to_thread(said, "rotate-key")).split()[0]
    sealer = Sealer.of_folder(tmp_path)
    assert (await signing_key(database, sealer)).kid == first
    second = (await asyncio.to_thread(said, "rotate-key")).split()[0]
    lines = (await asyncio.to_thread(said, "keys")).splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [[second, "will"], [first, "signs"]]
    third = (await asyncio.to_thread(said, "rotate-key", "--at-once")).split()[0]
    assert (await signing_key(database, sealer)).kid == third
    lines = (await asyncio.to_thread(said, "keys")).splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["will", "signs", "published"]
    assert json.dumps(await published(database, sealer)).count('"kid"') == 3
