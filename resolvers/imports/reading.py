"""Files of comma-separated values as they come: which encoding, which columns, and each row with the line it is on."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# As people and programs call the encodings that are read; `utf-8` may begin with a mark.
ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "cp932", "ms932", "windows-31j"), "cp932"),
}
MARK = b"\xef\xbb\xbf"
CODECS = {"utf-8": "utf-8-sig", "cp932": "cp932"}


class WrongFile(Exception):
    """A file of which nothing is taken; `file` is its name in a bundle. The message repeats nothing that it held."""

    def __init__(self, code: str, message: str, *, file: str | None = None) -> None:
        super().__init__(message if file is None else f"{file}: {message}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong in a file: where, a stable code, and what to do; never the value itself."""

    line: int
    column: str | None
    code: str
    message: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a file: the line on which it begins, its cells by column, and what is wrong with it as a whole."""

    number: int
    cells: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header was read."""

    encoding: str
    columns: Sequence[str | None]
    lines: Iterator[Line]


def encoding_of(content: bytes, declared: str | None = None, *, file: str | None = None) -> str:
    """The encoding of a file: as declared, else by its mark, else the first of UTF-8 and Shift_JIS that fits.

    Raises WrongFile, naming line and byte, where none does.
    """
    if declared is not None and declared.strip().lower() not in ENCODINGS:
        raise WrongFile("ENCODING_UNKNOWN", "Send UTF-8 or Shift_JIS.", file=file)
    if declared is not None:
        wanted = [ENCODINGS[declared.strip().lower()]]
    else:
        wanted = ["utf-8"] if content.startswith(MARK) else ["utf-8", "cp932"]
    fits = {name: first_wrong(content, name) for name in wanted}
    found = next((name for name, wrong in fits.items() if wrong is None), None)
    if found is not None:
        return found
    # The one that goes on for longer is the one that was meant.
    name, wrong = max(fits.items(), key=lambda fit: fit[1] or 0)
    at = wrong or 0
    line = content.count(b"\n", 0, at) + 1
    byte = at - content.rfind(b"\n", 0, at)
    meant = {"utf-8": "UTF-8", "cp932": "Shift_JIS"}[name]
    raise WrongFile("ENCODING_WRONG", f"Line {line}, byte {byte} is not {meant}.", file=file)


def first_wrong(content: bytes, encoding: str) -> int | None:
    """The place of the first byte that an encoding does not know; None where it knows all."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return None


def table_of(
    content: bytes, known: Mapping[str, str], declared: str | None = None, *, file: str | None = None
) -> Table:
    """A file with a header: `known` says how columns may be spelled (see `spelled`), and what each is called here.

    Columns that are not known are None. Raises WrongFile for a file without a header, and for a column twice.
    """
    encoding = encoding_of(content, declared, file=file)
    text = io.TextIOWrapper(io.BytesIO(content), CODECS[encoding], newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, [])
    except csv.Error:
        raise WrongFile("HEADER_WRONG", "The first line is no line of CSV.", file=file) from None
    columns = [known.get(spelled(cell)) for cell in header]
    if not any(columns):
        raise WrongFile("HEADER_MISSING", "The first line must name the columns.", file=file)
    named = [column for column in columns if column is not None]
    if len(set(named)) < len(named):
        twice = next(column for column in named if named.count(column) > 1)
        raise WrongFile("COLUMN_TWICE", f"The column {twice} is there twice.", file=file)
    return Table(encoding, columns, lines_of(reader, columns, file))


def spelled(cell: str) -> str:
    """A heading as it is looked up: width, case and spaces do not matter."""
    return "_".join(unicodedata.normalize("NFKC", cell).strip().lower().split())


def lines_of(reader: Iterator[list[str]], columns: Sequence[str | None], file: str | None) -> Iterator[Line]:
    """The rows below the header; lines without anything in them are none."""
    while True:
        number = reader.line_num + 1  # type: ignore[attr-defined]  # csv's reader has it
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Line(
                number, fault=Fault(number, None, "MALFORMED", "This is no line of CSV: look for a quote.", file)
            )
            continue
        if any(cell.strip() for cell in cells):
            yield line_of(number, cells, columns, file)


def line_of(number: int, cells: Sequence[str], columns: Sequence[str | None], file: str | None) -> Line:
    """A row, each cell without spaces around it."""
    if len(cells) != len(columns):
        told = f"There are {len(cells)} cells for {len(columns)} columns."
        return Line(number, fault=Fault(number, None, "CELL_COUNT", told, file))
    found = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if name is not None}
    return Line(number, found)
