"""Objects by their ids: random selections of every type, for everyone, give what the oracle says, wherever it runs."""

import base64
import random
from collections.abc import Callable
from typing import Any, cast

import pytest
from graphql import GraphQLObjectType, parse

from resolvers.accounts import Claimed
from schema.declare import mapped_in
from schema.root import build
from tests.engine import (
    accessed,
    collected,
    exported,
    filled,
    forwarded,
    imported,
    launched,
    signing_on,
    subscribed,
    told,
)
from tests.engine.asked import Asked, Reader
from tests.engine.documents import Maker
from tests.engine.learned import sees_lesson
from tests.engine.oracle import Oracle, differences, senseless
from tests.engine.rows import Row
from tests.engine.rules import Refused, Rules
from tests.engine.run import asking
from tests.engine.running import COMPILED, STEPWISE, Asking, Bench, Ran, same_text
from tests.engine.world import NOW, PEOPLE

ADMINISTRATOR = Asking(Claimed("auth0|administrator", frozenset({"administrator"}), demo=False), NOW)

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine:pytest.PytestUnraisableExceptionWarning"),
]


def notices(rules: Rules) -> list[Row]:
    """Notices of any system for one of the person's own organizations."""
    own = [row for row in rules.rows["organizations"] if rules.may_name(row, own=True)]
    asked: list[dict[str, object]] = [
        {"system": system, "organizationCode": row["code"]} for system in ("ADMIN", "LMS", "COACHING") for row in own
    ]
    found = {row["id"]: row for given in asked for row in rules.informations(given)}
    return list(found.values())


# Of each type its table, the operation that reading it takes, and which rows are in sight.
TYPES: dict[str, tuple[str, str, Callable[[Rules], list[Row]]]] = {
    "Organization": ("organizations", "organizations", lambda rules: rules.organizations()),
    "Section": ("sections", "sections", lambda rules: rules.units("sections")),
    "Group": ("groups", "groups", lambda rules: rules.units("groups")),
    "Student": ("students", "students", lambda r: [row for row in r.students() if row["locked_at"] is None]),
    "School": ("schools", "schools", lambda rules: rules.rows["schools"]),
    "Course": ("courses", "courses", lambda r: [row for row in r.rows["courses"] if r.sees_course(row)]),
    "LessonPackage": (
        "lesson_packages",
        "courses",
        lambda r: [row for row in r.rows["lesson_packages"] if sees_lesson(r, row)],
    ),
    "Lesson": ("lessons", "courses", lambda r: [row for row in r.rows["lessons"] if sees_lesson(r, row)]),
    "Training": ("trainings", "courses", lambda r: [row for row in r.rows["trainings"] if sees_lesson(r, row)]),
    "TrainingItem": (
        "training_items",
        "courses",
        lambda r: [row for row in r.rows["training_items"] if sees_lesson(r, row)],
    ),
    "Information": ("informations", "informations", notices),
    "Enrollment": (
        "enrollments",
        "lesson_packages",
        lambda r: [
            row
            for row in r.rows["enrollments"]
            for student in r.rows.of("students", "id", row["student_id"])
            if student["locked_at"] is None and r.sees_student(student)
        ],
    ),
    "Webhook": ("webhooks", "webhooks", told.webhooks),
    "Delivery": ("deliveries", "webhooks", lambda r: [row for row in r.rows["deliveries"] if told.sees(r, row)]),
    "Export": ("exports", "exports", exported.exports),
    "Upstream": ("upstream_feeds", "upstreams", collected.upstreams),
    "XapiEndpoint": ("xapi_endpoints", "xapi", forwarded.endpoints),
    "XapiStatement": (
        "xapi_statements",
        "xapi",
        lambda r: [row for row in r.rows["xapi_statements"] if forwarded.sees(r, row)],
    ),
    "LtiPlatform": ("lti_platforms", "lti", launched.platforms),
    "LtiLaunch": ("lti_launches", "launches", launched.launches),
    "SsoConfiguration": ("sso_configurations", "sso", signing_on.configurations),
    "LtiRoster": ("lti_rosters", "lti", filled.rosters),
    "LtiScore": (
        "lti_scores",
        "launches",
        lambda r: [row for row in r.rows["lti_scores"] if launched.sees(r, row)],
    ),
    "BillingSubscription": ("subscriptions", "billing", subscribed.subscriptions),
    "Import": ("imports", "members", imported.imports),
    "AccessRecord": ("accesses", "access_log", accessed.accesses),
    "Staff": ("staff", "me", lambda r: [row for row in r.rows["staff"] if row["uid"] == r.access.uid]),
}
KEYS = {"School": "code"}
# Everybody meets each type.
DOCUMENTS = len(PEOPLE) * len(TYPES)


def id_of(type_name: str, row: Row) -> str:
    """The global id of a row."""
    return base64.b64encode(f"{type_name}:{row[KEYS.get(type_name, 'id')]}".encode()).decode()


