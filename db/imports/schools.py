"""Schools as lists of them say: those that are new, and those that changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update

from db.connections.database import Transaction
from db.students import prefectures, school, schools

SAID = ("name", "establishment_type", "prefecture_code")


class Counted(NamedTuple):
    """How many schools are new, changed, and as they were."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


async def known_prefectures(transaction: Transaction) -> frozenset[str]:
    """The codes of all prefectures."""
    return frozenset((await transaction.execute(select(prefectures.c.code))).scalars())


async def keep(transaction: Transaction, found: Sequence[Mapping[str, str]], now: datetime) -> Counted:
    """Keep schools, each by its code; of those that are there what the list says is changed, and their kana stay."""
    columns = [schools.c[name] for name in ("code", *SAID)]
    codes = [one["code"] for one in found]
    rows = await transaction.execute(select(*columns).where(schools.c.code.in_(codes)))
    there = {row.code: row._asdict() for row in rows}
    new = [one for one in found if one["code"] not in there]
    changed = [one for one in found if one["code"] in there and differs(one, there[one["code"]])]
    if new:
        values = [school(**one, name_kana="", updated_at=now) for one in new]
        await transaction.execute(insert(schools), values)
    for one in changed:
        this = update(schools).where(schools.c.code == one["code"])
        await transaction.execute(this.values(**school(**one, updated_at=now)))
    return Counted(len(new), len(changed), len(found) - len(new) - len(changed))


def differs(one: Mapping[str, str], there: Mapping[str, Any]) -> bool:
    """Whether a list says otherwise."""
    return any(one[name] != there[name] for name in SAID)


def total(counts: Iterable[Counted]) -> Counted:
    """All of them together."""
    parts = list(counts)
    return Counted(*(sum(part[place] for part in parts) for place in range(len(Counted._fields))))
