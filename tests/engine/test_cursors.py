"""Walking lists page by page: each row once and in order, by cursor and by page; and cursors that lead nowhere."""

import base64
import datetime
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, get_named_type, parse

from resolvers.accounts import Claimed
from tests.engine.asked import Asked, Reader, committed_schema
from tests.engine.orders import order_of
from tests.engine.relations import listing
from tests.engine.rows import Row
from tests.engine.running import COMPILED, STEPWISE, Asking, Bench
from tests.engine.world import NOW

SCHEMA = committed_schema()
ADMINISTRATOR = Asking(Claimed("auth0|administrator", frozenset({"administrator"}), demo=False), NOW)
PLACES = [(where, how) for where in ("postgresql", "sqlite") for how in (COMPILED, STEPWISE)]
# The other arguments of lists that need some.
ARGUMENTS = {
    "Query.members": "organizationLegacyId: 9",
    "informations": 'system: LMS, organizationCode: "{organization}"',
    "lessonProgress": 'studentLegacyId: 1, course: "first-steps"',
    "progressHistory": "studentLegacyId: 1, granularity: DAY",
}
# What tells the rows of a list apart: as it is asked, and the columns that hold it; of others the number.
KEYS = {
    "schools": ("code", ("code",)),
    "enrollments": ("id", ("id",)),
    "lessonProgress": ("lesson { legacyId }", ("lesson_id",)),
    "progressHistory": ("period", ("period",)),
    "learnerProgress": ("student { legacyId } lesson { legacyId }", ("student_id", "lesson_id")),
    "learnerActivity": ("student { legacyId } period", ("student_id", "period")),
    "members": ("ref", ("ref",)),
    "rows": ("number", ("number",)),
    "errors": ("file line code column", ("file", "line", "code", "column")),
}
OTHERS = ("legacyId", ("id",))

PIN = re.compile(r"\d+:\d*:[\d,]*")


@dataclass(frozen=True, slots=True)
class List:
    """One list of the graph: its type and field, its other arguments, and its order as an argument."""

    parent: str
    name: str
    arguments: str
    order: str

    def __str__(self) -> str:
        return f"{self.parent}.{self.name} {self.order}".strip()


def lists() -> Iterator[List]:
    """Every connection of the graph in every order and direction."""
    for type_ in SCHEMA.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        for name, definition in type_.fields.items():
            if get_named_type(definition.type).name.endswith("Connection"):
                arguments = ARGUMENTS.get(f"{type_.name}.{name}", ARGUMENTS.get(name, ""))
                yield List(type_.name, name, arguments, "")
                if "orderBy" in definition.args:
                    given = cast(GraphQLInputObjectType, get_named_type(definition.args["orderBy"].type))
                    orders = cast(GraphQLEnumType, get_named_type(given.fields["field"].type)).values
                    for order in orders:
                        for direction in ("ASC", "DESC"):
                            yield List(type_.name, name, arguments, f"{{field: {order}, direction: {direction}}}")


LISTS = list(lists())


@dataclass(slots=True)
class Walk:
    """A list below one parent, with the keys of its rows in order."""

    bench: Bench
    opening: str
    closing: str
    of: List
    keys: list[list[object]]

    def text(self, page: str) -> str:
        """The document that reads one page."""
        order = f", orderBy: {self.of.order}" if self.of.order else ""
        more = ", ".join(part for part in (page, self.of.arguments) if part)
        below = (
            f"{{ totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} nodes {{ {self.key} }} }}"
        )
        head = "query($after: String)" if "$after" in page else ""
        return f"{head} {self.opening} list: {self.of.name}({more}{order}) {below} {self.closing}"

    @property
    def key(self) -> str:
        """The fields that tell the rows apart."""
        return KEYS.get(self.of.name, OTHERS)[0]

    def key_of(self, node: dict[str, Any]) -> list[object]:
        """The values of these fields in a row of an answer."""
        return [part for value in node.values() for part in (value.values() if isinstance(value, dict) else (value,))]

    async def page(self, page: str, variables: Mapping[str, object], where: str, how: str) -> dict[str, Any]:
        """One page of the list."""
        ran = await self.bench.run(self.text(page), variables, ADMINISTRATOR, where, how)
        assert ran.errors == [] or not ran.errors, ran.errors
        found: Any = ran.data
        while "list" not in found:
            (found,) = found.values()
            found = found[0] if isinstance(found, list) else found
        return cast(dict[str, Any], found["list"])


