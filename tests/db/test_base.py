"""Tests of the column types: instants keep their meaning, and both databases order texts alike."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import StatementError

from db.accounts import users
from db.connections.database import Database
from db.notices import informations

JAPAN = timezone(timedelta(hours=9))


def notice(id_: int, open_at: datetime, close_at: datetime | None) -> dict[str, object]:
    """The values of a notice that is open from and to these instants."""
    return {"id": id_, "title": "架け橋", "content": "", "open_at": open_at, "close_at": close_at}


async def test_an_instant_comes_back_as_the_same_instant_with_its_offset(database: Database) -> None:
    begins = datetime(2026, 4, 1, 0, 30, 15, 123_456, JAPAN)
    ends = datetime(2026, 3, 31, 20, 0, tzinfo=timezone(timedelta(hours=-5)))
    async with database.writing() as transaction:
        await transaction.execute(insert(informations), [notice(1, begins, ends), notice(2, begins, None)])
        kept = (await transaction.execute(select(informations.c.open_at, informations.c.close_at))).all()
    assert [tuple(row) for row in kept] == [(begins, ends), (begins, None)]
    assert {instant.utcoffset() for row in kept for instant in row if instant} == {timedelta(0)}


async def test_instants_of_all_offsets_are_in_one_order(database: Database) -> None:
    instants = [datetime(2026, 4, 1, hour, tzinfo=JAPAN) for hour in (8, 10)] + [datetime(2026, 4, 1, 0, tzinfo=UTC)]
    async with database.writing() as transaction:
        await transaction.execute(insert(informations), [notice(id_, at, None) for id_, at in enumerate(instants)])
        found = await transaction.scalars(select(informations.c.id).order_by(informations.c.open_at))
        assert list(found) == [0, 2, 1]
        later = informations.c.open_at > datetime(2026, 4, 1, 9, tzinfo=JAPAN)
        assert list(await transaction.scalars(select(informations.c.id).where(later))) == [1]


async def test_a_time_without_an_offset_is_refused_and_nothing_is_kept(database: Database) -> None:
    with pytest.raises(StatementError, match=r"has no UTC offset: give one, such as 2026-04-01T00:30:00\+09:00"):
        async with database.writing() as transaction:
            await transaction.execute(insert(informations), notice(1, datetime(2026, 4, 1, 0, 30), None))  # noqa: DTZ001  # the mistake itself
    assert [tuple(row) for row in await database.read("select count(*) from informations", [])] == [(0,)]


async def test_keys_are_ordered_by_code_point(database: Database) -> None:
    wanted = ["A-1", "B", "Z", "_", "a", "b", "あ", "ア", "亜", "ｱ"]
    now = datetime.now(UTC)
    async with database.writing() as transaction:
        rows = [{"uid": uid, "created_at": now} for uid in reversed(wanted)]
        await transaction.execute(insert(users), rows)
        assert list(await transaction.scalars(select(users.c.uid).order_by(users.c.uid))) == wanted


async def test_a_new_row_is_numbered_by_the_database(database: Database) -> None:
    async with database.writing() as transaction:
        added = text("insert into users (uid, created_at) values ('a', '2026-04-01'), ('b', '2026-04-01')")
        await transaction.execute(added)
        assert list(await transaction.scalars(select(users.c.id).order_by(users.c.uid))) == [1, 2]
