"""Why somebody is not let in who comes by another system, in both languages: nobody knows yet what the person reads.

Each way in has reasons of its own (`Reasons`); those that several have are called alike, so that what is done in one
way for all of them names the reason by it.
"""

import enum
from typing import NamedTuple

from resolvers.errors import Refusal


class Words(NamedTuple):
    """What kind of refusal it is, and what people read. `{}` stands for what it is about, and never for a person."""

    kind: type[Refusal]
    english: str
    japanese: str


class Reasons(enum.Enum):
    """The reasons of one way in."""

    value: Words

    @property
    def code(self) -> str:
        """Its stable code."""
        raise NotImplementedError

    def refusal(self, named: str | None = None) -> Refusal:
        """The refusal; `named` is what it is about."""
        return self.value.kind(self.value.english.format(named), reason=self.code, field=named)

    def in_japanese(self, named: str | None) -> str:
        """The same in Japanese."""
        return self.value.japanese.format(named)
