"""Writes the text of a field for each of its parents: one common table expression per level, never a query per row."""

from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    FromClause,
    Select,
    String,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)

from db.json_text import (
    NULL,
    Expression,
    Moments,
    Part,
    Parts,
    concatenated,
    enum_text,
    global_id_text,
    glued,
    leaf_text,
    object_parts,
    or_null,
    sql_literal,
    truth,
)
from db.statements.plan import (
    Branch,
    ConnectionPart,
    Constant,
    Edges,
    Leaf,
    Level,
    Members,
    Nodes,
    PageInfo,
    Shape,
    Total,
    columns_of_rows,
    tells,
)
from db.statements.sources import (
    Names,
    Source,
    equal,
    key_names,
    keyed,
    on,
    ordering,
    plain,
    source,
    within,
)
from db.statements.windows import (
    NUMBER,
    cursor_text,
    ends,
    offset,
    total,
    window_of,
    windowed,
)

Counted: TypeAlias = tuple[Level, Expression]
Told: TypeAlias = tuple[tuple[str, ...], Expression]
ONE_ROW: Expression = literal_column("1")
MOST_JOINS = 20
NO_ROW: Expression = literal_column("0")


class Writer:
    """One statement in the making; `counts` are the rows of the lists written so far, to be held to their bounds.

    `told` are the students that the levels written so far show: what is read of them, and their numbers, parted by
    commas.
    """

    def __init__(self, *, postgresql: bool, moments: Moments) -> None:
        self.names = Names(postgresql=postgresql)
        self.moments = moments
        self.counts: list[Counted] = []
        self.told: list[Told] = []
        self.joins = 0

    def value(
        self, level: Level, parents: FromClause | None, origin: FromClause | None
    ) -> tuple[Parts, FromClause | None]:
        """The parts of a field's text for each row of `parents` (None at the root), and the FROM clause it needs."""
        if level.shape is Shape.WINDOW:
            return self.connection(level, parents, origin)
        if level.shape is Shape.MANY:
            return self.many(level, parents, origin)
        if parents is None or origin is None:
            return self.single(level)
        if is_simple(level) and not tells(level) and (level.shape is Shape.FIRST or self.is_full()):
            return [self.first(level, parents)], origin
        return self.one(level, parents, origin)

    def is_full(self) -> bool:
        """Whether more joins might be too many: SQLite joins at most 64 tables, so further rows are probed instead."""
        return not self.names.postgresql and self.joins >= MOST_JOINS

    def members(self, members: Members, rows: FromClause, origin: FromClause) -> tuple[Parts, FromClause]:
        """The parts of one row's object."""
        pairs: list[tuple[str, Parts]] = []
        for key, member in members:
            parts: Parts
            if isinstance(member, Branch):
                parts, reached = self.value(member.level, rows, origin)
                origin = origin if reached is None else reached
            else:
                parts = [member.text if isinstance(member, Constant) else self.leaf(member, rows)]
            pairs.append((key, parts))
        return object_parts(pairs), origin

    def leaf(self, leaf: Leaf, rows: FromClause) -> Expression:
        """The text of one column."""
        column = rows.c[leaf.column]
        if leaf.codes:
            return or_null(enum_text(column, leaf.codes), nullable=leaf.nullable)
        if leaf.global_id is not None:
            return or_null(global_id_text(leaf.global_id, column), nullable=leaf.nullable)
        return or_null(leaf_text(column, leaf.kind, self.moments), nullable=leaf.nullable)

    def single(self, level: Level) -> tuple[Parts, FromClause]:
        """One row at the root; no row gives no text."""
        found = self.rows(level, None, columns_of_rows(level))
        if level.order:
            found = found.order_by(*[literal_column(name) for name in plain(level.order)])
        rows = found.limit(ONE_ROW).cte(self.names.fresh("l"))
        self.tell(level, rows)
        return self.members(level.members, rows, rows)

    def tell(self, level: Level, rows: FromClause) -> None:
        """Tell which students the rows of a level are of, where that has to be told."""
        if level.seen is None:
            return
        self.told.append((level.seen.fields, cast(rows.c[level.seen.column], String)))

    def one(self, level: Level, parents: FromClause, origin: FromClause) -> tuple[Parts, FromClause]:
        """At most one row per parent, joined; with lists below it the rows are read once, as a level of their own."""
        if is_simple(level) and level.shape is not Shape.FIRST:
            opened = source(level, self.names)
            matched, target, conditions = opened.matched, opened.target, opened.conditions
        else:
            wanted = columns_of_rows(level)
            read = (
                self.first_rows(level, parents, wanted)
                if level.shape is Shape.FIRST
                else self.rows(level, parents, wanted)
            )
            target = read.cte(self.names.fresh("l"))
            matched, conditions = [target.c[name] for name in key_names(level)], []
        self.joins += 1
        origin = origin.outerjoin(target, on([*equal(matched, parents, level.parent_keys), *conditions]))
        self.tell(level, target)
        parts, origin = self.members(level.members, target, origin)
        return [case((matched[0].is_(None), NULL), else_=concatenated(parts))], origin

    def first(self, level: Level, parents: FromClause) -> Expression:
        """The first of an order: one index probe per parent."""
        opened = source(level, self.names)
        parts, origin = self.members(level.members, opened.target, opened.origin)
        found = select(concatenated(parts)).select_from(origin)
        found = found.where(*equal(opened.matched, parents, level.parent_keys), *opened.conditions)
        found = found.order_by(*ordering(opened.target, level.order)).limit(ONE_ROW).correlate(parents)
        return func.coalesce(found.scalar_subquery(), NULL)

    def first_rows(self, level: Level, parents: FromClause, wanted: set[str]) -> Select[Any]:
        """The first row of an order for each parent, with its keys."""
        opened = source(level, self.names)
        if self.names.postgresql:
            return self.probed_rows(level, opened, parents, wanted)
        place = func.row_number().over(partition_by=opened.matched, order_by=ordering(opened.target, level.order))
        chosen = [opened.target.c[name] for name in sorted(wanted)]
        numbered = select(*keyed(opened.matched), *chosen, place.label("place")).select_from(opened.origin)
        rows = numbered.where(*opened.conditions, *within(opened.matched, level, parents)).subquery(
            self.names.fresh("n")
        )
        return select(*[column for column in rows.c if column.key != "place"]).where(rows.c.place == ONE_ROW)

    def probed_rows(self, level: Level, opened: Source, parents: FromClause, wanted: set[str]) -> Select[Any]:
        """The same by one index probe for each key: a parent may have thousands of rows behind the first."""
        keys = self.distinct(level, parents)
        chosen = [opened.target.c[name] for name in sorted(wanted)]
        found = select(*keyed(opened.matched), *chosen).select_from(opened.origin)
        found = found.where(*opened.conditions, *equal(opened.matched, keys, level.parent_keys))
        first = found.order_by(*ordering(opened.target, level.order)).limit(ONE_ROW).lateral(self.names.fresh("n"))
        return select(*first.c).select_from(keys.join(first, true()))

    def many(self, level: Level, parents: FromClause | None, origin: FromClause | None) -> tuple[Parts, FromClause]:
        """A whole list per parent; its rows are counted on the way, so that a list beyond all bounds can be refused."""
        wanted = columns_of_rows(level) | set(plain(level.order))
        rows = self.rows(level, parents, wanted).cte(self.names.fresh("l"))
        outer = self.begun(level, rows)
        parts, inner = self.members(level.members, rows, rows)
        self.counts = [(level, ONE_ROW), *self.counts]
        lists = self.aggregate(level, rows, inner, {"j0": concatenated(parts)}, {})
        self.carry(outer, lists)
        return ["[", func.coalesce(lists.c.j0, sql_literal("")), "]"], attach(level, lists, parents, origin)

    def connection(
        self, level: Level, parents: FromClause | None, origin: FromClause | None
    ) -> tuple[Parts, FromClause | None]:
        """A page per parent, with what is asked of it."""
        page: FromClause | None = None
        if any(isinstance(part, (Nodes, Edges, PageInfo)) for _, part in level.connection):
            page = self.page(level, parents)
            origin = attach(level, page, parents, origin)
        pairs = [
            (key, self.connection_part(level, part, f"j{index}", page, parents))
            for index, (key, part) in enumerate(level.connection)
        ]
        return object_parts(pairs), origin

    def connection_part(
        self, level: Level, part: ConnectionPart, name: str, page: FromClause | None, parents: FromClause | None
    ) -> Parts:
        """The parts of one field of a connection."""
        match part:
            case Constant():
                return [part.text]
            case Total():
                return [cast(total(level, parents, self.names), String)]
        if page is None:
            raise TypeError(f"{level.name}: no page was read.")
        if isinstance(part, PageInfo):
            return page_info(level, part, page)
        return ["[", func.coalesce(page.c[name], sql_literal("")), "]"]

    def page(self, level: Level, parents: FromClause | None) -> CTE:
        """Per parent: the text of each nodes or edges list, how many rows were found, first and last cursor."""
        window = window_of(level)
        rows = windowed(level, parents, columns_of_rows(level), self.names).cte(self.names.fresh("l"))
        origin: FromClause = rows
        texts: dict[str, Expression] = {}
        outer = self.begun(level, rows)
        for index, (_, part) in enumerate(level.connection):
            match part:
                case Nodes():
                    parts, origin = self.members(part.members, rows, origin)
                case Edges():
                    parts, origin = self.edge(part, level, rows, origin)
                case _:
                    continue
            text = concatenated(parts)
            texts[f"j{index}"] = case((rows.c[NUMBER] <= window.size, text)) if window.peeks else text
        last = ends(rows, window) if window.peeks else {}
        if window.peeks:
            # The row behind the page tells that one follows; neither it nor what is below it is shown.
            self.told = [(fields, case((rows.c[NUMBER] <= window.size, one))) for fields, one in self.told]
        page = self.aggregate(level, rows, origin, texts, last)
        self.carry(outer, page)
        return page

    def begun(self, level: Level, rows: FromClause) -> tuple[list[Counted], list[Told]]:
        """Begin to count and to tell anew, below a list; gives what was counted and told around it."""
        outer = (self.counts, self.told)
        self.counts, self.told = [], []
        self.tell(level, rows)
        return outer

    def carry(self, outer: tuple[list[Counted], list[Told]], gathered: FromClause) -> None:
        """Go on around a list, with what was counted and told below it, gathered per parent."""
        counts, told = outer
        carried: list[Counted] = [
            (one, func.coalesce(gathered.c[f"n{index}"], NO_ROW)) for index, (one, _) in enumerate(self.counts)
        ]
        self.told = told + [(fields, gathered.c[f"s{index}"]) for index, (fields, _) in enumerate(self.told)]
        self.counts = counts + carried

    def edge(self, edges: Edges, level: Level, rows: FromClause, origin: FromClause) -> tuple[Parts, FromClause]:
        """The parts of one edge."""
        pairs: list[tuple[str, Parts]] = []
        for key, what in edges.parts:
            parts: Parts
            match what:
                case None:
                    parts = ['"', cursor_text(rows, window_of(level)), '"']
                case Constant():
                    parts = [what.text]
                case _:
                    parts, origin = self.members(what, rows, origin)
            pairs.append((key, parts))
        return object_parts(pairs), origin

    def distinct(self, level: Level, parents: FromClause) -> FromClause:
        """The keys of the parents, each once."""
        return select(*[parents.c[key] for key in level.parent_keys]).distinct().subquery(self.names.fresh("k"))

    def rows(self, level: Level, parents: FromClause | None, wanted: set[str]) -> Select[Any]:
        """All rows of a level for all parents: keys and wanted columns."""
        opened = source(level, self.names)
        origin, conditions = opened.origin, list(opened.conditions)
        if parents is not None and len(opened.matched) > 1:
            # By several keys together: by the first of them alone, a learner of one course would bring those of all.
            keys = self.distinct(level, parents)
            origin = origin.join(keys, on(equal(opened.matched, keys, level.parent_keys)))
        elif parents is not None:
            conditions += within(opened.matched, level, parents)
        # An object whose every field is skipped is still there or not, and a SELECT has at least one column.
        chosen = [opened.target.c[name] for name in sorted(wanted) or level.key]
        return select(*keyed(opened.matched), *chosen).select_from(origin).where(*conditions)

    def aggregate(
        self,
        level: Level,
        rows: FromClause,
        origin: FromClause,
        texts: dict[str, Expression],
        maxima: dict[str, Expression],
    ) -> CTE:
        """One row per parent, with what was counted and told below it.

        SQLite takes the order from its input, PostgreSQL from the aggregate itself.
        """
        keys, order = key_names(level), row_order(level, rows)
        sums = {f"n{index}": count for index, (_, count) in enumerate(self.counts)}
        told = {f"s{index}": numbers for index, (_, numbers) in enumerate(self.told)}
        if not self.names.postgresql:
            named = [text.label(name) for name, text in {**texts, **maxima, **sums, **told}.items()]
            inner = select(*[rows.c[key] for key in keys], *named).select_from(origin)
            origin = inner.order_by(*[rows.c[key] for key in keys], *order).subquery(self.names.fresh("i"))
            rows, order = origin, []
            texts, maxima = renamed(texts, origin), renamed(maxima, origin)
            sums, told = renamed(sums, origin), renamed(told, origin)
        columns = [glued(text, *order).label(name) for name, text in texts.items()]
        columns += [func.max(text).label(name) for name, text in maxima.items()]
        columns += [func.sum(count).label(name) for name, count in sums.items()]
        columns += [glued(numbers).label(name) for name, numbers in told.items()]
        by = [rows.c[key] for key in keys]
        return select(*by, *columns).select_from(origin).group_by(*by).cte(self.names.fresh("a"))


