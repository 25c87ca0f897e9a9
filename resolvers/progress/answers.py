"""How an answer to a training item is marked: from 0 to 1, against the item's solution."""

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

PASS = 0.6
APOSTROPHES = str.maketrans("’‘ʼ＇", "''''")
LONGEST = 2000


class WrongAnswer(Exception):
    """An answer that does not have the form its item wants; the text says which form."""


def mark(item_type: str, solution: Mapping[str, Any], answer: object) -> float:
    """The score of an answer; WrongAnswer where it has the wrong form, or where the client itself must mark it."""
    match item_type:
        case "multiple_choice":
            return float(number(answer) == solution["choice"])
        case "reading":
            return share_right(answer, solution["choices"])
        case "dictation":
            return best_match(answer, solution)
        case "gap_fill":
            return float(normal(words(answer)) in accepted(solution))
    raise WrongAnswer("Speaking is marked by the client: send `score` and no answer.")


def share_right(answer: object, choices: list[int]) -> float:
    """The share of the questions whose right choice was made."""
    if not isinstance(answer, list) or len(answer) != len(choices):
        raise WrongAnswer(f"The answer is a list of {len(choices)} numbers, one for each question.")
    right = sum(number(one) == choice for one, choice in zip(answer, choices, strict=True))
    return round(right / len(choices), 4)


def best_match(answer: object, solution: Mapping[str, Any]) -> float:
    """How much of a dictation is right: the share of words that agree, with the accepted text that is nearest."""
    written = normal(words(answer)).split()
    ratios = [SequenceMatcher(None, written, text.split(), autojunk=False).ratio() for text in accepted(solution)]
    return round(max(ratios), 4)


def accepted(solution: Mapping[str, Any]) -> list[str]:
    """Every text that is right, as it is compared."""
    return [normal(text) for text in (solution["text"], *solution.get("accept", ()))]


def normal(text: str) -> str:
    """A text as it is compared: width, case, kinds of apostrophes, spaces and punctuation at the end do not matter."""
    folded = unicodedata.normalize("NFKC", text).translate(APOSTROPHES).casefold()
    return re.sub(r"\s+", " ", folded).strip().rstrip(".!?,;:。、 ")


def words(answer: object) -> str:
    """The text of an answer."""
    if not isinstance(answer, str) or len(answer) > LONGEST:
        raise WrongAnswer(f"The answer is a text of at most {LONGEST} characters.")
    return answer


def number(answer: object) -> int:
    """The number of a choice, counted from 0."""
    if isinstance(answer, bool) or not isinstance(answer, int):
        raise WrongAnswer("The answer is the number of a choice, counted from 0.")
    return answer
