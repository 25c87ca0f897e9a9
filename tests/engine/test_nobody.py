"""People without a token: published courses and plans, and what hangs on these; for all else a token is needed."""

from typing import Any, cast

import pytest
from graphql import GraphQLObjectType, is_required_argument

from tests.engine.asked import committed_schema
from tests.engine.documents import Maker, is_resolved_by_python
from tests.engine.fields import PUBLIC
from tests.engine.running import COMPILED, STEPWISE, Asking, Bench
from tests.engine.world import NOW

NOBODY = Asking(None, NOW)
PLACES = [(where, how) for where in ("postgresql", "sqlite") for how in (COMPILED, STEPWISE)]
QUERY = cast(GraphQLObjectType, committed_schema().query_type)
DOCUMENTS = 60


def required(name: str) -> str:
    """The required arguments of a root field."""
    given = {"uid": '"x"', "system": "LMS", "organizationCode": '"x"', "course": '"3"', "slug": '"3"', "legacyId": "1"}
    given["organizationLegacyId"] = "1"
    names = [argument for argument, what in QUERY.fields[name].args.items() if is_required_argument(what)]
    texts = [f"{argument}: {given[argument]}" for argument in names]
    return f"({', '.join(texts)})" if texts else ""


ROOTS = [name for name in QUERY.fields if not is_resolved_by_python("Query", name)]


@pytest.mark.parametrize("name", ROOTS)
@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_only_what_is_public_is_answered_without_a_token(bench: Bench, name: str, where: str, how: str) -> None:
    ran = await bench.run(f"{{ {name}{required(name)} {{ __typename }} }}", {}, NOBODY, where, how)
    if f"Query.{name}" in PUBLIC:
        assert ran.errors == ()
    else:
        assert set(ran.codes.values()) == {"UNAUTHENTICATED"}
        assert not any(cast(dict[str, Any], ran.data or {}).values())


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_only_published_courses_are_shown_without_a_token(bench: Bench, where: str, how: str) -> None:
    ran = await bench.run("{ publicCourses(first: 100) { totalCount nodes { legacyId } } }", {}, NOBODY, where, how)
    courses = [row for row in bench.rows["courses"] if row["origin"] == "talktiko"]
    published = [row["id"] for row in courses if row["published_at"] is not None and row["published_at"] <= NOW]
    page = cast(Any, ran.data)["publicCourses"]
    assert page["totalCount"] == len(published)
    assert sorted(node["legacyId"] for node in page["nodes"]) == published
    assert 0 < len(published) < len(courses)


@pytest.mark.parametrize(("where", "how"), PLACES)
async def test_what_is_not_public_below_a_public_course_needs_a_token(bench: Bench, where: str, how: str) -> None:
    for below in ("students { totalCount }", "enrollments { totalCount }", "lessons { code }"):
        ran = await bench.run(f"{{ publicCourses {{ nodes {{ {below} }} }} }}", {}, NOBODY, where, how)
        assert (ran.data, ran.codes) == (None, {"publicCourses": "UNAUTHENTICATED"})


@pytest.mark.parametrize("how", [COMPILED, STEPWISE])
async def test_random_documents_of_people_without_a_token_answer_alike_everywhere(bench: Bench, how: str) -> None:
    bad, met = list[str](), set[str]()
    for seed in range(DOCUMENTS):
        document = Maker(bench.schema, bench.rows, seed, (), bench.cursors, met, PUBLIC).document()
        met |= document.used
        found = await bench.problems(document, document.variables[0], NOBODY)
        bad += [f"{document.text} {document.variables[0]} {line}" for line in found if f" {how}: " in line]
    assert bad == [], "\n".join(bad[:5])