def renamed(expressions: dict[str, Expression], rows: FromClause) -> dict[str, Expression]:
    """The columns that stand for expressions once these are named in a subquery."""
    return {name: rows.c[name] for name in expressions}


def row_order(level: Level, rows: FromClause) -> list[Expression]:
    """The order of a level's rows in its text."""
    if level.window is None:
        return ordering(rows, level.order)
    return [rows.c[NUMBER]] if level.window.peeks else ordering(rows, level.window.keys)


def is_simple(level: Level) -> bool:
    """Whether all below a level is one row each, so that joins alone can write it."""
    below = [member.level for _, member in level.members if isinstance(member, Branch)]
    return all(inner.shape in (Shape.ONE, Shape.FIRST) and is_simple(inner) for inner in below)


def attach(level: Level, lists: FromClause, parents: FromClause | None, origin: FromClause | None) -> FromClause:
    """Join what was gathered per parent to the parents."""
    if parents is None or origin is None:
        return lists
    same = [lists.c[f"k{index}"] == parents.c[key] for index, key in enumerate(level.parent_keys)]
    return origin.outerjoin(lists, on(same))


def page_info(level: Level, info: PageInfo, page: FromClause) -> Parts:
    """The parts of pageInfo from what was counted over the page."""
    window = window_of(level)
    previous: Part = "true" if window.after else "false"
    if window.offset is not None:
        previous = truth(offset(window) > literal_column("0"))
    values: dict[str, Part] = {
        "hasNextPage": truth(page.c.found > window.size),
        "hasPreviousPage": previous,
        "startCursor": func.coalesce(page.c.head, NULL),
        "endCursor": func.coalesce(page.c.tail, NULL),
        "__typename": '"PageInfo"',
    }
    return object_parts([(key, [values[name]]) for key, name in info.fields])
