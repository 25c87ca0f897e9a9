"""The list of schools (学校コード一覧) that the ministry of education publishes, as comma-separated values.

Its headings span several lines, and its codes have 13 characters; what is in brackets is for people. Schools that
were closed stay in the list, and are taken: somebody went there. Kana are not in it.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from db.connections.database import Transaction
from db.imports import schools
from db.imports.schools import Counted
from resolvers.imports.cells import WrongCell, words
from resolvers.imports.reading import Fault, Line, spelled, table_of

HEADINGS = {
    "学校コード": "code",
    "学校名": "name",
    "都道府県番号": "prefecture",
    "設置 区分": "establishment",
    "設置区分": "establishment",
}
KNOWN = {spelled(heading): name for heading, name in HEADINGS.items()}
NEEDED = ("code", "name", "prefecture", "establishment")
CODE = re.compile(r"[A-Z][0-9A-Z]{12}")
NUMBER = re.compile(r"0*(\d{1,2})(?:\(.*\))?")
ESTABLISHED = {"1": "national", "2": "public", "3": "private"}
AT_ONCE = 500


class WrongList(Exception):
    """A list that is none; the text says why."""


def schools_in(content: bytes) -> Iterator[dict[str, str] | Fault]:
    """The schools of a list; a fault for a line that cannot be read."""
    table = table_of(content, KNOWN)
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        headings = [heading for heading, name in HEADINGS.items() if name == missing[0]]
        raise WrongList(f"The column {headings[-1]} is not there.")
    for line in table.lines:
        yield line.fault or school_in(line)


def school_in(line: Line) -> dict[str, str] | Fault:
    """The school of a line."""
    cells = line.cells
    prefecture, kind = (NUMBER.fullmatch(cells[name]) for name in ("prefecture", "establishment"))
    if not CODE.fullmatch(cells["code"]):
        return Fault(line.number, "学校コード", "CODE", "A code has 13 characters: a capital letter and digits.")
    if prefecture is None or not 1 <= int(prefecture[1]) <= 47:
        return Fault(line.number, "都道府県番号", "PREFECTURE", "There is no such prefecture.")
    if kind is None or kind[1] not in ESTABLISHED:
        return Fault(line.number, "設置区分", "ESTABLISHMENT", "Say 1 (国), 2 (公) or 3 (私).")
    try:
        name = words(cells["name"])
    except WrongCell as wrong:
        return Fault(line.number, "学校名", wrong.code, wrong.message)
    if not name:
        return Fault(line.number, "学校名", "EMPTY", "This must not be empty.")
    found = {"code": cells["code"], "name": name, "prefecture_code": str(int(prefecture[1]))}
    return {**found, "establishment_type": ESTABLISHED[kind[1]]}


async def keep_schools(transaction: Transaction, found: list[dict[str, str]], now: datetime) -> Counted:
    """Keep schools, some at a time; a code that is there twice counts by its last line."""
    if not await schools.known_prefectures(transaction):
        raise WrongList("There are no prefectures yet: run `kakehashi migrate` first.")
    last = list({one["code"]: one for one in found}.values())
    parts = [last[first : first + AT_ONCE] for first in range(0, len(last), AT_ONCE)]
    return schools.total([await schools.keep(transaction, part, now) for part in parts])
