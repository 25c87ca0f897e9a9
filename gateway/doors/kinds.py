"""What a parameter may hold: each kind reads one given value, and says how the graph wants it."""

import datetime
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

INT_LEAST, INT_MOST = -(2**31), 2**31 - 1
DIGITS = re.compile(r"-?[0-9]{1,1000}")
DECIMAL = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?")
WORD_ENDS = re.compile(r"-|(?<=[a-z])(?=[A-Z])")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Where an offset's plus sign was not percent-encoded, as in many a printed example, a space has taken its place.
MOMENT = re.compile(r"([0-9-]{10}T[0-9:]{8}(?:\.[0-9]{1,6})?)(Z|[-+ ][0-9]{2}:[0-9]{2})")
FLAGS = {"true": True, "1": True, "false": False, "0": False}
# Neither database can keep these.
UNKEPT = re.compile("[\x00\ud800-\udfff]")


class Kind(ABC):
    """A kind of parameter; `graph_type` names the GraphQL type of its variable, or nothing where that is an enum."""

    __slots__ = ()
    graph_type: ClassVar[str] = ""

    @abstractmethod
    def read(self, given: object) -> object:
        """The value in a text (or, from a JSON body, in JSON); ValueError where it is none of this kind."""

    def variable(self, value: object) -> object:
        """The value as the graph takes it."""
        return value


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Any text that a database can keep."""

    graph_type: ClassVar[str] = "String"

    def read(self, given: object) -> str:
        """The text itself."""
        if not isinstance(given, str) or UNKEPT.search(given):
            raise ValueError(given)
        return given


@dataclass(frozen=True, slots=True)
class Integer(Kind):
    """A whole number between two bounds, both included."""

    least: int = INT_LEAST
    most: int = INT_MOST
    graph_type: ClassVar[str] = "Int"

    def read(self, given: object) -> int:
        """The number."""
        found = whole_number(given)
        if found is None or not self.least <= found <= self.most:
            raise ValueError(given)
        return found


@dataclass(frozen=True, slots=True)
class Count(Kind):
    """A number from 1, of which nothing is refused: what is none becomes the default, what is too large the largest."""

    default: int
    most: int | None = None
    graph_type: ClassVar[str] = "Int"

    def read(self, given: object) -> int:
        """The number."""
        found = whole_number(given)
        if found is None or found < 1:
            return self.default
        return found if self.most is None else min(found, self.most)

    def variable(self, value: object) -> object:
        """The number, as far as GraphQL can say it; no list is as long as that."""
        return min(value, INT_MOST) if isinstance(value, int) else value


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number, whole or not."""

    graph_type: ClassVar[str] = "Float"

    def read(self, given: object) -> float:
        """The number."""
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            raise ValueError(given)
        if isinstance(given, str) and not DECIMAL.fullmatch(given):
            raise ValueError(given)
        try:
            found = float(given)
        except OverflowError:
            raise ValueError(given) from None
        if not math.isfinite(found):
            raise ValueError(given)
        return found


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """Yes or no: true, false, 1 or 0."""

    graph_type: ClassVar[str] = "Boolean"

    def read(self, given: object) -> bool:
        """Yes or no."""
        found = given if isinstance(given, bool) else FLAGS.get(str(given))
        if found is None:
            raise ValueError(given)
        return found


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of some words, each a member of an enum of the graph, where its parts stand in capitals, with _ between."""

    words: tuple[str, ...]

    def read(self, given: object) -> str:
        """The word."""
        return word(self.words, given)

    def variable(self, value: object) -> object:
        """The name of the enum's member."""
        return WORD_ENDS.sub("_", str(value)).upper()


@dataclass(frozen=True, slots=True)
class Named(Choice):
    """One of some words that members of an enum of the graph say in other words, which stand in the same order."""

    names: tuple[str, ...]

    def variable(self, value: object) -> object:
        """The name of the enum's member."""
        return self.names[self.words.index(str(value))]


@dataclass(frozen=True, slots=True)
class Key(Kind):
    """One of some words that are text in the graph too, because a table holds them."""

    words: tuple[str, ...]
    graph_type: ClassVar[str] = "String"

    def read(self, given: object) -> str:
        """The word."""
        return word(self.words, given)


