"""Random documents: compiled, stepwise and a plain-Python oracle give the same answer on both databases."""

import gc
import os
from collections.abc import Iterator
from typing import cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    parse,
)

from resolvers.accounts import Claimed
from resolvers.engine.declare import Relation
from schema.declare import declarations
from schema.root import build
from tests.engine.access import CELLS
from tests.engine.asked import Reader
from tests.engine.documents import RESOLVED_BY_PYTHON, Document, is_resolved_by_python
from tests.engine.oracle import differences
from tests.engine.rows import load
from tests.engine.run import ALL_COLUMNS, asking, run
from tests.engine.running import COMPILED, STEPWISE, Asking, Bench, disagreements
from tests.engine.world import NOW, PEOPLE

DOCUMENTS = int(os.environ.get("KAKEHASHI_DOCUMENTS", "250"))
ADMINISTRATOR = Asking(Claimed("auth0|administrator", frozenset({"administrator"}), demo=False), NOW)

# graphql-core cancels what is under way below a null that spreads, and drops what had not begun.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine:pytest.PytestUnraisableExceptionWarning"),
]


# Enums that are answered and never asked for.
SHOWN_ONLY = {"Reach", "Role", "EstablishmentType", "ProgressState", "RetrySchedule", "ExportFormat", "ExportEncoding"}
SHOWN_ONLY |= {"XapiAuthType", "LtiMatching", "LtiMessageType", "SubscriptionStatus", "ImportMode"}
SHOWN_ONLY |= {"ImportSource", "SsoProtocol", "SsoRole", "SsoTokenAuth", "AccessWay"}
SHOWN_ONLY |= {"RoleChangeKind", "ComplianceKind", "ComplianceStatus"}


def coordinates(graph: GraphQLSchema) -> frozenset[str]:
    """Every field, argument, input field and enum value that a query can ask or give."""
    found, reachable = set[str](), {part.name for part in reached(graph.query_type, set())}
    for name, type_ in graph.type_map.items():
        if name.startswith("__") or name not in reachable:
            continue
        if isinstance(type_, GraphQLObjectType):
            for field, definition in engine_fields(type_).items():
                found.add(f"{name}.{field}")
                found.update(f"{name}.{field}({argument})" for argument in definition.args)
        elif isinstance(type_, GraphQLInputObjectType):
            found.update(f"{name}.{field}" for field in type_.fields)
        elif isinstance(type_, GraphQLEnumType) and name not in SHOWN_ONLY:
            found.update(f"{name}.{value}" for value in type_.values)
    return frozenset(found)


def engine_fields(type_: GraphQLObjectType) -> dict[str, GraphQLField]:
    """The fields of a type without those that Python resolves."""
    return {
        name: definition for name, definition in type_.fields.items() if not is_resolved_by_python(type_.name, name)
    }


def test_nothing_that_the_engine_resolves_is_left_out() -> None:
    _, fields = declarations(build()._schema)
    relations = {path for path, declared in fields.items() if isinstance(declared, Relation)}
    assert {".".join(path) for path in relations if is_resolved_by_python(*path)} == set()
    assert all(is_resolved_by_python(*path.split(".")) for path in RESOLVED_BY_PYTHON)


def reached(type_: GraphQLNamedType | None, seen: set[str]) -> Iterator[GraphQLNamedType]:
    """The types that a query can come to: mutations and what they alone show are not among them."""
    if type_ is None or type_.name in seen:
        return
    seen.add(type_.name)
    yield type_
    if isinstance(type_, (GraphQLObjectType, GraphQLInputObjectType)):
        fields = engine_fields(type_) if isinstance(type_, GraphQLObjectType) else type_.fields
        for definition in fields.values():
            yield from reached(get_named_type(definition.type), seen)
            for argument in getattr(definition, "args", {}).values():
                yield from reached(get_named_type(argument.type), seen)


async def test_both_databases_hold_the_same_rows(bench: Bench) -> None:
    sqlite = await load(bench.databases["sqlite"])
    assert sqlite.tables == bench.rows.tables


