"""A stored document that does not fit the graph or its door stops the start, and the text says all that is wrong."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.responses import Response

from gateway.doors.documents import WrongDocument
from gateway.doors.door import Door
from gateway.doors.kinds import Choice, Count, Flag, Integer, Key, Kind, Listed, Text
from gateway.doors.parameters import Parameter
from gateway.doors.refusing import Dialect
from gateway.doors.routes import open_doors
from schema.execution import Execution
from schema.root import Graph

GOOD = """
query courses($page: Int!, $keyword: String, $field: CourseOrderField, $categories: [CourseCategory!], $demo: Boolean) {
  courses(
    page: $page, orderBy: {field: $field}, filter: {keyword: $keyword, categories: $categories, excludeDemo: $demo}
  ) {
    totalCount
    nodes { code }
  }
}
"""
PARAMETERS = (
    Parameter("page", Count(1), default=1),
    Parameter("keyword", Text()),
    Parameter("field", Choice(("code", "seq"))),
    Parameter("categories", Listed(Choice(("packaged", "others")))),
    Parameter("demo", Flag()),
)
DOOR = Door("講座情報取得", ("GET",), "/courses", PARAMETERS, "courses", lambda _values, _data: b"{}")


@pytest.fixture(scope="module")
def execution() -> Execution:
    """The graph."""
    return Execution(Graph())


def faults(folder: Path, source: str, door: Door, execution: Execution) -> list[str]:
    """What is wrong with a door and the one document in its folder."""
    folder.joinpath("courses.graphql").write_text(source, "utf-8")
    try:
        open_doors(
            "/api", [door], Dialect(folder, lambda problem, _accept: Response(status_code=problem.status)), execution
        )
    except WrongDocument as wrong:
        return str(wrong).splitlines()
    return []


def with_kind(name: str, kind: Kind, **more: object) -> Door:
    """The door with one parameter of another kind."""
    parameters = [replace(p, kind=kind, **more) if p.name == name else p for p in PARAMETERS]  # type: ignore[arg-type]  # values of several fields
    return replace(DOOR, parameters=tuple(parameters))


def test_a_fitting_document_opens_its_door(tmp_path: Path, execution: Execution) -> None:
    assert faults(tmp_path, GOOD, DOOR, execution) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("nodes {", "nodes ", "Syntax Error: Unexpected '}'."),
        ("{ code }", "{ password }", "Cannot query field 'password' on type 'Course'."),
        ("query courses", "query others", "courses.graphql has no operation courses."),
        ("$page: Int!, ", "", "Variable '$page' is not defined by operation 'courses'."),
        (
            "$keyword: String",
            "$keyword: Int",
            "Variable '$keyword' of type 'Int' used in position expecting type 'String'.",
        ),
    ],
)
def test_a_document_that_the_graph_refuses_stops_the_start(
    tmp_path: Path, execution: Execution, old: str, new: str, fault: str
) -> None:
    (found,) = faults(tmp_path, GOOD.replace(old, new), DOOR, execution)
    assert found.removeprefix("courses.graphql: ") == fault


def test_a_missing_document_stops_the_start(tmp_path: Path, execution: Execution) -> None:
    assert faults(tmp_path, GOOD, replace(DOOR, document="course"), execution) == ["course.graphql is missing."]


def test_a_parameter_and_a_variable_need_each_other(tmp_path: Path, execution: Execution) -> None:
    renamed = replace(DOOR, parameters=(*PARAMETERS[:-1], replace(PARAMETERS[-1], name="is_demo")))
    assert faults(tmp_path, GOOD, renamed, execution) == [
        "courses.graphql: the parameter is_demo names no variable.",
        "courses.graphql: no parameter gives $demo.",
    ]


def test_a_parameter_that_is_not_sent_needs_no_variable(tmp_path: Path, execution: Execution) -> None:
    more = replace(DOOR, parameters=(*PARAMETERS, Parameter("order_by", Choice(("id",)), sent=False)))
    assert faults(tmp_path, GOOD, more, execution) == []


@pytest.mark.parametrize(
    ("name", "kind", "type_"),
    [
        ("keyword", Integer(), "String"),
        ("keyword", Listed(Text()), "String"),
        ("page", Text(), "Int"),
        ("field", Choice(("code", "price")), "CourseOrderField"),
        ("field", Key(("code",)), "CourseOrderField"),
        ("categories", Choice(("packaged",)), "CourseCategory"),
        ("categories", Listed(Text()), "CourseCategory"),
        ("demo", Choice(("true",)), "Boolean"),
    ],
)
def test_a_parameter_of_another_kind_than_its_variable_stops_the_start(
    tmp_path: Path, execution: Execution, name: str, kind: Kind, type_: str
) -> None:
    fault = f"courses.graphql: ${name} has the type {type_}, which the parameter is not."
    assert faults(tmp_path, GOOD, with_kind(name, kind), execution) == [fault]


def test_a_variable_that_must_be_given_needs_a_parameter_that_always_is(tmp_path: Path, execution: Execution) -> None:
    may_lack = with_kind("page", Count(1), default=None)
    fault = "courses.graphql: $page must be given, but the parameter need not."
    assert faults(tmp_path, GOOD, may_lack, execution) == [fault]
    assert faults(tmp_path, GOOD, with_kind("page", Count(1), default=None, required=True), execution) == []


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path, execution: Execution) -> None:
    tmp_path.joinpath("courses.graphql").write_text(GOOD, "utf-8")
    doors = [replace(DOOR, document="first"), replace(DOOR, document="second")]
    with pytest.raises(WrongDocument) as wrong:
        open_doors("/api", doors, Dialect(tmp_path, lambda _problem, _accept: Response()), execution)
    assert str(wrong.value) == "first.graphql is missing.\nsecond.graphql is missing."
