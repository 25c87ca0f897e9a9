"""Rows as lines of a file: CSV as spreadsheets open it without harm (RFC 4180), and JSON Lines."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import orjson

from resolvers.engine.streaming import Path

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
    """A column for each path, named by its keys with points between them; a list is one cell of JSON.

    Numbers stay numbers. A text that a spreadsheet would run as a formula has an apostrophe before it.
    """

    def __init__(self, paths: Sequence[Path], encoding: str) -> None:
        self.names = [".".join(path) for path in paths]
        self.finders = [finder(path) for path in paths]
        self.encoding = encoding

    def head(self) -> bytes:
        """The names of the columns, behind a mark of the encoding where it has one."""
        return self.encoded([self.names], self.encoding)

    def rows(self, texts: Sequence[bytes]) -> bytes:
        """A line for each row."""
        objects = map(orjson.loads, texts)
        # The mark of the encoding stands before the first line alone.
        rows = [[cell(find(one)) for find in self.finders] for one in objects]
        return self.encoded(rows, self.encoding.removesuffix("-sig"))

    def encoded(self, rows: Sequence[Sequence[Cell]], encoding: str) -> bytes:
        """Lines of cells as bytes."""
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator="\r\n").writerows(rows)
        text = written.getvalue()
        return in_cp932(text) if encoding == "cp932" else text.encode(encoding)


def lines_of(format_: str, paths: Sequence[Path], encoding: str) -> Lines:
    """How an export writes its rows."""
    return JsonLines() if format_ == "jsonl" else Csv(paths, encoding)


def finder(path: Path) -> Callable[[dict[str, Any]], Any]:
    """What finds a value in the object of a row; None where an object on the way is missing."""
    first, rest = path[0], path[1:]
    if not rest:
        return lambda row: row[first]
    inner = finder(rest)
    return lambda row: None if row[first] is None else inner(row[first])


def cell(value: Any) -> Cell:  # noqa: ANN401  # JSON holds anything
    """A value of JSON as a cell."""
    match value:
        case str():
            return f"'{value}" if value[:1] in FORMULAS else value
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return orjson.dumps(value).decode()
    number: int | float | None = value
    return number


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
