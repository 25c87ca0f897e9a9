"""What stands in a cell, read strictly: each kind gives a value that JSON can keep, or says what is wrong."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

from db.japan import JAPAN
from resolvers.errors import BadInput
from resolvers.text import text

Value: TypeAlias = str | bool | list[str]
Read: TypeAlias = Callable[[str], Value]

LONGEST = 255
MOST_CODES = 100
FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "はい", "○", "ロック"), True),
    **dict.fromkeys(("false", "0", "no", "いいえ", "×"), False),
}
ROLES = {
    **dict.fromkeys(("student", "生徒"), "student"),
    **dict.fromkeys(("homeroom_teacher", "coach", "コーチ", "担任"), "homeroom_teacher"),
    **dict.fromkeys(("cram_school_clerk", "clerk", "事務"), "cram_school_clerk"),
    **dict.fromkeys(("cram_school_owner", "owner", "塾長"), "cram_school_owner"),
    **dict.fromkeys(("administrator", "システム管理者"), "administrator"),
}
DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
PARTED = re.compile(r"[;,、|\n]")
EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
# Years outside of these are typing errors; every time zone can print what lies between.
FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)


class WrongCell(ValueError):
    """A cell that cannot be read: a stable code, and what should stand there."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def words(cell: str) -> str:
    """Any text of at most 255 characters."""
    if len(cell) > LONGEST:
        raise WrongCell("TOO_LONG", f"This is longer than {LONGEST} characters.")
    try:
        return text(cell)
    except BadInput:
        raise WrongCell("CHARACTERS", "There is a character that cannot be kept.") from None


def email(cell: str) -> str:
    """A mail address."""
    if not EMAIL.fullmatch(words(cell)):
        raise WrongCell("EMAIL", "This is no mail address.")
    return cell


def role(cell: str) -> str:
    """A role, by its name in tokens, in English or in Japanese."""
    found = ROLES.get(cell.lower())
    if found is None:
        raise WrongCell("ROLE_UNKNOWN", "Say student, coach, clerk or owner.")
    return found


def flag(cell: str) -> bool:
    """Yes or no."""
    found = FLAGS.get(cell.lower())
    if found is None:
        raise WrongCell("FLAG", "Say true or false.")
    return found


def day(cell: str) -> str:
    """A day of the calendar, such as 2026-04-01 or 2026/4/1."""
    return day_in(cell).isoformat()


def day_in(cell: str) -> date:
    """The day that a cell says."""
    found = DAY.fullmatch(cell)
    try:
        if found is not None and FIRST <= (wanted := date(*map(int, found.groups()))) <= LAST:
            return wanted
    except ValueError:
        pass
    raise WrongCell("DATE", "Say a day such as 2026-04-01.")


def start(cell: str) -> str:
    """An instant with its offset, or a day, which is meant from its first moment on in Japan."""
    return instant(cell, time.min)


def end(cell: str) -> str:
    """The same of a day that is meant up to its last moment."""
    return instant(cell, time.max)


def instant(cell: str, of_day: time) -> str:
    """An instant in UTC."""
    if DAY.fullmatch(cell):
        return datetime.combine(day_in(cell), of_day, JAPAN).astimezone(UTC).isoformat()
    found: datetime | None
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not FIRST <= found.date() <= LAST - timedelta(days=1):
        raise WrongCell("DATE", "Say a day such as 2026-04-01, or an instant such as 2026-04-01T09:00:00+09:00.")
    return found.astimezone(UTC).isoformat()


def codes(cell: str) -> list[str]:
    """Codes, parted by semicolons, commas or bars; each once, in their order."""
    found = list(dict.fromkeys(part.strip() for part in PARTED.split(words(cell)) if part.strip()))
    if len(found) > MOST_CODES:
        raise WrongCell("TOO_MANY", f"At most {MOST_CODES} codes.")
    return found
