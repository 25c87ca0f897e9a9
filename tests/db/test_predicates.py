"""Tests that a keyword finds what contains it, literally, on both databases."""

from datetime import UTC, datetime

from sqlalchemy import String, insert, literal, select

from db.connections.database import Database
from db.kana import pattern
from db.organizations import named, organizations
from db.predicates import contains

NAMES = {"a": "100%正解", "b": "100点", "c": "x_3", "d": "xa3", "e": "back\\slash", "f": "キャッチ", "g": "Ｋａｋｅ橋"}


FOUND = {
    "100%": "a",
    "100": "ab",
    "x_3": "c",
    "xa3": "d",
    "\\": "e",
    "\\s": "e",
    "＼": "e",
    "きやつち": "f",
    "kake": "g",
    "%": "a",
    "_": "c",
    "ない": "",
    "": "abcdefg",
}


async def test_a_keyword_finds_the_rows_that_contain_it(database: Database) -> None:
    now = datetime.now(UTC)
    found = {}
    async with database.writing() as transaction:
        rows = [named(code=code, name=name, abbreviation="", updated_at=now) for code, name in NAMES.items()]
        await transaction.execute(insert(organizations), rows)
        for keyword in FOUND:
            wanted = contains(organizations.c.search_key, literal(pattern(keyword), String()))
            codes = select(organizations.c.code).where(wanted).order_by(organizations.c.code)
            found[keyword] = "".join(await transaction.scalars(codes))
    assert found == FOUND