def walk(bench: Bench, list_: List) -> Walk:
    """The list below the parent that has the most rows in it, by the oracle."""
    organization = bench.rows.one("organizations", 9)["code"]
    ready = List(list_.parent, list_.name, list_.arguments.format(organization=organization), list_.order)
    best: tuple[list[Row], Row] = ([], {})
    rules = bench.oracle(ADMINISTRATOR).rules
    asked = asked_of(ready)
    for parent in parents(bench, list_.parent):
        rows = listing(rules, asked, parent)
        best = max(best, (rows, parent), key=lambda pair: len(pair[0]))
    order = order_of(asked)
    columns = KEYS.get(list_.name, OTHERS)[1]
    keys = [[printed(list_, row[column]) for column in columns] for row in sorted(best[0], key=order.key)]
    opening, closing = around(bench, list_.parent, best[1])
    return Walk(bench, opening, closing, ready, keys[::-1] if order.descending else keys)


def printed(list_: List, value: object) -> object:
    """The key of a row as answers show it."""
    if list_.name == "enrollments":
        return base64.b64encode(f"Enrollment:{value}".encode()).decode()
    return value.isoformat() if isinstance(value, datetime.date) else value


def asked_of(list_: List) -> Asked:
    """The list as a document asks it."""
    order = f"orderBy: {list_.order}" if list_.order else ""
    given = ", ".join(part for part in (list_.arguments, order) if part)
    text = f"{list_.name}({given}) {{ totalCount }}" if given else f"{list_.name} {{ totalCount }}"
    type_ = cast(GraphQLObjectType, SCHEMA.type_map[list_.parent])
    reader = Reader(SCHEMA, parse(f"{{ {text} }}"), {})
    (node,) = cast(Any, reader.document.definitions[0]).selection_set.selections
    return reader.asked(type_, "list", [node])


def parents(bench: Bench, type_name: str) -> list[Row]:
    """The rows that a list may stand below."""
    tables = {"Organization": "organizations", "Section": "sections", "Group": "groups", "Course": "courses"}
    tables |= {
        "Prefecture": "prefectures",
        "Student": "students",
        "Webhook": "webhooks",
        "Upstream": "upstream_feeds",
        "XapiEndpoint": "xapi_endpoints",
        "LtiPlatform": "lti_platforms",
        "LtiLaunch": "lti_launches",
        "Import": "imports",
        "AccessRecord": "accesses",
    }
    return [{}] if type_name == "Query" else bench.rows[tables[type_name]]


def around(bench: Bench, type_name: str, parent: Row) -> tuple[str, str]:
    """What stands around a list so that it is read below just this parent."""
    match type_name:
        case "Organization":
            return f"{{ organization(legacyId: {parent['id']}) {{", "} }"
        case "Course":
            return f"{{ course(code: {json.dumps(parent['code'])}) {{", "} }"
        case "Student":
            return f"{{ student(uid: {json.dumps(parent['uid'])}) {{", "} }"
        case "Webhook" | "Upstream" | "XapiEndpoint" | "LtiPlatform" | "LtiLaunch" | "Import":
            root = "memberImport" if type_name == "Import" else f"{type_name[0].lower()}{type_name[1:]}"
            return f"{{ {root}(legacyId: {parent['id']}) {{", "} }"
        case "AccessRecord":
            number = f"legacyId: {parent['id']}"
            return f'{{ legacyNode(type: "AccessRecord", {number}) {{ ... on AccessRecord {{', "} } }"
        case "Prefecture":
            schools = f"schools(prefectureCode: {json.dumps(parent['code'])}, first: 1)"
            return f"{{ {schools} {{ nodes {{ prefecture {{", "} } } }"
        case "Section" | "Group":
            table = f"{type_name.lower()}s"
            code = bench.rows.one("organizations", parent["organization_id"])["code"]
            units = f"{table}(organizationCode: {json.dumps(code)}, keyword: {json.dumps(parent['code'])}, first: 1)"
            return f"{{ {units} {{ nodes {{", "} } }"
    return "{", "}"