async def test_random_documents_answer_alike_everywhere_and_use_the_whole_schema(bench: Bench) -> None:
    everything = coordinates(bench.schema)
    report = await run(bench, 0, DOCUMENTS, until=everything)
    # What was never awaited is told when it is collected: here, where it is expected.
    gc.collect()
    assert report.bad == [], "\n\n".join(report.bad[:10])
    assert everything - report.used == set()
    assert report.documents >= DOCUMENTS
    assert report.answers == report.documents * 2 * 4


def test_the_people_of_the_world_stand_in_every_column_of_the_matrix(bench: Bench) -> None:
    seen = set()
    for seed in range(len(PEOPLE)):
        who, _ = asking(seed, 0)
        places = bench.oracle(who).access.places
        assert places, who
        seen |= {place.column for place in places}
    assert seen == set(range(ALL_COLUMNS)) == set(range(len(CELLS["students"])))


async def test_the_oracle_is_not_blind(bench: Bench) -> None:
    """One value changed in an answer is a difference; so is a row too many, a key in another place, a null."""
    document = Document(
        "{ students(first: 2) { totalCount nodes { uid school { code } } } }", ({}, {}), set(), shares=False
    )
    expected = bench.expected(document, {}, ADMINISTRATOR)
    ran = await bench.run(document.text, {}, ADMINISTRATOR, "sqlite", COMPILED)
    assert disagreements(ran, expected, COMPILED, shares=False) == []
    page = cast(dict[str, dict[str, object]], ran.data)["students"]
    for spoiled in (
        {**page, "totalCount": cast(int, page["totalCount"]) + 1},
        {**page, "nodes": cast(list[object], page["nodes"])[:1]},
        {"nodes": page["nodes"], "totalCount": page["totalCount"]},
        {**page, "nodes": None},
    ):
        assert len(differences(expected.answer, {"students": spoiled})) == 1


@pytest.mark.parametrize("where", ["postgresql", "sqlite"])
@pytest.mark.parametrize(
    ("text", "compiled", "stepwise"),
    [
        ("{ viewer { uid roles accessMatrix { why } } }", 0, 0),
        ("{ viewer { staff { uid } organization { code } student { uid } } }", 1, 1),
        ("{ students { nodes { uid } } }", 1, 1),
        ("{ students { totalCount } }", 1, 2),
        ("{ students { totalCount nodes { uid } edges { cursor } pageInfo { endCursor } } }", 1, 2),
        (
            "{ a: groups { nodes { id } } b: courses { nodes { code } } c: groups @skip(if: true) { totalCount } }",
            2,
            2,
        ),
        ("{ students { nodes { school { prefecture { name } } sections { organization { code } } } } }", 1, 5),
        ("{ students { nodes { viewerCan } } }", 1, 1),
        (
            "{ students { nodes { viewerCan school { prefecture { name } } sections { organization { code } } } } }",
            3,
            5,
        ),
        ("{ organizations { nodes { students { totalCount nodes { viewerCan courses { code } } } } } }", 4, 4),
        ("{ organizations { nodes { sections { totalCount } students { nodes { viewerCan } } } } }", 3, 4),
        (
            '{ organizations(code: "nope") { nodes { sections { totalCount } students { nodes { viewerCan } } } } }',
            1,
            1,
        ),
    ],
)
async def test_a_root_takes_one_statement_and_an_opened_level_one_per_relation(
    bench: Bench, where: str, text: str, compiled: int, stepwise: int
) -> None:
    assert (await bench.run(text, {}, ADMINISTRATOR, where, COMPILED)).statements == compiled
    assert (await bench.run(text, {}, ADMINISTRATOR, where, STEPWISE)).statements == stepwise
    expected = bench.oracle(ADMINISTRATOR).expected(Reader(bench.schema, parse(text), {}).roots())
    assert (expected.compiled, expected.stepwise) == (compiled, stepwise)
