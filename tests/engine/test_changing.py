"""Rosters that change while they are read: by cursor each row that stays is given once, and a diff mends the rest."""

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from db.accounts import memberships, staff, users
from db.connections.database import Database, connect
from db.migrate import upgrade
from db.organizations import named, organizations, sections
from db.students import student, student_sections, students
from resolvers.accounts import Admission, Claimed
from resolvers.context import Request
from schema.execution import Execution
from schema.root import Graph
from tests.services.postgresql import Server, create_database, drop_database

NOW = datetime(2026, 11, 26, 3, 4, 5, tzinfo=UTC)
ALWAYS, OVER = NOW + timedelta(days=400), NOW - timedelta(days=1)
OWNER = Claimed("owner", frozenset({"cram_school_owner"}), demo=False)
# The owner's organization and its child, and one out of reach.
INSIDE, OUTSIDE, SECTION = (1, 2), 3, 5
COLUMNS = {
    "CODE": "code",
    "LAST_NAME": "last_name_key",
    "FULL_NAME": "full_name_key",
    "EXTERNAL_ID": "external_id",
}
WAYS = [(order, direction) for order in COLUMNS for direction in ("ASC", "DESC")]
KANA = ("ア", "カ", "サ", "タ", "ヤマダ", "𠮷", "ン")
ALL = "filter: {allYears: true, includeOutOfPeriod: true}"
ROOT = "query ($after: String) {{ students(first: 7, after: $after, {arguments}) {{ {page} }} }}"
NESTED = (
    "query ($after: String) {{ organization(legacyId: 1) {{"
    " students(first: 7, after: $after, {arguments}) {{ {page} }} }} }}"
)
OF_SECTION = (
    "query ($after: String) {{ sections(first: 1) {{ nodes {{ students(first: 7, after: $after) {{ {page} }} }} }} }}"
)
PAGE = "nodes { id legacyId code lastNameKana externalId organization { code } } pageInfo { hasNextPage endCursor }"
DIFF = """
query ($after: String) { rosterDiff(after: $after, types: [STUDENT], first: 9) {
  changes { kind id node { ... on Student { id legacyId code lastNameKana externalId organization { code } } } }
  nextCursor hasMore snapshotRequired
} }
"""
# What stands in a cursor for where the log stood: PostgreSQL refuses what is no snapshot, and would fail.
PINS: dict[object, bool] = dict.fromkeys(("1:1:", "5:9:5,8", "05:09:", f"1:{2**63 - 1}:"), True)
PINS |= dict.fromkeys((f"1:{2**63}:", "0:1:", "2:1:", "1:1:1", "5:9:8,5", "5:9:5,5", "5:9:9", "5:9:4", "1:2:1,"), False)
PINS |= dict.fromkeys(("", "1", "1:1", "1:1:1:1", "-1:1:", " 1:1:", "1:1: ", "１:1:", "1:1:\n", "x", None, 1), False)
Row = dict[str, Any]