@pytest.mark.parametrize("list_", LISTS, ids=str)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_walk_by_cursor_meets_each_row_once_and_in_order(
    bench: Bench, list_: List, where: str, how: str
) -> None:
    walked = walk(bench, list_)
    size = max(2, len(walked.keys) // 4)
    assert len(walked.keys) > size
    met: list[list[object]] = []
    after: str | None = None
    pages = 0
    while True:
        page = await walked.page(f"first: {min(size, 100)}, after: $after", {"after": after}, where, how)
        met += [walked.key_of(row) for row in page["nodes"]]
        pages += 1
        assert page["totalCount"] == len(walked.keys)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"] or pages > len(walked.keys):
            break
    assert met == walked.keys


@pytest.mark.parametrize("list_", [one for one in LISTS if "DESC" not in one.order], ids=str)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_page_by_number_is_the_page_behind_the_cursor(bench: Bench, list_: List, where: str, how: str) -> None:
    walked = walk(bench, list_)
    size = min(100, max(2, len(walked.keys) // 3))
    first = await walked.page(f"page: 1, per: {size}", {}, where, how)
    assert without_pins(first) == without_pins(await walked.page(f"first: {size}", {}, where, how))
    assert first["pageInfo"]["hasPreviousPage"] is False
    behind = await walked.page(f"first: {size}, after: $after", {"after": first["pageInfo"]["endCursor"]}, where, how)
    assert without_pins(await walked.page(f"page: 2, per: {size}", {}, where, how)) == without_pins(behind)
    assert [walked.key_of(row) for row in behind["nodes"]] == walked.keys[size : 2 * size]


def without_pins(page: dict[str, Any]) -> dict[str, Any]:
    """A page whose cursors do not say when their first page was read: other transactions go on meanwhile."""
    found = {name: cursor and unpinned(cursor) for name, cursor in page["pageInfo"].items() if "Cursor" in name}
    return {**page, "pageInfo": {**page["pageInfo"], **found}}


def unpinned(cursor: str) -> list[object]:
    """The parts of a cursor, without the place in the log."""
    parts: list[object] = json.loads(base64.b64decode(cursor))
    return [part for part in parts if not (isinstance(part, str) and PIN.fullmatch(part))]


def made(*parts: object) -> str:
    """A cursor made by hand."""
    return base64.b64encode(json.dumps(parts).encode()).decode()


def spoiled(cursor: str) -> list[str]:
    """What a client may make of a cursor."""
    tag, *key = json.loads(base64.b64decode(cursor))
    text = "x" if isinstance(key[0], str) else 1
    return [
        "",
        " ",
        "null",
        "ゝ",
        "\ud800",
        "\x00",
        cursor + "!",
        cursor[:-2],
        cursor * 200,
        "A" * 100_000,
        base64.b64encode(b"\xff\xfe").decode(),
        made(),
        made(tag),
        made(*key),
        made("students.nope", *key),
        made([tag], *key),
        made(tag, *key, 1),
        made(tag, *key[:-1], None),
        made(tag, *key[:-1], True),
        made(tag, *key[:-1], 1.5),
        made(tag, *key[:-1], 1 if isinstance(key[-1], str) else "1"),
        made(tag, *key[:-1], {}),
        made(tag, *key[:-1], 2**63),
        made(tag, *key[:-1], -(2**70)),
        made(tag, None, *key[1:]),
        made(tag, {"a": 1}, *key[1:]),
        made(tag, "\x00", *key[1:]),
        made(tag, "\ud800", *key[1:]),
        made(tag, 1 if text == "x" else "x", *key[1:]),
        base64.b64encode(b'["' + tag.encode() + b'",' + b"[" * 500 + b"]" * 500 + b"]").decode(),
        base64.b64encode(b'["' + tag.encode() + b'",' + b"9" * 800 + b",1]").decode(),
        base64.b64encode(b'["' + tag.encode() + b'",NaN,1]').decode(),
    ]


LISTED = {
    "students": "students(first: 2, after: $after)",
    "sections": "sections(first: 2, after: $after)",
    "informations": 'informations(system: LMS, organizationCode: "{organization}", first: 2, after: $after)',
    "usageRecords": "usageRecords(first: 2, after: $after)",
    "collectedUsage": "collectedUsage(first: 2, after: $after)",
    "schools": "schools(first: 2, after: $after)",
    "nested": "organizations {{ nodes {{ students(first: 2, after: $after)",
}


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_spoiled_cursor_is_bad_input(bench: Bench, name: str, where: str, how: str) -> None:
    organization = bench.rows.one("organizations", 9)["code"]
    asked = LISTED[name].format(organization=organization)
    closing = "} }" if name == "nested" else ""
    text = f"query($after: String) {{ {asked} {{ nodes {{ __typename }} }} {closing} }}"
    plain = "students" if name == "nested" else name
    first = await bench.run(
        f"query($after: String) {{ {LISTED[plain].format(organization=organization)} {{ pageInfo {{ endCursor }} }} }}",
        {},
        ADMINISTRATOR,
        where,
        how,
    )
    cursor = cast(Any, first.data)[plain]["pageInfo"]["endCursor"]
    wrong = {}
    for bad in spoiled(cursor):
        ran = await bench.run(text, {"after": bad}, ADMINISTRATOR, where, how)
        if list(ran.codes.values()) != ["BAD_USER_INPUT"]:
            wrong[bad[:80]] = ran.codes
    assert wrong == {}


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0900-06-01", "2026-W01-1"]
)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_moment_at_the_edge_of_the_calendar_in_a_cursor_never_fails(
    bench: Bench, moment: str, where: str, how: str
) -> None:
    organization = bench.rows.one("organizations", 9)["code"]
    text = f"query($after: String) {{ {LISTED['informations'].format(organization=organization)} {{ totalCount }} }}"
    given = {"after": made("informations.default", moment, 1)}
    ran = await bench.run(text, given, ADMINISTRATOR, where, how)
    assert set(ran.codes.values()) <= {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("of", "sent_to"),
    [
        ("sections(first: 1)", "groups(first: 1, after: $after)"),
        ("sections(first: 1)", "sections(first: 1, after: $after, orderBy: {field: CODE})"),
        (
            "sections(first: 1, orderBy: {field: CODE})",
            "sections(first: 1, after: $after, orderBy: {field: CODE, direction: DESC})",
        ),
        (
            "students(first: 1, orderBy: {field: LAST_NAME})",
            "students(first: 1, after: $after, orderBy: {field: CODE})",
        ),
        ("students(first: 1)", "studentsWithLessonPackages(first: 1, after: $after, orderBy: {field: CODE})"),
        ("courses(first: 1)", "usageRecords(first: 1, after: $after)"),
    ],
)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_a_cursor_of_another_list_or_order_is_bad_input(
    bench: Bench, of: str, sent_to: str, where: str, how: str
) -> None:
    first = await bench.run(f"{{ list: {of} {{ pageInfo {{ endCursor }} }} }}", {}, ADMINISTRATOR, where, how)
    cursor = cast(Any, first.data)["list"]["pageInfo"]["endCursor"]
    text = f"query($after: String) {{ list: {sent_to} {{ nodes {{ __typename }} }} }}"
    ran = await bench.run(text, {"after": cursor}, ADMINISTRATOR, where, how)
    assert ran.codes == {"list": "BAD_USER_INPUT"}
