"""How far a learner is with trainings and lessons, worked out from facts; in whatever order these are told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from db.progress.facts import Fact
from resolvers.progress.answers import PASS


@dataclass(frozen=True, slots=True)
class TrainingState:
    """How often a training was completed, how well, and when first."""

    best_score: float | None = None
    attempts: int = 0
    completed_at: datetime | None = None

    def after(self, facts: Iterable[Fact]) -> "TrainingState":
        """The state after more completions."""
        state = self
        for fact in facts:
            best, first = highest(state.best_score, fact.score), earliest(state.completed_at, fact.occurred_at)
            state = TrainingState(best, state.attempts + 1, first)
        return state


@dataclass(frozen=True, slots=True)
class LessonState:
    """How far a lesson is."""

    state: str
    percent: float
    best_score: float | None
    attempts: int
    completed_at: datetime | None
    updated_at: datetime


def lesson_state(
    trainings: Sequence[TrainingState], total: int, completed_at: datetime | None, updated_at: datetime
) -> LessonState:
    """The state of a lesson with so many trainings in `total`, of which those that were completed have a state.

    A lesson is completed from the moment of which a fact says so, even if trainings are added to it later.
    """
    scores = [training.best_score for training in trainings if training.best_score is not None]
    best = round(fmean(scores), 4) if scores else None
    share = 100.0 if completed_at is not None else share_of(len(trainings), total)
    attempts = sum(training.attempts for training in trainings) or int(completed_at is not None)
    return LessonState(verdict(best, completed_at), share, best, attempts, completed_at, updated_at)


def last_completed(trainings: Iterable[TrainingState]) -> datetime:
    """When the last of some completed trainings was first completed."""
    return max(training.completed_at for training in trainings if training.completed_at is not None)


def share_of(completed: int, total: int) -> float:
    """How much is completed, from 0 to 100."""
    return round(100 * completed / total, 2) if total else 0.0


def verdict(best_score: float | None, completed_at: datetime | None) -> str:
    """The name of a state."""
    if completed_at is None:
        return "in_progress"
    if best_score is None:
        return "completed"
    return "passed" if best_score >= PASS else "failed"


def by_training(facts: Iterable[Fact]) -> Mapping[int, list[Fact]]:
    """The completions among facts, by training."""
    found: dict[int, list[Fact]] = {}
    for fact in facts:
        if fact.verb == "completed" and fact.training_id is not None:
            found.setdefault(fact.training_id, []).append(fact)
    return found


def highest(known: float | None, other: float | None) -> float | None:
    """The greater of two scores, of which either may be missing."""
    return max((score for score in (known, other) if score is not None), default=None)


def earliest(known: datetime | None, other: datetime) -> datetime:
    """The earlier of two instants, of which the first may be missing."""
    return other if known is None else min(known, other)