def drawn(oracle: Oracle, type_name: str, dice: random.Random) -> tuple[list[str], list[Row | None]]:
    """Some ids, one of them twice, one of nothing; and what is in sight of them."""
    table, _, sees = TYPES[type_name]
    seen = sees(oracle.rules)
    rows = dice.sample(seen, min(3, len(seen))) + dice.sample(oracle.rules.rows[table], 2)
    ids = [id_of(type_name, row) for row in rows]
    # By their ids: some rows in sight, such as exports, are shown otherwise than they are kept.
    in_sight = {id_of(type_name, row): row for row in seen}
    found = [in_sight.get(id_) for id_ in ids]
    return [*ids, ids[0], id_of(type_name, {"id": 2**31 - 1, "code": "nope"})], [*found, found[0], None]


async def test_random_selections_of_every_type_answer_alike_everywhere(bench: Bench) -> None:
    bad, shown = list[str](), dict.fromkeys(TYPES, 0)
    for seed in range(DOCUMENTS):
        # The people take turns by the seed.
        bad += await problems(bench, seed, list(TYPES)[seed // len(PEOPLE)], shown)
    assert bad == [], "\n\n".join(bad[:5])
    assert all(shown.values()), shown


async def problems(bench: Bench, seed: int, type_name: str, shown: dict[str, int]) -> list[str]:
    """Where the answers to one document are not what the oracle says."""
    (who, near), dice = asking(seed, 0), random.Random(seed)
    oracle = bench.oracle(who)
    ids, rows = drawn(oracle, type_name, dice)
    type_ = cast(GraphQLObjectType, bench.schema.type_map[type_name])
    maker = Maker(bench.schema, bench.rows, seed, near, bench.cursors)
    below = f"{{ __typename {maker.selection(type_, dice.choice((0, 1, 2)))[1:-1]} }}"
    fragments = [f"fragment {name} on {of.name} {text}" for name, (of, text) in maker.fragments.items()]
    head = ", ".join(["$ids: [ID!]!", *maker.declared])
    text = f"query D({head}) {{ nodes(ids: $ids) {{ id ... on {type_name} {below} }} }}"
    text = " ".join([text, *fragments])
    given = {name: draw() for name, draw in maker.drawn.items()}
    variables = {"ids": ids, **{name: value for name, value in given.items() if isinstance(value, (bool, int, str))}}
    (asked,) = Reader(bench.schema, parse(text), variables, type_name).roots()
    if any(senseless(part, 100) or part.arguments.get("after") for part in asked.walk()):
        return []
    expected, code = list[object](), ""
    try:
        permit(oracle, asked, TYPES[type_name][1])
        expected = [None if row is None else oracle.shown(asked, row) for row in rows]
        shown[type_name] += sum(row is not None for row in rows)
    except Refused as refused:
        expected, code = [None] * len(ids), refused.code
    return await compared(bench, text, variables, who, expected, code, statements=0 if code else 1)


def permit(oracle: Oracle, asked: Asked, operation: str) -> None:
    """Refuse what the person may not ask of the type, here or below."""
    if operation != "me" and not oracle.access.may(operation):
        raise Refused("FORBIDDEN")
    for part in asked.below:
        oracle.permit(part)
    if 100 * max((oracle.most(part) for part in asked.below), default=1) > 100 * 100:
        raise Refused("LIMIT_EXCEEDED")


async def compared(
    bench: Bench, text: str, variables: dict[str, Any], who: Asking, expected: object, code: str, *, statements: int
) -> list[str]:
    """The differences of four runs from what is expected, and from each other."""
    found, texts = list[str](), set[str]()
    for where in bench.databases:
        for how in (COMPILED, STEPWISE):
            ran: Ran = await bench.run(text, variables, who, where, how)
            codes = set(ran.codes.values())
            lines = differences({"nodes": expected}, ran.data, "data")
            lines += [] if codes == ({code} if code else set()) else [f"errors {ran.errors}"]
            is_plain = how == COMPILED and "viewerCan" not in text
            lines += [f"{ran.statements} statements"] if is_plain and ran.statements != statements else []
            found += [f"{where} {how} {who}: {line}\n  {text}\n  {variables}" for line in lines]
            texts |= {same_text(ran.data)} if where == "sqlite" else set()
    return found if len(texts) == 1 else [*found, f"compiled and stepwise differ: {text}"]


def test_every_type_with_a_global_id_is_a_node() -> None:
    graph = build()._schema
    nodes = {name for name, mapped in mapped_in(graph).items() if mapped.node is not None}
    node: Any = graph.type_map["Node"]
    assert {type_.name for type_ in graph.get_possible_types(node)} == nodes == {*TYPES, "ApiToken"}


@pytest.mark.parametrize("how", [COMPILED, STEPWISE])
@pytest.mark.parametrize("where", ["postgresql", "sqlite"])
async def test_several_types_at_once_take_a_statement_each(bench: Bench, where: str, how: str) -> None:
    one = [id_of("Organization", {"id": 1}), id_of("Section", {"id": 1}), id_of("Course", {"id": 1})]
    ids = [one[0], one[1], one[0], id_of("Organization", {"id": 2}), one[2], id_of("Organization", {"id": 999})]
    text = """query ($ids: [ID!]!) { nodes(ids: $ids) {
        __typename ... on Node { id } ...O ... on Section { code } ... { id } } } fragment O on Organization { code }"""
    ran = await bench.run(text, {"ids": ids}, ADMINISTRATOR, where, how)
    codes = {name: bench.rows.one(name, 1)["code"] for name in ("organizations", "sections")}
    first = {"__typename": "Organization", "id": one[0], "code": codes["organizations"]}
    assert cast(dict[str, object], ran.data)["nodes"] == [
        first,
        {"__typename": "Section", "id": one[1], "code": codes["sections"]},
        first,
        {"__typename": "Organization", "id": ids[3], "code": bench.rows.one("organizations", 2)["code"]},
        {"__typename": "Course", "id": one[2]},
        None,
    ]
    assert ran.statements == 3


def encoded(text: str) -> str:
    """What would be the id of this text."""
    return base64.b64encode(text.encode()).decode()


NUMBERS = ("", "abc", "01", "-1", "1.0", " 1", "\uff11", "1:2", "9" * 20, str(2**63 - 1), "9" * 5000, "\x00")
OTHERS = ("Nothing:1", "Query:1", "Prefecture:1", "Node:1", "School:\x00", "School:'", "School:a:b")
PLAUSIBLE = [*(encoded(f"Student:{number}") for number in NUMBERS), *map(encoded, OTHERS)]
NONSENSE = ["", "1", "Student:1", "%", "é", "\ud800", "\x00", "U3R1ZGVudDox ", "U3R1ZGVudDox=", "/w=="]
NONSENSE += [encoded(":1"), encoded("Student"), encoded("a b:1")]


@pytest.mark.parametrize("how", [COMPILED, STEPWISE])
@pytest.mark.parametrize("where", ["postgresql", "sqlite"])
async def test_whatever_text_is_sent_as_an_id_nothing_fails(bench: Bench, where: str, how: str) -> None:
    for id_ in PLAUSIBLE:
        ran = await bench.run("query ($id: ID!) { node(id: $id) { id } }", {"id": id_}, ADMINISTRATOR, where, how)
        assert (ran.data, ran.errors) == ({"node": None}, ()), id_
    for id_ in NONSENSE:
        ran = await bench.run("query ($id: ID!) { node(id: $id) { id } }", {"id": id_}, ADMINISTRATOR, where, how)
        assert (ran.data, ran.codes) == ({"node": None}, {"node": "BAD_USER_INPUT"}), id_
    ids = [NONSENSE[1], PLAUSIBLE[0], id_of("Course", {"id": 1})]
    ran = await bench.run("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids}, ADMINISTRATOR, where, how)
    assert (ran.data, ran.codes) == ({"nodes": [None, None, {"id": ids[2]}]}, {"nodes.0": "BAD_USER_INPUT"})


async def test_at_most_a_hundred_ids_are_answered(bench: Bench) -> None:
    text, id_ = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", id_of("Course", {"id": 1})
    ran = await bench.run(text, {"ids": [id_] * 100}, ADMINISTRATOR, "sqlite", COMPILED)
    assert ran.data == {"nodes": [{"id": id_}] * 100}
    for ids, code in (([id_] * 101, "BAD_USER_INPUT"), ([], None)):
        ran = await bench.run(text, {"ids": ids}, ADMINISTRATOR, "sqlite", COMPILED)
        assert (ran.statements, ran.codes.get("nodes")) == (0, code)


@pytest.mark.parametrize("how", [COMPILED, STEPWISE])
@pytest.mark.parametrize("where", ["postgresql", "sqlite"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('type: "Student", legacyId: 101', {"id": encoded("Student:101")}),
        ('type: "Student", legacyId: 0', None),
        ('type: "Organization", code: "nope"', None),
        ('type: "Organization", code: "CODE"', {"id": encoded("Organization:1")}),
        ('type: "Nothing", legacyId: 1', "BAD_USER_INPUT"),
        ('type: "Student"', "BAD_USER_INPUT"),
        ('type: "Student", code: "1"', "BAD_USER_INPUT"),
        ('type: "School", legacyId: 1', "BAD_USER_INPUT"),
        ('type: "School", legacyId: 1, code: "1"', "BAD_USER_INPUT"),
    ],
)
async def test_rows_are_found_by_what_the_rest_era_calls_them(
    bench: Bench, where: str, how: str, given: str, expected: object
) -> None:
    given = given.replace("CODE", str(bench.rows.one("organizations", 1)["code"]))
    student = bench.rows.one("students", 101)
    assert student["locked_at"] is None
    ran = await bench.run(f"{{ legacyNode({given}) {{ id }} }}", {}, ADMINISTRATOR, where, how)
    if isinstance(expected, str):
        assert ran.codes == {"legacyNode": expected}
    else:
        assert (ran.data, ran.errors) == ({"legacyNode": expected}, ())
