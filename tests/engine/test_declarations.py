"""Declarations that the tables do not bear out stop the start, each with its message; and the graph is described."""

from collections.abc import Mapping, Sequence
from typing import Any

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
)
from sqlalchemy import Column, Integer, MetaData, Table, Text, UniqueConstraint, func, literal, select

from db.predicates import Columns, Condition, everything
from db.statements.plan import Link
from resolvers.context import Viewer
from resolvers.engine.attach import WrongDeclaration, attach
from resolvers.engine.engine import Engine
from resolvers.policy import Operation, Standing
from schema.declare import column, computed, connection, declarations, first, many, mapped, one, root_connection
from schema.pages import Connection
from schema.root import build, sdl
from tests.engine.asked import SDL

METADATA = MetaData()
SHELVES = Table(
    "shelves",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("note", Text),
)
BOOKS = Table(
    "books",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("shelf_id", Integer, nullable=False),
    Column("lender_id", Integer),
    Column("title", Text, nullable=False),
    Column("rank", Integer),
    UniqueConstraint("shelf_id", "id"),
)
LENT = Table("lent", METADATA, Column("shelf_id", Integer), Column("book_id", Integer))
COUNTED = (
    select(
        BOOKS.c.shelf_id.label("id"),
        func.count().label("books"),
        func.coalesce(func.max(BOOKS.c.rank), literal(0)).label("size"),
        SHELVES.c.note,
        SHELVES.c.code,
        func.coalesce(SHELVES.c.note, SHELVES.c.code, literal("-")).label("label"),
    )
    .select_from(BOOKS.outerjoin(SHELVES, SHELVES.c.id == BOOKS.c.shelf_id))
    .group_by(BOOKS.c.shelf_id, SHELVES.c.note, SHELVES.c.code)
)


def all_rows(_standing: Standing, _columns: Columns) -> Condition:
    """Everyone sees every row of these."""
    return everything()


@mapped(SHELVES, scope=all_rows, description="A shelf.")
class Shelf:
    """A shelf."""

    code: str = column("Code.")
    note: str | None = column("Note.")


def refusals(
    book: type, *, order: tuple[str, ...] = ("id",), orders: Mapping[str, tuple[str, ...]] | None = None
) -> list[str]:
    """What the start says to a graph of this one type of books."""

    @strawberry.type
    class Query:
        books: Connection[book] = root_connection(  # type: ignore[valid-type]  # a type made by each test
            "Books.", order=order, orders=orders or {}, operation=Operation.COURSES
        )

    graph = strawberry.Schema(Query)._schema
    types, fields = declarations(graph)
    try:
        attach(graph, Engine(types), fields)
    except WrongDeclaration as wrong:
        return str(wrong).split("\n")
    return []


def test_a_declaration_that_the_tables_bear_out_is_accepted() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        rank: int | None = column("Rank.")
        shelf: Shelf = one("Shelf.", key="shelf_id", implied=True)
        lender: Shelf | None = one("Lender.", key="lender_id")

    assert refusals(Book) == []


def test_a_non_null_field_on_a_nullable_column_is_refused() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        rank: int = column("Rank.")
        note: str = column("Note.", "title")

    assert refusals(Book) == ["Book.rank: is non-null, but the column rank may be NULL"]


def test_an_unknown_column_is_refused() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        subtitle: str | None = column("Subtitle.")
        shelf: Shelf | None = one("Shelf.", key="shelve_id")
        by_code: Shelf | None = one("Shelf.", key="shelf_id", match="number")

        @computed("title", "isbn", description="Made by Python.")
        def label(books: Sequence[Any], viewer: Viewer) -> list[str]:  # noqa: N805  # a batch, not a method
            return [viewer.uid for _ in books]

    assert refusals(Book) == [
        "Book.subtitle: names the column subtitle, which is not there",
        "Book.shelf: names the column shelve_id, which is not there",
        "Book.byCode: names the column number, which is not there",
        "Book.label: names the column isbn, which is not there",
    ]


def test_an_unknown_key_of_a_non_null_object_is_refused_like_any_other() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        shelf: Shelf = one("Shelf.", key="shelve_id", implied=True)

    assert refusals(Book) == ["Book.shelf: names the column shelve_id, which is not there"]


def test_an_unknown_column_of_a_link_is_refused() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        lent_by: list[Shelf] = many("Shelves.", link=Link(LENT, ("books_id",), "shelf_id"), order=("code",))
        lent_to: list[Shelf] = many("Shelves.", link=Link(LENT, ("book_id",), "person_id"), order=("code",))

    assert refusals(Book) == [
        "Book.lentBy: names the column books_id, which is not there",
        "Book.lentTo: names the column person_id, which is not there",
    ]


