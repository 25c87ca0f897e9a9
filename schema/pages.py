"""Connections: a page of a list, with cursors, its edges and how many rows the whole list has."""

from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list (Relay).")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(
        description="Whether rows stand before this page. After a cursor this is always true."
    )
    start_cursor: str | None = strawberry.field(description="Cursor of the first row shown; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row shown: pass it as `after`.")


@strawberry.type(description="A row of a list and its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Where this row stands: pass it as `after` to go on behind it.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list. Ask for `nodes`, or for `edges` where each row's cursor is needed.")
class Connection(Generic[T]):
    nodes: list[T] = strawberry.field(description="The rows of this page.")
    edges: list[Edge[T]] = strawberry.field(description="The rows of this page, each with its cursor.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")

    @strawberry.field(description="How many rows the whole list has. Counted only when selected.")
    async def total_count(self) -> int:
        return await self.total()  # type: ignore[attr-defined,no-any-return]  # the engine's page stands behind this type
