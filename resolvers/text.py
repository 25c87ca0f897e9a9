"""Texts that clients send, made fit for the database: folded for searching, or refused."""

from collections.abc import Callable

from db.kana import pattern
from resolvers.errors import BadInput

LONGEST_KEYWORD = 200
MOST_VALUES = 1000


def keyword(value: str) -> str:
    """A keyword as the LIKE pattern that finds it anywhere, whatever it contains."""
    if len(value) > LONGEST_KEYWORD:
        raise BadInput(f"A keyword has at most {LONGEST_KEYWORD} characters.", reason="keyword_length", field="keyword")
    return pattern(text(value))


def text(value: str) -> str:
    """Text that both databases can compare with: no NUL and no lone surrogate, which neither can keep."""
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadInput("Text must not contain U+0000 or lone surrogates.", reason="text_characters")
    return value


def texts(name: str) -> Callable[[list[str]], list[str]]:
    """A list of at most 1,000 texts; the argument's name stands in the refusal."""

    def clean(values: list[str]) -> list[str]:
        if len(values) > MOST_VALUES:
            raise BadInput(f"{name} takes at most {MOST_VALUES} values.", reason="too_many_values", field=name)
        return [text(value) for value in values]

    return clean
