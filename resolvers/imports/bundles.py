"""A OneRoster bundle of comma-separated values (1EdTech OneRoster 1.1 and 1.2, CSV binding), as its zip file holds it.

Read are users, roles (1.2), classes and enrollments; the other files are let be. Kana are Japan's own columns beside
the standard's: `metadata.jp.kanaFamilyName` and `metadata.jp.kanaGivenName`, and what came before them.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from resolvers.imports import cells
from resolvers.imports.cells import Value, WrongCell
from resolvers.imports.reading import Fault, Line, Table, WrongFile, spelled, table_of
from resolvers.imports.staged import Item, Link, Person, Upload
from resolvers.passwords import folded_email

MOST_UNPACKED = 64 * 1024 * 1024
MANIFEST = "manifest.csv"
VERSIONS = ("1.1", "1.2")
BULK, DELTA, ABSENT = "bulk", "delta", "absent"
GONE = "tobedeleted"
READ = ("classes", "enrollments", "roles", "users")

NAMES = {
    "manifest": ("propertyName", "value"),
    "classes": ("sourcedId", "status", "title", "classCode"),
    "enrollments": ("sourcedId", "status", "classSourcedId", "userSourcedId", "role"),
    "roles": ("sourcedId", "status", "userSourcedId", "roleType", "role", "beginDate", "endDate"),
    "users": (
        *("sourcedId", "status", "enabledUser", "role", "username", "givenName", "familyName", "identifier"),
        *("email", "grades", "kanaGivenName", "kanaFamilyName"),
    ),
}
NEEDED = {
    "manifest": ("propertyName", "value"),
    "classes": ("sourcedId", "title"),
    "enrollments": ("classSourcedId", "userSourcedId", "role"),
    "roles": ("userSourcedId", "role"),
    "users": ("sourcedId", "givenName", "familyName"),
}
KANA = {
    "metadata.jp.kanaGivenName": "kanaGivenName",
    "metadata.jp.kanaFamilyName": "kanaFamilyName",
    "metadata.phoneticGivenName": "kanaGivenName",
    "metadata.phoneticFamilyName": "kanaFamilyName",
}
# What a role is here; guardians and the like are nobody here.
ROLES = {
    "student": "student",
    **dict.fromkeys(("teacher", "aide", "counselor", "proctor"), "homeroom_teacher"),
    **dict.fromkeys(
        ("administrator", "principal", "siteadministrator", "districtadministrator", "systemadministrator"),
        "cram_school_clerk",
    ),
    **dict.fromkeys(("guardian", "parent", "relative"), "none"),
}
# Grades as Japan's profile writes them, and as years of school; every other one is その他.
GRADES = {**{f"j{n}": str(n) for n in (1, 2, 3)}, **{f"h{n}": str(n + 3) for n in (1, 2, 3)}}
GRADES |= {f"{n + 6:02}": str(n) for n in range(1, 7)}
OTHER = "0"
PERIOD = {"beginDate": "start_at", "endDate": "end_at"}


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files that are read of a bundle."""

    files: Mapping[str, Table]

    def items(self) -> Iterator[Item]:
        """Everything, people last."""
        readers: dict[str, Callable[[Line], Item]] = {
            "classes": class_in,
            "enrollments": enrollment_in,
            "roles": role_in,
            "users": user_in,
        }
        for name in READ:
            if name not in self.files:
                continue
            for line in self.files[name].lines:
                yield item_in(f"{name}.csv", line, readers[name])


def bundle_in(content: bytes) -> Upload:
    """A bundle; WrongFile for what is none."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = parts_of(archive)
        states = manifest_in(parts)
        files = {name: opened(parts, name) for name in READ if states.get(name, ABSENT) != ABSENT}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as problem:
        raise WrongFile("ZIP_WRONG", "This is no zip file that can be read.") from problem
    if "users" not in files:
        raise WrongFile("USERS_MISSING", "The bundle has no users.csv.")
    whole, whole_places = states["users"] == BULK, states["enrollments"] != DELTA
    items = Bundle(files).items()
    return Upload("oneroster", files["users"].encoding, columns_of(files), items, whole, whole_places)


def parts_of(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The files that are read, by name, in whichever folder they lie; none of a bundle that unpacks to too much."""
    wanted = {f"{name}.csv" for name in (*READ, "manifest")}
    found = [one for one in archive.infolist() if PurePosixPath(one.filename).name in wanted]
    if sum(one.file_size for one in found) > MOST_UNPACKED:
        raise WrongFile("ZIP_TOO_LARGE", f"The bundle has more than {MOST_UNPACKED} bytes when it is unpacked.")
    names = [PurePosixPath(one.filename).name for one in found]
    if len(set(names)) < len(names):
        raise WrongFile("ZIP_WRONG", "The bundle has a file twice.")
    # No more than the size that a file is said to have is ever read of it.
    return {name: archive.read(one) for name, one in zip(names, found, strict=True)}