@dataclass(slots=True)
class School:
    """A database with a roster that changes at random, and the same roster as plain rows."""

    database: Database
    dice: random.Random
    execution: Execution
    rows: dict[int, Row] = field(default_factory=dict)
    last: int = 100

    async def begin(self) -> None:
        """Organizations, an owner, a section, and sixty students."""
        async with self.database.writing() as transaction:
            for id_, parent in ((1, None), (2, 1), (3, None)):
                row = named(code=f"o{id_}", name="n", abbreviation="a", updated_at=NOW)
                await transaction.execute(insert(organizations).values(id=id_, parent_id=parent, **row))
            unit = named(code="c", name="n", abbreviation="a", updated_at=NOW)
            await transaction.execute(insert(sections).values(id=SECTION, organization_id=1, seq=1, **unit))
            await transaction.execute(insert(users).values(id=1, uid="owner", created_at=NOW))
            names = dict.fromkeys(("first_name", "last_name", "first_name_kana", "last_name_kana"), "n")
            period = {"start_at": NOW, "end_at": ALWAYS, "updated_at": NOW}
            await transaction.execute(
                insert(staff).values(id=1, uid="owner", code="", external_id="", **names, **period)
            )
            role = {"staff_id": 1, "organization_id": 1, "role": "cram_school_owner"}
            await transaction.execute(insert(memberships).values(**role))
        for _ in range(60):
            await self.create()

    def drawn(self) -> Row:
        """The values of a student that orders and scopes look at, many of them equal."""
        kana = (self.dice.choice(KANA), self.dice.choice(KANA))
        code, external = f"{self.dice.randrange(9)}", f"{self.dice.randrange(5)}"
        made = student(uid="", code=code, external_id=external, names=("姓", "名", *kana), years=[2026])
        place = self.dice.choice((1, 1, 1, 1, 2, OUTSIDE))
        locked, end = self.dice.choice((None, None, None, None, NOW)), self.dice.choice((ALWAYS, ALWAYS, ALWAYS, OVER))
        return {**made, "organization_id": place, "locked_at": locked, "end_at": end}

    async def create(self) -> None:
        """A new student, in the section mostly."""
        self.last += 1
        row = {**self.drawn(), "id": self.last, "uid": f"u{self.last}", "updated_at": NOW}
        row["start_at"] = OVER - timedelta(days=1)
        places = {SECTION} if self.dice.random() < 0.7 else set[int]()
        async with self.database.writing() as transaction:
            await transaction.execute(insert(users).values(id=self.last, uid=row["uid"], created_at=NOW))
            await transaction.execute(insert(students).values(**row))
            for place in places:
                await transaction.execute(insert(student_sections).values(student_id=self.last, section_id=place))
        self.rows[self.last] = {**row, "sections": places}

    async def change(self) -> None:
        """Some values of a student, the place in the section, or the student as such."""
        what = self.dice.randrange(10)
        if what == 0:
            return await self.create()
        id_ = self.dice.choice(list(self.rows))
        row = self.rows[id_]
        async with self.database.writing() as transaction:
            if what <= 2:
                await transaction.execute(delete(student_sections).where(student_sections.c.student_id == id_))
                row["sections"] = set()
            if what == 1:
                await transaction.execute(delete(students).where(students.c.id == id_))
                del self.rows[id_]
            if what > 2:
                drawn = self.drawn()
                chosen = {
                    3: ("code",),
                    4: ("last_name_key", "full_name_key", "last_name_kana"),
                    5: ("external_id",),
                    6: ("organization_id",),
                    7: ("locked_at",),
                    8: ("end_at",),
                }.get(what, ("code", "external_id", "organization_id", "last_name_key", "full_name_key"))
                values = {name: drawn[name] for name in chosen}
                await transaction.execute(update(students).where(students.c.id == id_).values(**values))
                row.update(values)
        return None

    def listed(self, kind: str) -> set[int]:
        """Whom a list shows now."""
        found = {id_ for id_, row in self.rows.items() if row["locked_at"] is None}
        found = {id_ for id_ in found if self.rows[id_]["organization_id"] in INSIDE}
        if kind == "nested":
            found = {id_ for id_ in found if self.rows[id_]["organization_id"] == 1}
        if kind == "section":
            found = {id_ for id_ in found if SECTION in self.rows[id_]["sections"]}
        return found if kind == "all" else {id_ for id_ in found if self.rows[id_]["end_at"] == ALWAYS}

    async def answered(self, text: str, after: str | None) -> dict[str, Any]:
        """What the owner is answered."""
        viewer = await Admission(self.database).viewer(OWNER, NOW)
        answer = await self.execution.run(text, Request(viewer, self.database, NOW), variables={"after": after})
        return dict(json.loads(answer.body()))

    async def asked(self, text: str, after: str | None) -> Any:  # noqa: ANN401  # JSON has no types
        """What the owner is answered, which must be without errors."""
        content = await self.answered(text, after)
        assert "errors" not in content, content
        return content["data"]

    async def walked(self, text: str, kind: str, changes: int) -> tuple[list[Row], set[int]]:
        """All rows of all pages, with changes between them; and who was there from the first page to the last."""
        seen, after, stayed = list[Row](), None, self.listed(kind)
        while True:
            found = await self.asked(text, after)
            while "nodes" not in found or "pageInfo" not in found:
                (found,) = found.values() if "nodes" not in found else found["nodes"]
            seen += found["nodes"]
            stayed &= self.listed(kind)
            after = found["pageInfo"]["endCursor"]
            if not found["pageInfo"]["hasNextPage"]:
                return seen, stayed
            for _ in range(changes):
                await self.change()


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
async def made(
    request: pytest.FixtureRequest, postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    """A migrated database of this module's own."""
    folder: Path = tmp_path_factory.mktemp("changing")
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{folder}/changing.db" if is_sqlite else create_database(postgresql_server, "changing")
    await asyncio.to_thread(upgrade, url)
    database = connect(url)
    await database.open()
    yield database
    await database.close()
    None if is_sqlite else drop_database(postgresql_server, "changing")


@pytest.fixture(scope="module")
async def school(made: Database) -> School:
    """The roster at its beginning."""
    found = School(made, random.Random(7), Execution(Graph()))
    await found.begin()
    return found


def text_of(document: str, order: tuple[str, str], more: str = "") -> str:
    """The document that asks for pages in an order."""
    arguments = f"orderBy: {{field: {order[0]}, direction: {order[1]}}} {more}"
    return document.format(arguments=arguments, page=PAGE)


@pytest.mark.parametrize("order", WAYS, ids="-".join)
@pytest.mark.parametrize("kind", ["root", "nested"])
async def test_each_row_that_stays_is_given_exactly_once(school: School, kind: str, order: tuple[str, str]) -> None:
    for _ in range(2):
        seen, stayed = await school.walked(text_of(ROOT if kind == "root" else NESTED, order), kind, changes=6)
        ids = [row["legacyId"] for row in seen]
        assert len(ids) == len(set(ids))
        assert stayed - set(ids) == set()
        assert len(stayed) > 3


async def test_lists_in_the_order_of_numbers_need_no_log(school: School) -> None:
    for _ in range(3):
        seen, stayed = await school.walked(OF_SECTION.format(page=PAGE), "section", changes=6)
        ids = [row["legacyId"] for row in seen]
        assert len(ids) == len(set(ids))
        assert stayed <= set(ids)


async def test_no_pin_fails_and_those_that_could_not_be_ours_are_refused(school: School) -> None:
    found = (await school.asked(text_of(ROOT, WAYS[0]), None))["students"]["pageInfo"]["endCursor"]
    tag, _, *key = json.loads(base64.b64decode(found))
    for pin, is_fine in PINS.items():
        cursor = base64.b64encode(json.dumps([tag, pin, *key]).encode()).decode()
        answer = await school.answered(text_of(ROOT, WAYS[0]), cursor)
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        assert codes == ([] if is_fine else ["BAD_USER_INPUT"]), pin


async def test_without_changes_pages_give_the_whole_list_in_its_order(school: School) -> None:
    for order in WAYS:
        seen, stayed = await school.walked(text_of(ROOT, order, ALL), "all", changes=0)
        assert {row["legacyId"] for row in seen} == stayed
        column = COLUMNS[order[0]]
        keys = [(school.rows[row["legacyId"]][column], row["legacyId"]) for row in seen]
        assert keys == sorted(keys, reverse=order[1] == "DESC")


@pytest.mark.parametrize("order", WAYS[::2], ids="-".join)
async def test_a_diff_makes_of_a_paged_snapshot_exactly_the_present_roster(
    school: School, order: tuple[str, str]
) -> None:
    after = (await school.asked(DIFF, None))["rosterDiff"]["nextCursor"]
    seen, _ = await school.walked(text_of(ROOT, order, ALL), "all", changes=8)
    kept = {row["id"]: row for row in seen}
    more = True
    while more:
        found = (await school.asked(DIFF, after))["rosterDiff"]
        assert not found["snapshotRequired"]
        for change in found["changes"]:
            assert (change["node"] is None) is (change["kind"] in ("DELETED", "LEFT_SCOPE"))
            kept.pop(change["id"], None)
            kept |= {change["id"]: change["node"]} if change["node"] else {}
        after, more = found["nextCursor"], found["hasMore"]
    present, _ = await school.walked(text_of(ROOT, order, ALL), "all", changes=0)
    assert kept == {row["id"]: row for row in present}
