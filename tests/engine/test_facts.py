"""What is known of a column that a select makes up: its type, and whether it may be NULL."""

import pytest
from sqlalchemy import (
    Column,
    Float,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from db.members import members
from db.progress.shown import learner_records, lesson_states
from db.statements.facts import column_in

METADATA = MetaData()
ONE = Table("one", METADATA, Column("id", Integer, primary_key=True), Column("number", Integer), Column("text", Text))
TWO = Table("two", METADATA, Column("id", Integer, primary_key=True), Column("kept", Integer, nullable=False))
THREE = Table("three", METADATA, Column("id", Integer, primary_key=True), Column("kept", Integer, nullable=False))
TWO_ALIKE = TWO.alias("two_alike")
ID, NUMBER = ONE.c.id, ONE.c.number
MAYBE = ONE.outerjoin(TWO, TWO.c.id == ID)
MAYBE_BOTH = ONE.outerjoin(TWO.join(THREE, THREE.c.id == TWO.c.id), TWO.c.id == ID)


@pytest.mark.parametrize(
    ("expression", "nullable"),
    [
        (ID, False),
        (NUMBER, True),
        (literal(0), False),
        (literal(None), True),
        (null(), True),
        (bindparam("given", type_=Integer()), True),
        (func.coalesce(NUMBER, literal(0)), False),
        (func.coalesce(NUMBER, ID), False),
        (func.coalesce(NUMBER, NUMBER), True),
        (func.coalesce(NUMBER, func.coalesce(NUMBER, literal(1))), False),
        (case((NUMBER > 1, ID), else_=literal(0)), False),
        (case((NUMBER > 1, ID)), True),
        (case((NUMBER > 1, NUMBER), else_=literal(0)), True),
        (case((NUMBER > 1, ID), else_=NUMBER), True),
        (case((NUMBER > 1, ID), else_=None), True),
        (cast(ID, Float), False),
        (cast(NUMBER, Float), True),
        (ID + literal(1), False),
        (ID // literal(60_000), False),
        (ID + NUMBER, True),
        (NUMBER + ID, True),
        (cast(ID // literal(2), Integer), False),
        (func.max(ID), True),
        (func.lower(ONE.c.text), True),
        (select(ID).scalar_subquery(), True),
        (-ID, False),
        (-NUMBER, True),
        (~case((ID > 1, true())), True),
        (ONE.c.text + literal("-") + ONE.c.text, True),
        (literal_column("'written'"), False),
        (literal_column("null"), True),
        (literal_column("'a' || null || 'b'"), True),
    ],
)
def test_an_expression_may_be_null_unless_it_is_known_not_to_be(
    expression: ColumnElement[object], nullable: bool
) -> None:
    assert column_in(select(expression.label("made")), "made").nullable is nullable


@pytest.mark.parametrize(
    ("rows", "nullable"),
    [
        (select(TWO.c.kept).join_from(ONE, TWO, TWO.c.id == ID), False),
        (select(TWO.c.kept).join_from(ONE, TWO, TWO.c.id == ID, isouter=True), True),
        (select(ONE.c.id.label("kept")).join_from(ONE, TWO, TWO.c.id == ID, isouter=True), False),
        (
            select(THREE.c.kept).select_from(MAYBE_BOTH),
            True,
        ),
        (select(THREE.c.kept).select_from(MAYBE.join(THREE, THREE.c.id == ID)), False),
        (
            select(func.coalesce(TWO.c.kept, literal(0)).label("kept")).select_from(MAYBE),
            False,
        ),
        (select((TWO.c.kept + literal(1)).label("kept")).select_from(MAYBE), True),
        (select(TWO_ALIKE.c.kept).select_from(ONE.join(TWO_ALIKE, TWO_ALIKE.c.id == ID)), False),
        (select(TWO_ALIKE.c.kept).select_from(ONE.outerjoin(TWO_ALIKE, TWO_ALIKE.c.id == ID)), True),
        (select(ONE.c.id.label("kept")).select_from(ONE.outerjoin(TWO, TWO.c.id == ID, full=True)), True),
    ],
)
def test_what_is_joined_from_outside_may_be_null(rows: Select[tuple[object]], nullable: bool) -> None:
    assert column_in(rows, "kept").nullable is nullable


def test_a_column_of_two_selects_may_be_null_where_it_may_be_in_one_of_them() -> None:
    both = union_all(select(ID, NUMBER, ID.label("kept")), select(TWO.c.id, TWO.c.kept, NUMBER)).subquery()
    rows = select(*both.c)
    assert [column_in(rows, name).nullable for name in ("id", "number", "kept")] == [False, True, True]


def test_a_column_has_the_type_of_what_it_is_made_of() -> None:
    rows = select(cast(ID, Float).label("share"), func.coalesce(ONE.c.text, literal("")).label("text"), NUMBER)
    assert isinstance(column_in(rows, "share").type, Float)
    assert isinstance(column_in(rows, "text").type, Text)
    assert isinstance(column_in(rows, "number").type, Integer)
    assert isinstance(column_in(ONE, "text").type, Text)


@pytest.mark.parametrize("rows", [ONE, select(ID)])
def test_a_column_that_is_not_there_is_a_key_error(rows: Table | Select[tuple[int]]) -> None:
    with pytest.raises(KeyError):
        column_in(rows, "nope")


def test_a_table_knows_its_columns() -> None:
    assert column_in(ONE, "number").nullable is True
    assert column_in(ONE, "id").nullable is False


@pytest.mark.parametrize(
    ("rows", "nullable"),
    [
        (learner_records, {"locked_at", "last_active_on", "cefr_level"}),
        (lesson_states, {"locked_at", "best_score", "completed_at", "updated_at"}),
        (members, {"organization_id", "email", "student_id", "membership_id"}),
    ],
)
def test_what_the_graph_shows_of_learners_is_known(rows: Select[tuple[object]], nullable: set[str]) -> None:
    names = [str(column.key) for column in rows.selected_columns]
    assert {name for name in names if column_in(rows, name).nullable} == nullable