def manifest_in(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Whether each file is bulk, delta or absent, as the manifest says."""
    if MANIFEST not in parts:
        raise WrongFile("MANIFEST_MISSING", f"The bundle has no {MANIFEST}.")
    lines = opened(parts, "manifest").lines
    said = {line.cells["propertyName"]: line.cells["value"] for line in lines if line.fault is None}
    if said.get("oneroster.version") not in VERSIONS:
        raise WrongFile("VERSION_UNKNOWN", f"OneRoster {' and '.join(VERSIONS)} are read.", file=MANIFEST)
    states = {name: said.get(f"file.{name}", ABSENT).lower() for name in READ}
    if not set(states.values()) <= {BULK, DELTA, ABSENT}:
        raise WrongFile("MANIFEST_WRONG", "Files are bulk, delta or absent.", file=MANIFEST)
    return states


def opened(parts: Mapping[str, bytes], name: str) -> Table:
    """A file of the bundle, with the columns that are needed of it."""
    file = f"{name}.csv"
    if file not in parts:
        raise WrongFile("FILE_MISSING", "The manifest names it, and it is not there.", file=file)
    known = {spelled(column): column for column in NAMES[name]}
    if name == "users":
        known |= {spelled(spelling): column for spelling, column in KANA.items()}
    table = table_of(parts[file], known, file=file)
    missing = [column for column in NEEDED[name] if column not in table.columns]
    if missing:
        raise WrongFile("COLUMN_MISSING", f"The column {missing[0]} is not there.", file=file)
    return table


def columns_of(files: Mapping[str, Table]) -> list[str]:
    """What the bundle says of people, as lists call it."""
    found = ["external_id", "code", "last_name", "first_name"]
    named = {"email": "email", "grades": "school_grade", "enabledUser": "locked"}
    named |= {"kanaFamilyName": "last_name_kana", "kanaGivenName": "first_name_kana"}
    found += [column for name, column in named.items() if name in files["users"].columns]
    if "roles" in files:
        found += [name for column, name in PERIOD.items() if column in files["roles"].columns]
    return [*found, "section_codes"] if "enrollments" in files else found


def item_in(file: str, line: Line, read: Callable[[Line], Item]) -> Item:
    """What a line says; of a person's that cannot be read there is a row too."""
    if line.fault is not None:
        return Person(line.number, faults=(line.fault,)) if file == "users.csv" else line.fault
    try:
        return read(line)
    except WrongColumn as wrong:
        return Fault(line.number, wrong.column, wrong.code, wrong.message, file)


class WrongColumn(WrongCell):
    """A cell that cannot be read, in a line of which nothing is taken."""

    def __init__(self, column: str, wrong: WrongCell) -> None:
        super().__init__(wrong.code, wrong.message)
        self.column = column


def needed(line: Line, column: str) -> str:
    """A cell that must not be empty."""
    try:
        if found := cells.words(line.cells.get(column, "")):
            return found
        raise WrongCell("EMPTY", "This must not be empty.")
    except WrongCell as wrong:
        raise WrongColumn(column, wrong) from None


def is_gone(line: Line) -> bool:
    """Whether a line says that what it is about is to be taken away."""
    return line.cells.get("status", "").lower() == GONE


def class_in(line: Line) -> Link:
    """A class, which is a section here."""
    ref, title = needed(line, "sourcedId"), needed(line, "title")
    short = line.cells.get("classCode", "")[: cells.LONGEST] or title
    return Link(line.number, "class", ref, {"title": title, "short": short, "gone": is_gone(line)})


def enrollment_in(line: Line) -> Link:
    """Somebody's place in a class."""
    role = ROLES.get(needed(line, "role").lower(), "none")
    content: dict[str, Value] = {"class": needed(line, "classSourcedId"), "role": role, "gone": is_gone(line)}
    return Link(line.number, "enrollment", needed(line, "userSourcedId"), content)


def role_in(line: Line) -> Link:
    """Somebody's role (1.2)."""
    content: dict[str, Value] = {"role": ROLES.get(needed(line, "role").lower(), "unknown"), "gone": is_gone(line)}
    content["primary"] = line.cells.get("roleType", "").lower() == "primary"
    for column, name, read in (("beginDate", "start_at", cells.start), ("endDate", "end_at", cells.end)):
        if cell := line.cells.get(column):
            try:
                content[name] = read(cell)
            except WrongCell as wrong:
                raise WrongColumn(column, wrong) from None
    return Link(line.number, "role", needed(line, "userSourcedId"), content)


def user_in(line: Line) -> Person:
    """A person."""
    content: dict[str, Value] = {}
    faults: list[Fault] = []

    def take(name: str, column: str, read: cells.Read = cells.words) -> None:
        try:
            if cell := line.cells.get(column):
                content[name] = read(cell)
        except WrongCell as wrong:
            faults.append(Fault(line.number, column, wrong.code, wrong.message, "users.csv"))

    take("external_id", "sourcedId")
    for name, column in (("code", "sourcedId"), ("code", "username"), ("code", "identifier")):
        take(name, column)
    for name, column in (("last_name", "familyName"), ("first_name", "givenName")):
        take(name, column)
    take("last_name_kana", "kanaFamilyName")
    take("first_name_kana", "kanaGivenName")
    take("email", "email", cells.email)
    take("school_grade", "grades", grade)
    take("locked", "enabledUser", lambda cell: not cells.flag(cell))
    take("role", "role", lambda cell: ROLES.get(cell.lower(), "unknown"))
    if "external_id" not in content and not faults:
        faults.append(Fault(line.number, "sourcedId", "EMPTY", "This must not be empty.", "users.csv"))
    ref, email = content.get("external_id"), content.pop("email", None)
    role = content.pop("role", None)
    content["gone"] = is_gone(line)
    return Person(
        line.number,
        None if ref is None else str(ref),
        None,
        None if email is None else folded_email(str(email)),
        None if role is None else str(role),
        content,
        tuple(faults),
    )


def grade(cell: str) -> str:
    """The first grade that is named, as its number here."""
    return GRADES.get(cell.partition(",")[0].strip().lower(), OTHER)
