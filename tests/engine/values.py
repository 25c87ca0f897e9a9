"""Plausible values for every argument and input field of the graph, drawn from the rows of the world."""

import datetime
import json
import random
import unicodedata
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import UTC, timedelta, timezone

import jaconv
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from tests.engine.awkward import INSTANTS, KANA, TEXTS
from tests.engine.collecting import NAMES
from tests.engine.learning import PERIODS
from tests.engine.rows import Rows
from tests.engine.world import NOW, TAG_KEYS, TICK

VARIATIONS: tuple[Callable[[str], str], ...] = (
    str,
    str.lower,
    str.upper,
    jaconv.kata2hira,
    jaconv.hira2kata,
    jaconv.h2z,
    lambda text: jaconv.z2h(text, ascii=True, digit=True),
    lambda text: unicodedata.normalize("NFD", text),
)
OFFSETS = (UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-3, minutes=-30)))


class Values:
    """Draws values by the name of the argument; `near` are organizations that the asking person belongs to.

    `met` are the parts of the schema that earlier documents used: what they did not is drawn rather.
    """

    def __init__(
        self, rows: Rows, dice: random.Random, near: tuple[int, ...], met: AbstractSet[str] = frozenset()
    ) -> None:
        self.met = met
        self.rows = rows
        self.dice = dice
        self.near = near

    def of(self, path: str, type_: GraphQLInputType) -> object:
        """A value for the argument or input field at a path such as `Query.students.organizationCode`."""
        named, name = get_named_type(type_), path.rsplit(".", 1)[1]
        if is_list_type(get_nullable_type(type_)):
            return [self.single(path, name, named) for _ in range(self.dice.choice((0, 1, 1, 2, 3)))]
        if isinstance(named, GraphQLInputObjectType):
            raise TypeError(f"{path} is an object: draw its fields.")
        return self.single(path, name, named)

    def single(self, path: str, name: str, named: object) -> object:
        """One value."""
        if isinstance(named, GraphQLEnumType):
            new = [value for value in named.values if f"{named.name}.{value}" not in self.met]
            return self.dice.choice(new if new and self.dice.random() < 0.8 else list(named.values))
        drawn: dict[str, Callable[[], object]] = {
            "first": self.size,
            "per": self.size,
            "page": lambda: self.dice.choice((1, 1, 2, 2, 3, 9, 2**31 - 1)),
            "keyword": self.keyword,
            "name": self.keyword,
            "code": lambda: self.code("courses" if path.startswith("Query.course") else "organizations"),
            "organizationCode": lambda: self.rows.one("organizations", self.organization())["code"],
            "organizationLegacyId": self.organization,
            "legacyId": lambda: self.dice.choice((self.numbered(path), 0, -1, 2**31 - 1)),
            "prefectureCode": lambda: self.dice.choice(("1", "01", "13", "27", "027", "47", "99", "", "0")),
            "uid": self.uid,
            "uids": self.uid,
            "sectionCode": lambda: self.code("sections"),
            "groupCode": lambda: self.code("groups"),
            "tags": lambda: self.dice.choice((*TAG_KEYS, "nope")),
            "subjects": lambda: self.dice.choice(("english", "kobun", "ünï", "nope")),
            "levels": lambda: self.dice.choice(("other", "pre_entrance_exam", "nope")),
            "schoolGrade": lambda: self.dice.choice((0, 1, 2, 3, 4, 5, 6, 7, -1)),
            "course": self.course,
            "key": self.course,
            "slug": lambda: self.dice.choice((self.slug(), self.slug(), self.course())),
            "studentLegacyId": self.student,
            "lessonLegacyId": lambda: self.number("lessons"),
            "trainingLegacyId": lambda: self.number("trainings"),
            "sectionLegacyId": lambda: self.number("sections"),
            "platformLegacyId": lambda: self.integration("lti_platforms"),
            "language": lambda: self.dice.choice(("en", "en", "fr", "ja", "EN", "")),
            "topic": lambda: self.dice.choice(("travel", "business", "é", "nope")),
            "since": self.instant if getattr(named, "name", "") == "DateTime" else self.date,
            "until": self.instant if getattr(named, "name", "") == "DateTime" else self.date,
            "eventType": lambda: str(self.dice.choice(self.rows["deliveries"])["event_type"]),
            "verb": lambda: str(self.dice.choice(self.rows["xapi_statements"])["verb"]),
            "updatedSince": self.instant,
            "readerUid": self.uid,
            **dict.fromkeys(("accessedFrom", "accessedTo"), self.instant),
            "createdFrom": self.instant,
            "createdTo": self.instant,
            **dict.fromkeys(("completedFrom", "completedTo", "updatedFrom", "updatedTo"), self.instant),
            "source": lambda: self.dice.choice((*NAMES, "nope")),
        }
        if name in drawn:
            return drawn[name]()
        if getattr(named, "name", "") == "Boolean":
            return self.dice.random() < 0.5
        raise LookupError(f"No values are known for {path}: add them here.")

    def size(self) -> int:
        """How many rows; rarely one that is refused."""
        return (
            self.dice.choice((0, -1, 101)) if self.dice.random() < 0.01 else self.dice.choice((1, 2, 2, 3, 5, 20, 100))
        )

    def organization(self) -> int:
        """The id of an organization, of the person's own mostly."""
        if self.near and self.dice.random() < 0.7:
            return self.dice.choice(self.near)
        return self.dice.randrange(1, len(self.rows["organizations"]) + 1)

    def numbered(self, path: str) -> int:
        """The number of what a field finds: one of a kind near to the person mostly, or an organization."""
        kind = ".".join(path.split(".")[:2])
        if kind == "Query.upstream":
            return self.number("upstream_feeds")
        tables = {"Query.webhook": "webhooks", "Query.xapiEndpoint": "xapi_endpoints"}
        tables |= {"Query.memberImport": "imports"}
        tables |= {"Query.ltiPlatform": "lti_platforms", "Query.ltiLaunch": "lti_launches"}
        if kind in tables:
            return self.integration(tables[kind])
        return self.export() if kind == "Query.export" else self.organization()

    def integration(self, table: str) -> int:
        """The number of a webhook, an xAPI endpoint, an LTI platform, a launch or an import."""
        near = [row["id"] for row in self.rows[table] if row["organization_id"] in self.near]
        return int(self.dice.choice(near)) if near and self.dice.random() < 0.7 else self.number(table)

    def export(self) -> int:
        """The number of an export, mostly of someone who works where the person does."""
        places = self.near or (None,)
        near = {row["staff_id"] for row in self.rows["memberships"] if row["organization_id"] in places}
        ids = [row["id"] for row in self.rows["exports"] if row["owner_id"] in near]
        return int(self.dice.choice(ids)) if ids and self.dice.random() < 0.8 else self.number("exports")

    def code(self, table: str) -> str:
        """The code of a row of a table, or one that is not there."""
        return "nope" if self.dice.random() < 0.05 else str(self.dice.choice(self.rows[table])["code"])

    def course(self) -> str:
        """What names a course of Talktiko mostly: number, code or slug; or names none."""
        if self.dice.random() < 0.05:
            return self.dice.choice(("nope", "", "0", "-3", "9" * 19, "1.0", " 31"))
        courses = self.rows["courses"]
        row = self.dice.choice(courses[30:] if self.dice.random() < 0.8 else courses)
        number = self.dice.choice(("{}", "{}", "{:04}")).format(row["id"])
        return str(self.dice.choice((number, row["code"], row["slug"] or row["code"])))

    def slug(self) -> str:
        """A slug."""
        return str(self.dice.choice([row["slug"] for row in self.rows["courses"] if row["slug"] is not None]))

    def student(self) -> int:
        """The number of a student, of the person's own organizations mostly; or one that is not there."""
        if self.dice.random() < 0.05:
            return self.dice.choice((0, -1, 2**31 - 1))
        near = [row["id"] for row in self.rows["students"] if row["organization_id"] in self.near]
        return int(self.dice.choice(near if near and self.dice.random() < 0.8 else (1, 2, 10, 11, 12, 13)))

    def number(self, table: str) -> int:
        """The id of a row, or one that is not there."""
        return self.dice.choice((0, 10**6)) if self.dice.random() < 0.05 else self.dice.choice(self.rows[table])["id"]

    def date(self) -> str:
        """A day, of a period mostly."""
        return self.dice.choice((*PERIODS, datetime.date(2026, 11, 19), datetime.date.max)).isoformat()

    def uid(self) -> str:
        """The uid of a student, or one that is not there."""
        return "nope" if self.dice.random() < 0.05 else str(self.dice.choice(self.rows["students"])["uid"])

    def keyword(self) -> str:
        """A piece of some text in another writing; a keyword holds no line break, which parts the searched texts."""
        text = self.dice.choice((*TEXTS, *[part for pair in KANA for part in pair], "100%_", "\\", "%", "_", "'"))
        start = self.dice.randrange(len(text) + 1)
        piece = text[start : start + self.dice.choice((1, 1, 2, 3))]
        return self.dice.choice(VARIATIONS)(piece.replace("\n", " "))

    def instant(self) -> str:
        """An instant in some offset."""
        moment = self.dice.choice((*INSTANTS[:-1], NOW, NOW - TICK, NOW - timedelta(days=self.dice.randrange(400))))
        return moment.astimezone(self.dice.choice(OFFSETS)).isoformat()


def literal(value: object, type_: GraphQLInputType, dice: random.Random) -> str:
    """A JSON value as GraphQL writes it: enum members without quotes, keys of objects too."""
    if value is None:
        return "null"
    named = get_nullable_type(type_)
    if isinstance(value, list):
        inner = named.of_type if is_list_type(named) else type_
        return f"[{', '.join(literal(item, inner, dice) for item in value)}]"
    if isinstance(value, dict) and isinstance(named, GraphQLInputObjectType):
        pairs = [f"{key}: {literal(item, named.fields[key].type, dice)}" for key, item in value.items()]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(get_named_type(type_), GraphQLEnumType):
        return str(value)
    return json.dumps(value, ensure_ascii=dice.random() < 0.5)
