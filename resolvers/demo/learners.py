"""Learners of the demo and the year behind them: who learned when, and how well; the same in every run."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from statistics import fmean

from db.courses import CEFR_LEVELS
from db.japan import JAPAN
from db.progress.content import Subject
from db.progress.facts import Fact
from resolvers.progress.answers import PASS
from resolvers.progress.follow import COURSE_XP, LESSON_XP
from resolvers.progress.record import AGAIN_XP, RIGHT_XP, TRAINING_XP


@dataclass(frozen=True, slots=True)
class Profile:
    """How someone learns: since how many days, how many days a week, at which hour, and how able one is (A1 is 0)."""

    uid: str
    since: int
    a_week: int
    hour: int
    ability: float
    until: int = 0


# The demo student is in the middle of a run of days, so that there is a streak to see.
PROFILES = (
    Profile("auth0|demo-student", 330, 5, 20, 1.6),
    Profile("auth0|demo-u001", 300, 3, 7, 0.6),
    Profile("auth0|demo-u002", 240, 4, 16, 1.1),
    Profile("auth0|demo-u003", 200, 2, 21, 0.4),
    Profile("auth0|demo-u004", 360, 6, 6, 2.4),
    Profile("auth0|demo-u005", 120, 3, 19, 1.9),
    Profile("auth0|demo-u006", 60, 5, 22, 0.8),
    Profile("auth0|demo-n001", 300, 4, 18, 1.4),
    Profile("auth0|demo-n002", 180, 2, 15, 0.9, until=90),
    Profile("auth0|demo-n003", 90, 6, 20, 2.9),
    Profile("auth0|demo-n004", 30, 3, 17, 0.3, until=12),
    Profile("auth0|demo-k001", 150, 5, 8, 1.2),
)
STREAK_DAYS = 9

Items = Mapping[int, Sequence[Subject]]


@dataclass(slots=True)
class Path:
    """The way of one learner through trainings, lessons and courses, and the dice by which it goes."""

    profile: Profile
    items: Items
    dice: random.Random
    position: int = 0

    def facts(self, today: date) -> Iterator[Fact]:
        """Everything that the learner did, day by day."""
        trainings = list(self.items)
        for back in range(self.profile.since, self.profile.until - 1, -1):
            day = today - timedelta(days=back)
            if not self.learns(day, back):
                continue
            at = datetime.combine(day, time(self.profile.hour, self.dice.randrange(60)), JAPAN)
            for training_id in self.chosen(trainings):
                for fact in self.training(training_id, at):
                    yield fact
                    at = fact.occurred_at + timedelta(seconds=5)

    def learns(self, day: date, back: int) -> bool:
        """Whether the learner learns on a day; the most eager one does on each of the last days, up to yesterday."""
        if self.profile.uid == PROFILES[0].uid and back <= STREAK_DAYS:
            return back > 0
        return back > 0 and self.dice.random() < self.profile.a_week / 7 * (0.8 if day.weekday() > 4 else 1.05)

    def chosen(self, trainings: Sequence[int]) -> list[int]:
        """The trainings of one day: the next ones, and sometimes an old one again."""
        wanted = self.dice.choice((1, 1, 2, 2, 3))
        # Without this the most eager would be through with everything after a month.
        slow = self.dice.random() < 0.55
        ahead = trainings[self.position : self.position + (wanted if not slow else 0)]
        self.position += len(ahead)
        again = self.dice.sample(trainings[: self.position], min(self.position, 1 if ahead else 2))
        return list(ahead) or again

    def training(self, training_id: int, at: datetime) -> Iterator[Fact]:
        """One training: an answer to each item, and its end."""
        scores = []
        for item in self.items[training_id]:
            score, taken = self.score(item), self.dice.randrange(8, 60)
            at += timedelta(seconds=taken)
            scores.append(score)
            xp = RIGHT_XP if score >= PASS else 0
            answer = fact_about(item, at, "answered")
            yield replace(answer, item_id=item.id, skill=item.skill, score=score, duration_ms=taken * 1000, xp=xp)
        done = fact_about(self.items[training_id][-1], at + timedelta(seconds=2), "completed")
        yield replace(done, score=round(fmean(scores), 4))

    def score(self, item: Subject) -> float:
        """How well an item is answered: better below the learner's own level, and better with practice."""
        level = CEFR_LEVELS.index(item.cefr_level or "A1")
        chance = 0.78 + 0.22 * (self.profile.ability - level)
        if item.type == "speaking":
            return round(min(1.0, max(0.1, self.dice.gauss(chance, 0.12))), 4)
        return 1.0 if self.dice.random() < min(0.97, max(0.25, chance)) else 0.0


def fact_about(subject: Subject, at: datetime, verb: str) -> Fact:
    """A fact about the training that an item belongs to."""
    return Fact(
        course_id=subject.course_id,
        lesson_id=subject.lesson_id,
        training_id=subject.training_id,
        verb=verb,
        cefr_level=subject.cefr_level,
        occurred_at=at,
        local_day=at.astimezone(JAPAN).date(),
    )


def year_of(profile: Profile, items: Items, today: date) -> list[Fact]:
    """A learner's facts, with those of lessons and courses that they completed."""
    dice = random.Random(profile.uid)  # noqa: S311  # a demo that is the same in every run, not a secret
    told = Path(profile, items, dice).facts(today)
    return list(completed(told, items))


def completed(told: Iterator[Fact], items: Items) -> Iterator[Fact]:
    """Facts, each with the points of its training, followed by the lesson and the course that it completes."""
    lessons: dict[int, set[int]] = {}
    courses: dict[int, set[int]] = {}
    for training_id, found in items.items():
        lessons.setdefault(found[0].lesson_id, set()).add(training_id)
        courses.setdefault(found[0].course_id, set()).add(found[0].lesson_id)
    done: set[int] = set()
    for fact in told:
        if fact.verb != "completed" or fact.training_id is None or fact.lesson_id is None:
            yield fact
            continue
        yield replace(fact, xp=AGAIN_XP if fact.training_id in done else TRAINING_XP)
        done.add(fact.training_id)
        narrow = replace(fact, training_id=None, score=None)
        if lessons[fact.lesson_id] and lessons[fact.lesson_id] <= done:
            lessons[fact.lesson_id] = set()
            yield replace(narrow, xp=LESSON_XP)
            courses[fact.course_id].discard(fact.lesson_id)
            if not courses[fact.course_id]:
                yield replace(narrow, lesson_id=None, xp=COURSE_XP)