def test_a_column_that_a_select_makes_up_is_non_null_only_where_that_is_known() -> None:
    @mapped(COUNTED, scope=all_rows, description="A count.")
    class Count:
        books: int | None = column("Books; of a function it is not known.")
        size: int = column("The same, or 0.")
        note: str | None = column("Note; there may be no shelf.")
        label: str = column("Note, or else a dash.")

    assert refusals(Count) == []

    @mapped(COUNTED, scope=all_rows, description="A count.")
    class Wrong:
        books: int = column("Books.")
        note: str = column("Note.", "code")
        height: int = column("Height.")

    assert refusals(Wrong) == [
        "Wrong.books: is non-null, but the column books may be NULL",
        "Wrong.note: is non-null, but the column code may be NULL",
        "Wrong.height: names the column height, which is not there",
    ]


def test_a_non_null_object_on_a_nullable_key_is_refused() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        lender: Shelf = one("Lender.", key="lender_id", implied=True)

    assert refusals(Book) == ["Book.lender: is non-null, but its key lender_id may be NULL"]


def test_a_non_null_object_that_its_parent_does_not_imply_is_refused() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        shelf: Shelf = one("Shelf.", key="shelf_id")

    assert refusals(Book) == ["Book.shelf: is non-null, but not declared as implied by its parent's scope"]


def test_a_non_null_first_of_some_is_refused() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        shelf: Shelf = first("The first shelf.", key="shelf_id", match="id", order=("id",))

    assert refusals(Book) == ["Book.shelf: is non-null, but there may be no row"]


def test_an_order_by_a_nullable_or_unknown_column_is_refused() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")

    assert refusals(Book, order=("rank",)) == ["Query.books: is ordered by rank, which may be NULL"]
    assert refusals(Book, order=("-rank", "title")) == ["Query.books: is ordered by rank, which may be NULL"]
    assert refusals(Book, order=("size",)) == ["Query.books: names the column size, which is not there"]
    orders = {"title": ("title",), "rank": ("rank",)}
    assert refusals(Book, order=(), orders=orders) == ["Query.books: is ordered by rank, which may be NULL"]


def test_a_relation_with_another_number_of_keys_is_refused() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        shelf: Shelf | None = one("Shelf.", key=("shelf_id", "lender_id"))

    assert refusals(Book) == ["Book.shelf: has not as many keys as columns that match them"]


def test_a_nested_page_needs_an_index_and_a_linked_one_only_its_key() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")

    @mapped(SHELVES, scope=all_rows, description="A shelf with books.")
    class Case:
        code: str = column("Code.")
        walked: Connection[Book] = connection("Books.", match="shelf_id")
        sorted: Connection[Book] = connection("Books.", match="shelf_id", order=("title",))
        linked: Connection[Book] = connection("Books.", link=Link(LENT, ("shelf_id",), "book_id"))
        ordered: Connection[Book] = connection("Books.", link=Link(LENT, ("shelf_id",), "book_id"), order=("title",))

    assert refusals(Case) == [
        "Case.sorted: needs an index on (shelf_id, title, id) to walk along",
        "Case.ordered: is paged through a link, so it can only be ordered by its key",
    ]


def test_a_relation_to_a_type_without_rows_is_refused() -> None:
    @strawberry.type(description="No rows.")
    class Person:
        name: str = strawberry.field(description="Name.")

    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        title: str = column("Title.")
        lender: Person | None = one("Lender.", key="lender_id")

    assert refusals(Book) == ["Book.lender: names no mapped type"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    @mapped(BOOKS, scope=all_rows, description="A book.")
    class Book:
        rank: int = column("Rank.")
        shelf: Shelf = one("Shelf.", key="shelf_id")

    assert len(refusals(Book, order=("rank",))) == 3


def descriptions() -> dict[str, str | None]:
    """The description of everything in the graph that can have one, by its path."""
    found: dict[str, str | None] = {}
    for name, type_ in build()._schema.type_map.items():
        if name.startswith("__") or (isinstance(type_, GraphQLScalarType) and type_.name in BUILT_IN):
            continue
        found[name] = type_.description
        if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
            for field, definition in type_.fields.items():
                found[f"{name}.{field}"] = definition.description
                for argument, given in definition.args.items():
                    found[f"{name}.{field}({argument})"] = given.description
        elif isinstance(type_, GraphQLInputObjectType):
            found.update({f"{name}.{field}": given.description for field, given in type_.fields.items()})
        elif isinstance(type_, GraphQLEnumType):
            found.update({f"{name}.{value}": member.description for value, member in type_.values.items()})
    return found


BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


def test_everything_in_the_graph_is_described_in_a_sentence() -> None:
    found = descriptions()
    assert len(found) > 300
    assert [
        path for path, text in found.items() if not text or text != text.strip() or not text.endswith((".", ")"))
    ] == []


def test_the_committed_schema_is_what_the_code_says() -> None:
    assert SDL.read_text() == sdl()
