"""Rows as lines of a file: CSV as spreadsheets open it without harm (RFC 4180), and JSON Lines."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias

import orjson

from db.json_text import Kind
from resolvers.engine.streaming import Path, Value

Cell: TypeAlias = str | int | float | None
# A spreadsheet takes a text that begins with one of these, or with its full-width twin, for a formula.
FORMULAS = frozenset("=+-@\t\r\n＝＋－＠")
# Windows' Japanese encoding has another character for each of these than Unicode's tables name.
IN_CP932 = str.maketrans("〜−‖—¢£¬", "～－∥―￠￡￢")
# What an encoding has no character for is shown as the mark that printers set for it.
GETA = "〓"


class Lines(Protocol):
    """How rows are written; each method gives bytes to append to the file."""

    def head(self) -> bytes:
        """What stands before all rows."""

    def rows(self, texts: Sequence[bytes]) -> bytes:
        """Rows, each given as a JSON object in UTF-8."""


class JsonLines:
    """One JSON object a line, in UTF-8 and as the graph wrote it."""

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, texts: Sequence[bytes]) -> bytes:
        """The objects."""
        return b"\n".join(texts) + b"\n"


class Csv:
    """A column for each value, named by its keys with points between them; a list is one cell of JSON.

    Numbers stay numbers. A text that a spreadsheet would run as a formula has an apostrophe before it.
    """

    def __init__(self, layout: Sequence[Value], encoding: str) -> None:
        self.layout = layout
        self.encoding = encoding

    def head(self) -> bytes:
        """The names of the columns, behind a mark of the encoding where it has one."""
        return self.encoded([[".".join(value.path) for value in self.layout]], self.encoding)

    def rows(self, texts: Sequence[bytes]) -> bytes:
        """A line for each row. The work is done column by column, which takes half the time of row by row."""
        found = Found(orjson.loads(b"[%b]" % b",".join(texts)))
        columns = [cells(found.at(value.path), value.kind) for value in self.layout]
        # The mark of the encoding stands before the first line alone.
        return self.encoded(zip(*columns, strict=True), self.encoding.removesuffix("-sig"))

    def encoded(self, rows: Iterable[Sequence[Cell]], encoding: str) -> bytes:
        """Lines of cells as bytes."""
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator="\r\n").writerows(rows)
        text = written.getvalue()
        return in_cp932(text) if encoding == "cp932" else text.encode(encoding)


class Found:
    """Some rows, and the values that paths lead to in each: None where an object on the way is missing."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.known: dict[Path, Sequence[Any]] = {(): rows}

    def at(self, path: Path) -> Sequence[Any]:
        """The values at a path, in the order of the rows; those on the way are kept for the next one."""
        found = self.known.get(path)
        if found is None:
            key = path[-1]
            found = [None if one is None else one[key] for one in self.at(path[:-1])]
            self.known[path] = found
        return found


def lines_of(format_: str, layout: Sequence[Value], encoding: str) -> Lines:
    """How an export writes its rows."""
    return JsonLines() if format_ == "jsonl" else Csv(layout, encoding)


def cells(values: Sequence[Any], kind: Kind) -> Sequence[Cell]:
    """The values of a column as cells."""
    match kind:
        case Kind.TEXT:
            return [f"'{one}" if one is not None and one[:1] in FORMULAS else one for one in values]
        case Kind.BOOLEAN:
            return [None if one is None else "true" if one else "false" for one in values]
        case Kind.JSON:
            return [None if one is None else json_cell(one) for one in values]
    return values


def json_cell(value: object) -> str:
    """A list, an object, or whatever else JSON has, in a cell."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"'{text}" if text[:1] in FORMULAS and isinstance(value, str) else text


def in_cp932(text: str) -> bytes:
    """The text in Windows' Japanese encoding; for what it has no character for, the geta mark stands."""
    try:
        return text.translate(IN_CP932).encode("cp932")
    except UnicodeEncodeError:
        return "".join(one if has_cp932(one) else GETA for one in text.translate(IN_CP932)).encode("cp932")


def has_cp932(character: str) -> bool:
    """Whether the encoding has the character."""
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
