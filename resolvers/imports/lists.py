"""A list of members as one file of comma-separated values."""

from collections.abc import Iterable, Iterator

from resolvers.imports.cells import Value, WrongCell
from resolvers.imports.columns import BY_NAME, KNOWN_BY, SPELLINGS
from resolvers.imports.reading import Fault, Line, WrongFile, table_of
from resolvers.imports.staged import Person, Upload
from resolvers.passwords import folded_email


def list_in(content: bytes, declared: str | None) -> Upload:
    """A list of members; WrongFile for what is none."""
    table = table_of(content, SPELLINGS, declared)
    columns = [column for column in table.columns if column is not None]
    unknown = [str(number) for number, column in enumerate(table.columns, 1) if column is None]
    if unknown:
        told = f"Column {unknown[0]} has a heading that is not known. Known are {', '.join(BY_NAME)}."
        raise WrongFile("COLUMN_UNKNOWN", told)
    if not set(KNOWN_BY) & set(columns):
        raise WrongFile("COLUMN_MISSING", f"People are known by one of {', '.join(KNOWN_BY)}: none of them is there.")
    return Upload("csv", table.encoding, columns, people(table.lines))


def people(lines: Iterable[Line]) -> Iterator[Person]:
    """The person of each row."""
    for line in lines:
        yield Person(line.number, faults=(line.fault,)) if line.fault else person_in(line)


def person_in(line: Line) -> Person:
    """What a row says of a person."""
    content: dict[str, Value] = {}
    faults: list[Fault] = []
    for name, cell in line.cells.items():
        column = BY_NAME[name]
        if not cell and not column.empty_says:
            continue
        try:
            content[name] = column.read(cell)
        except WrongCell as wrong:
            faults.append(Fault(line.number, name, wrong.code, wrong.message))
    role = str(content.pop("role", "student"))
    faults += [
        Fault(line.number, name, "STUDENTS_ONLY", "This is of students alone.")
        for name in content
        if role != "student" and BY_NAME[name].students_only and content[name]
    ]
    return known(line.number, content, role, faults)


def known(number: int, content: dict[str, Value], role: str, faults: list[Fault]) -> Person:
    """A person by what the row calls it; nobody can be known by nothing."""
    ref = next((str(content[name]) for name in KNOWN_BY if content.get(name)), None)
    if ref is None and not any(fault.column in KNOWN_BY for fault in faults):
        told = f"People are known by one of {', '.join(KNOWN_BY)}: none of them is filled."
        faults.append(Fault(number, KNOWN_BY[0], "NOBODY", told))
    uid, email = content.pop("uid", None), content.pop("email", None)
    return Person(
        number,
        ref,
        None if uid is None else str(uid),
        None if email is None else folded_email(str(email)),
        role,
        content,
        tuple(faults),
    )
