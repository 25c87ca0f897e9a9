"""Where people are to be put: the sections and groups that a row names, and the classes that a bundle puts it into."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from db.imports.people import GROUP, SECTION, TAUGHT, Account, Ground
from db.imports.staging import Linked, Staged
from db.imports.writing import Class, Write
from resolvers.imports.decisions import Terms
from resolvers.imports.reading import Fault

CODES = {"section_codes": SECTION, "group_codes": GROUP}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The classes of a batch of people: what a bundle says of each, and which classes it has."""

    by_ref: Mapping[str, Sequence[Linked]]
    classes: Mapping[str, Class]


@dataclass(frozen=True, slots=True)
class Places:
    """By kind of place the codes of all in which somebody is to be, of some more, and of those to leave."""

    whole: Mapping[str, set[str]] = field(default_factory=dict)
    more: Mapping[str, set[str]] = field(default_factory=dict)
    gone: Mapping[str, set[str]] = field(default_factory=dict)


def wanted_places(
    row: Staged, role: str, terms: Terms, ground: Ground, enrolled: Enrolled
) -> tuple[Places, list[Fault]]:
    """Where somebody is to be, and what is wrong with it."""
    if terms.source == "oneroster":
        return classes_of(row, role, terms, ground, enrolled)
    found: dict[str, set[str]] = {}
    faults: list[Fault] = []
    for column, unit in CODES.items():
        if column not in row.content:
            continue
        there = ground.sections if unit == SECTION else ground.groups
        codes = set(row.content[column])
        if codes - set(there):
            told = "There is no such place in this organization."
            faults.append(Fault(row.line or 0, column, "PLACE_UNKNOWN", told))
        if role == "student" or unit == SECTION:
            found[unit if role == "student" else TAUGHT] = codes
    return Places(found), faults


def classes_of(row: Staged, role: str, terms: Terms, ground: Ground, enrolled: Enrolled) -> tuple[Places, list[Fault]]:
    """The same of a bundle, whose classes are sections. What is wrong with a place is no mistake of the person."""
    if "section_codes" not in terms.columns:
        return Places(), []
    unit = SECTION if role == "student" else TAUGHT
    codes: set[str] = set()
    gone: set[str] = set()
    faults: list[Fault] = []
    for link in enrolled.by_ref.get(row.ref or "", ()):
        code = str(link.content["class"])
        if (link.content["role"] == "student") != (role == "student"):
            told = "The person has another role, and is not put into the class with this one."
            faults.append(Fault(link.line, "role", "ROLE_DIFFERS", told, "enrollments.csv"))
        elif link.content["gone"]:
            gone.add(code)
        elif code not in enrolled.classes and code not in ground.sections:
            told = "There is no such class in the bundle, and no such section."
            faults.append(Fault(link.line, "classSourcedId", "CLASS_UNKNOWN", told, "enrollments.csv"))
        else:
            codes.add(code)
    return (Places({unit: codes}) if terms.whole_places else Places({}, {unit: codes}, {unit: gone})), faults


def put_places(account: Account | None, wanted: Places, write: Write) -> None:
    """Say into which places somebody comes, and out of which: never out of one where no import has put the person."""
    whole, more, gone = wanted.whole, wanted.more, wanted.gone
    for unit in (SECTION, GROUP, TAUGHT):
        there = set() if account is None else account.places.get(unit, set())
        ours = set() if account is None else account.placed.get(unit, set())
        leaves = (ours & gone.get(unit, set())) | (ours - whole[unit] if unit in whole else set())
        comes = (whole.get(unit, set()) | more.get(unit, set())) - there
        if comes:
            write.put_in[unit] = comes
        if leaves - more.get(unit, set()):
            write.take_out[unit] = leaves - more.get(unit, set())


def show_places(account: Account | None, write: Write, changes: dict[str, list[object]]) -> None:
    """Say in a plan which places change."""
    for unit in (SECTION, GROUP, TAUGHT):
        comes, leaves = write.put_in.get(unit, set()), write.take_out.get(unit, set())
        if comes or leaves:
            there = set() if account is None else account.places.get(unit, set())
            column = "group_codes" if unit == GROUP else "section_codes"
            changes[column] = [sorted(there), sorted((there | comes) - leaves)]


def needed(writes: Iterable[Write], classes: Mapping[str, Class], ground: Ground) -> list[Class]:
    """The classes of which sections are to be made."""
    codes = {code for one in writes for unit in (SECTION, TAUGHT) for code in one.put_in.get(unit, ())}
    return [classes[code] for code in sorted(codes) if code in classes and code not in ground.sections]