@dataclass(frozen=True, slots=True)
class Sort(Kind):
    """One of some fields to order by, with a minus sign before it for the other way; an input object in the graph."""

    words: tuple[str, ...]
    graph_input: str

    def read(self, given: object) -> str:
        """The word, its sign included."""
        text = given if isinstance(given, str) else ""
        return text[: text.startswith("-")] + word(self.words, text.removeprefix("-"))

    def variable(self, value: object) -> object:
        """The input object that says field and direction."""
        text = str(value)
        return {"field": text.removeprefix("-").upper(), "direction": "DESC" if text.startswith("-") else "ASC"}


@dataclass(frozen=True, slots=True)
class Day(Kind):
    """A day of the calendar, YYYY-MM-DD."""

    graph_type: ClassVar[str] = "Date"

    def read(self, given: object) -> str:
        """The day as it is written."""
        if not isinstance(given, str) or not DAY.fullmatch(given):
            raise ValueError(given)
        return datetime.date.fromisoformat(given).isoformat()


@dataclass(frozen=True, slots=True)
class Moment(Kind):
    """An instant with its zone, such as 2025-01-01T00:00:00+09:00."""

    graph_type: ClassVar[str] = "DateTime"

    def read(self, given: object) -> str:
        """The instant, written in UTC."""
        found = MOMENT.fullmatch(given) if isinstance(given, str) else None
        if found is None:
            raise ValueError(given)
        written = datetime.datetime.fromisoformat(found[1] + found[2].replace(" ", "+"))
        try:
            return written.astimezone(datetime.UTC).isoformat()
        except OverflowError:
            raise ValueError(given) from None


@dataclass(frozen=True, slots=True)
class Object(Kind):
    """A JSON object, whatever is in it."""

    graph_type: ClassVar[str] = "JSON"

    def read(self, given: object) -> dict[str, object]:
        """The object."""
        if not isinstance(given, dict) or any(map(UNKEPT.search, texts_in(given))):
            raise ValueError(given)
        return given


def texts_in(given: object) -> Iterator[str]:
    """Every text in a value of JSON, the names in its objects too."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, dict | list):
        for part in (*given, *given.values()) if isinstance(given, dict) else given:
            yield from texts_in(part)


@dataclass(frozen=True, slots=True)
class Listed(Kind):
    """Any number of values of one kind."""

    item: Kind

    def read(self, given: object) -> list[object]:
        """The values, in the order given."""
        if not isinstance(given, list):
            raise ValueError(given)
        return [self.item.read(value) for value in given]

    def variable(self, value: object) -> object:
        """The values as the graph takes each."""
        return [self.item.variable(one) for one in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Members(Kind):
    """A JSON object whose members are of these kinds; an input object of the graph, which calls them in camel case.

    A member that is null is taken away where it may be missing: as a text it becomes an empty one.
    """

    members: tuple[tuple[str, Kind], ...]
    graph_input: str

    def read(self, given: object) -> dict[str, object]:
        """The members that are given; others are not looked at."""
        if not isinstance(given, dict):
            raise ValueError(given)
        return {name: self.member(kind, given[name]) for name, kind in self.members if name in given}

    def member(self, kind: Kind, given: object) -> object:
        """The value of one member."""
        if given is None:
            return "" if isinstance(kind, Text) else None
        return kind.read(given)

    def variable(self, value: object) -> object:
        """The input object."""
        found, kinds = value if isinstance(value, dict) else {}, dict(self.members)
        return {camel(name): None if one is None else kinds[name].variable(one) for name, one in found.items()}


def camel(name: str) -> str:
    """A name as the graph writes it: return_url is returnUrl."""
    head, *rest = name.split("_")
    return "".join([head, *(part.capitalize() for part in rest)])


def whole_number(given: object) -> int | None:
    """The whole number in a text or in JSON, whose greatest ones arrive as floats; None where there is none."""
    if isinstance(given, str):
        return int(given) if DIGITS.fullmatch(given) else None
    if isinstance(given, float) and given.is_integer():
        return int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def word(words: tuple[str, ...], given: object) -> str:
    """One of the words, as it is listed."""
    if not isinstance(given, str) or given not in words:
        raise ValueError(given)
    return given
