"""A plain-Python oracle: what a document must answer, which refusals it must meet, how many statements it may take."""

import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from graphql import GraphQLEnumType, get_named_type, is_leaf_type

from db.json_text import Moments
from tests.engine.access import Access
from tests.engine.asked import Arguments, Asked
from tests.engine.fields import COLUMNS, FOLLOWING, KEYS, NEEDS, PUBLIC, SUBJECTS
from tests.engine.orders import order_of
from tests.engine.relations import is_relation, listing, relation, root
from tests.engine.rows import Row, Rows
from tests.engine.rules import JAPAN, Refused, Rules, kana_group

ROLES = {"homeroom_teacher": "COACH", "cram_school_clerk": "CLERK", "cram_school_owner": "OWNER"}
DEFAULT_PAGE = 20
# A level shows at most this many full pages over all its parents.
LEVEL_PAGES = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """A cursor that the oracle expects: of which list and order, and at which key."""

    list: str
    order: str
    descending: bool
    key: tuple[Any, ...]


@dataclass(slots=True)
class Expected:
    """What must come of a document: the answer, or by root field the codes of refusals; and the statements it takes.

    `nested` says that arguments below a root make no sense: stepwise meets them only where there are parents.
    """

    answer: dict[str, object] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    nulled: bool = False
    nested: bool = False
    # What is read of whom by somebody else.
    read: set[tuple[object, str]] = field(default_factory=set)
    compiled: int = 0
    stepwise: int = 0


