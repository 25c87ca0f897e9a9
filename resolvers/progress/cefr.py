"""CEFR levels by skill, from the last items that a learner answered.

The rule is ours; neither source has one. It looks at the last 60 scored answers in a skill. Answers count for a level
that were given to items of that level or above, and only ten of them or more say anything.

- Up: to the highest level for which the mean score is 0.7 or more.
- Down: by one level, where the mean score for the present level is below 0.5.
- Otherwise the level stays, so that a good day does not raise it and a bad one does not lower it.
- The first level is known after five answers: the highest with five of them and a mean of 0.6 or more, or else A1.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from statistics import fmean

from db.courses import CEFR_LEVELS
from db.progress.facts import Fact

WINDOW = 60
FIRST_ANSWERS, FIRST_MEAN = 5, 0.6
ANSWERS, UP, DOWN = 10, 0.7, 0.5
NUMBER = {level: number for number, level in enumerate(CEFR_LEVELS)}


@dataclass(frozen=True, slots=True)
class Assessed:
    """A level, the mean score of the answers behind it from 0 to 100, and when the last of them was given."""

    level: str
    score: float
    assessed_at: datetime


def assessments(level: str | None, before: Sequence[Fact], facts: Sequence[Fact]) -> Iterator[Assessed]:
    """The level after each instant's answers, beginning with the level before; `before` are the answers before them."""
    answers = [*before, *facts]
    end = len(before)
    for at, at_once in groupby(facts, key=lambda fact: fact.occurred_at):
        end += len(list(at_once))
        window = answers[max(0, end - WINDOW) : end]
        level = first_level(window) if level is None else next_level(level, window)
        if level is not None:
            yield Assessed(level, shown_score(level, window), at)


def first_level(window: Sequence[Fact]) -> str | None:
    """The first level, or None for too few answers."""
    if len(window) < FIRST_ANSWERS:
        return None
    passed = [level for level in CEFR_LEVELS if (mean := mean_for(level, window, FIRST_ANSWERS)) and mean >= FIRST_MEAN]
    return max(passed, key=NUMBER.__getitem__, default=CEFR_LEVELS[0])


def next_level(level: str, window: Sequence[Fact]) -> str:
    """The level after more answers."""
    for higher in reversed(CEFR_LEVELS[NUMBER[level] + 1 :]):
        mean = mean_for(higher, window, ANSWERS)
        if mean is not None and mean >= UP:
            return higher
    mean = mean_for(level, window, ANSWERS)
    down = mean is not None and mean < DOWN
    return CEFR_LEVELS[max(0, NUMBER[level] - 1)] if down else level


def mean_for(level: str, window: Sequence[Fact], least: int) -> float | None:
    """The mean score of the answers that count for a level; None for too few of them."""
    scores = scores_for(level, window)
    return fmean(scores) if len(scores) >= least else None


def scores_for(level: str, window: Sequence[Fact]) -> list[float]:
    """The scores of the answers to items of a level or above."""
    counted = [fact for fact in window if fact.cefr_level and NUMBER[fact.cefr_level] >= NUMBER[level]]
    return [fact.score for fact in counted if fact.score is not None]


def shown_score(level: str, window: Sequence[Fact]) -> float:
    """The mean that is shown beside a level, from 0 to 100: of the answers that count for it, or else of all."""
    scores = scores_for(level, window) or scores_for(CEFR_LEVELS[0], window) or [0.0]
    return round(100 * fmean(scores), 1)


def changes(level: str | None, found: Iterable[Assessed]) -> Iterator[Assessed]:
    """The assessments by which the level became another."""
    for one in found:
        if one.level != level:
            level = one.level
            yield one


def overall(levels: Sequence[str]) -> str | None:
    """The level over several skills: the lower median, so that one strong skill does not speak for all."""
    numbers = sorted(NUMBER[level] for level in levels)
    return CEFR_LEVELS[numbers[(len(numbers) - 1) // 2]] if numbers else None