@dataclass(slots=True)
class Oracle:
    """Answers documents for one person at one instant."""

    rows: Rows
    access: Access
    now: datetime
    moments: Moments = Moments.JST
    limit: int = 100
    rules: Rules = field(init=False)
    parents: dict[int, list[Row]] = field(init=False)
    read: set[tuple[object, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.rules = Rules(self.rows, self.access, self.now)
        self.parents = defaultdict(list)
        self.read = set()

    def expected(self, roots: Sequence[Asked]) -> Expected:
        """The answer to a document's root fields."""
        expected = Expected()
        for asked in roots:
            expected.nested |= any(senseless(part, self.limit) for part in asked.walk() if part is not asked)
            if asked.type_name == "Viewer" and self.access.places:
                expected.answer[asked.key] = self.viewer(asked, expected)
                continue
            try:
                self.permit(asked)
                expected.answer[asked.key] = self.value(asked, {})
            except Refused as refused:
                expected.answer[asked.key] = None
                expected.refusals[asked.key] = refused.code
                expected.nulled |= str(asked.parent.fields[asked.name].type).endswith("!")
            expected.compiled += self.statements(asked, every=False)
            expected.stepwise += self.statements(asked, every=True)
        expected.read = {(student, path) for student, path in self.read if student != self.access.student_id}
        return expected

    def note(self, asked: Asked, student: object) -> None:
        """Note that a field is read of a student, with what follows below it."""
        if asked.name == "__typename" or student is None:
            return
        path = f"{asked.parent.name}.{asked.name}"
        self.read.add((student, path))
        for inner in inner_fields(asked) if path in FOLLOWING else ():
            self.note(inner, student)

    def viewer(self, asked: Asked, expected: Expected) -> dict[str, object]:
        """The viewer takes no statement; each relation below it does, and may be refused by itself."""
        found, person = dict[str, object](), self.person()
        for part in asked.below:
            try:
                self.permit(part)
                found[part.key] = self.value(part, person)
            except Refused as refused:
                found[part.key] = None
                expected.refusals[f"{asked.key}.{part.key}"] = refused.code
            expected.compiled += self.statements(part, every=False)
            expected.stepwise += self.statements(part, every=True)
        return found

    def permit(self, asked: Asked) -> None:
        """Refuse what the person may not ask here or below, and paging of this very field that makes no sense."""
        self.let_in(asked)
        for part in asked.walk():
            operation = NEEDS.get(f"{part.parent.name}.{part.name}")
            if operation is not None and not self.access.may(operation):
                raise Refused("FORBIDDEN")
        if senseless(asked, self.limit) or is_vague(asked):
            raise Refused("BAD_USER_INPUT")
        if self.most(asked) > self.limit * LEVEL_PAGES:
            raise Refused("LIMIT_EXCEEDED")

    def let_in(self, asked: Asked) -> None:
        """Refuse who has no token, but for what is public and needs no privilege anywhere below."""
        if self.access.places:
            return
        needed = any(f"{part.parent.name}.{part.name}" in NEEDS for part in asked.walk())
        if needed or f"{asked.parent.name}.{asked.name}" not in PUBLIC:
            raise Refused("UNAUTHENTICATED")

    def most(self, asked: Asked) -> int:
        """The most rows that pages within pages could show at any level, here or below."""
        size = max(1, self.cut(asked.arguments)[0]) if asked.type_name.endswith("Connection") else 1
        return size * max((self.most(part) for part in asked.below), default=1)

    def statements(self, asked: Asked, *, every: bool) -> int:
        """One for each field that shows rows and has parents, and one for each opened level's count."""
        if asked.name == "__typename" or asked.type_name == "AccessRule":
            return 0
        if is_leaf_type(get_named_type(asked.parent.fields[asked.name].type)):
            return 0
        path = f"{asked.parent.name}.{asked.name}"
        if not any(None not in [row[key] for key in KEYS.get(path, ())] for row in self.parents[id(asked)]):
            return 0
        if not every and not asked.is_open:
            return 1
        below = asked.below
        if asked.type_name.endswith("Connection"):
            edges = [part for edge in asked.parts("edges") for part in edge.parts("node")]
            below = [inner for part in (*asked.parts("nodes"), *edges) for inner in part.below]
        counted = bool(asked.parts("totalCount"))
        return 1 + counted + sum(self.statements(part, every=every) for part in below)

    def value(self, asked: Asked, row: Row) -> object:
        """The value of one field of one row; the row of a root is empty."""
        self.parents[id(asked)].append(row)
        if asked.parent.name in SUBJECTS:
            self.note(asked, row[SUBJECTS[asked.parent.name]])
        if asked.name == "__typename":
            return asked.parent.name
        if is_leaf_type(get_named_type(asked.parent.fields[asked.name].type)):
            return self.leaf(asked, row)
        if asked.type_name == "AccessRule":
            return ANYTHING
        if asked.type_name.endswith("Connection"):
            return self.page(asked, row)
        found = relation(self.rules, asked, row) if is_relation(asked) else root(self.rules, asked)
        if isinstance(found, list):
            return [self.shown(asked, item) for item in found]
        return None if found is None else self.shown(asked, found)

    def shown(self, asked: Asked, row: Row) -> dict[str, object]:
        """One object."""
        return {part.key: self.value(part, row) for part in asked.below}

    def leaf(self, asked: Asked, row: Row) -> object:
        """One column as the type of its field prints it."""
        parent, name = asked.parent.name, asked.name
        if name == "viewerCan":
            return self.rules.viewer_can(row)
        if name == "kanaGroup":
            return kana_group(row["last_name_kana"])
        value = row[COLUMNS.get(f"{parent}.{name}", "id" if name == "legacyId" else snake(name))]
        if name == "id":
            return base64.b64encode(f"{parent}:{value}".encode()).decode()
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return value.isoformat()
        type_ = get_named_type(asked.parent.fields[name].type)
        if not isinstance(type_, GraphQLEnumType) or not isinstance(value, str):
            return value
        usual = value.upper().replace("-", "_")
        return ROLES.get(value, usual) if type_.name == "Role" else usual

    def moment(self, value: datetime) -> str:
        """RFC 3339 in the zone of the door, to the second or in whole."""
        if self.moments is Moments.UTC_MICROSECONDS:
            return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
        zone, suffix = (UTC, "Z") if self.moments is Moments.UTC else (JAPAN, "+09:00")
        return value.astimezone(zone).replace(microsecond=0, tzinfo=None).isoformat() + suffix

    def person(self) -> Row:
        """The viewer as a row."""
        own = sorted(place.organization for place in self.access.places if place.organization is not None)
        roles = sorted(self.access.roles)
        return {
            "uid": self.access.uid,
            "demo": self.access.demo,
            "privileges": roles,
            "roles": [ROLES.get(role, role.upper()) for role in roles],
            "student_id": self.access.student_id,
            "staff_id": self.access.staff_id,
            "user_id": self.access.user_id,
            "organization_id": own[0] if own else None,
        }

    def page(self, asked: Asked, row: Row) -> dict[str, object]:
        """One connection."""
        order, (size, skip), after = order_of(asked), self.cut(asked.arguments), asked.arguments.get("after")
        rows = sorted(listing(self.rules, asked, row), key=order.key, reverse=order.descending)
        passed = [item for item in rows if order.after(item, after.key)] if isinstance(after, Cursor) else rows[skip:]
        shown = passed[:size]
        cursors = [Cursor(asked.name, order.field, order.descending, order.key(item)) for item in shown]
        for part in cursors_in(asked):
            subject = SUBJECTS.get(node_type(asked))
            for item in shown if subject is not None else ():
                self.note(part, item[str(subject)])
        info: dict[str, object] = {
            "hasNextPage": len(passed) > size,
            "hasPreviousPage": after is not None or skip > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
            "__typename": "PageInfo",
        }
        found: dict[str, object] = {}
        for part in asked.below:
            match part.name:
                case "nodes":
                    found[part.key] = [self.shown(part, item) for item in shown]
                case "edges":
                    found[part.key] = [
                        self.edge(part, item, cursor) for item, cursor in zip(shown, cursors, strict=True)
                    ]
                case "pageInfo":
                    found[part.key] = {inner.key: info[inner.name] for inner in part.below}
                case "totalCount":
                    found[part.key] = len(rows)
                case _:
                    found[part.key] = asked.type_name
        return found

    def edge(self, edges: Asked, row: Row, cursor: Cursor) -> dict[str, object]:
        """One edge."""
        found: dict[str, object] = {}
        for inner in edges.below:
            match inner.name:
                case "node":
                    found[inner.key] = self.shown(inner, row)
                case "cursor":
                    found[inner.key] = cursor
                case _:
                    found[inner.key] = edges.type_name
        return found

    def cut(self, given: Arguments) -> tuple[int, int]:
        """How many rows a page has, and how many stand before it."""
        size: Any = given.get("per") or given.get("first") or min(DEFAULT_PAGE, self.limit)
        page: Any = given.get("page") or 1
        return size, (page - 1) * size


ANYTHING = object()


def inner_fields(asked: Asked) -> list[Asked]:
    """The fields that are asked of the objects behind a field, cursors among them."""
    if not asked.type_name.endswith("Connection"):
        return list(asked.below)
    nodes = [*asked.parts("nodes"), *(node for edge in asked.parts("edges") for node in edge.parts("node"))]
    return [*cursors_in(asked), *(inner for node in nodes for inner in node.below)]


def node_type(asked: Asked) -> str:
    """The type of what a connection lists."""
    connection: Any = get_named_type(asked.parent.fields[asked.name].type)
    return str(get_named_type(connection.fields["nodes"].type).name)


def cursors_in(asked: Asked) -> list[Asked]:
    """The cursors that are asked of a connection."""
    info = [inner for part in asked.parts("pageInfo") for inner in part.below if inner.name.endswith("Cursor")]
    return [*info, *(inner for edge in asked.parts("edges") for inner in edge.parts("cursor"))]


def senseless(asked: Asked, limit: int) -> bool:
    """Whether the paging of a connection makes no sense."""
    given: dict[str, Any] = {name: value for name, value in asked.arguments.items() if value is not None}
    if not asked.type_name.endswith("Connection"):
        return False
    size, page = given.get("per", given.get("first", 1)), given.get("page", 1)
    twice = {"page", "after"} <= given.keys() or {"per", "first"} <= given.keys()
    return twice or not 1 <= size <= limit or page < 1 or isinstance(given.get("after"), str)


def snake(name: str) -> str:
    """A field's name as columns are called."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def differences(expected: object, actual: object, path: str = "") -> list[str]:
    """Where an answer is not what it must be; empty where it is. Cursors are opaque."""
    if expected is ANYTHING:
        return []
    if isinstance(expected, Cursor):
        return [] if isinstance(actual, str) and actual else [f"{path}: no cursor but {actual!r}"]
    if isinstance(expected, dict) and isinstance(actual, dict):
        if list(expected) != list(actual):
            return [f"{path}: keys {list(actual)!r}, not {list(expected)!r}"]
        return [line for key in expected for line in differences(expected[key], actual[key], f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [f"{path}: {len(actual)} items, not {len(expected)}"]
        pairs = enumerate(zip(expected, actual, strict=True))
        return [line for index, (one, other) in pairs for line in differences(one, other, f"{path}[{index}]")]
    same = type(expected) is type(actual) and expected == actual
    return [] if same else [f"{path}: {actual!r:.200}, not {expected!r:.200}"]


ONE_OF = {
    "Query.organization": ("code", "legacyId"),
    "Query.course": ("code", "key"),
    "Query.ssoConfiguration": ("organizationCode", "organizationLegacyId"),
}


def is_vague(asked: Asked) -> bool:
    """One thing is asked for, and nothing says which."""
    names = ONE_OF.get(f"{asked.parent.name}.{asked.name}", ())
    return bool(names) and all(asked.arguments.get(name) is None for name in names)
