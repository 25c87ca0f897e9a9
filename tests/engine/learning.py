"""The part of the world that is learned: courses of Talktiko, their lessons, and what learners achieved in them."""

import datetime
import random
from itertools import product
from typing import TYPE_CHECKING

from db.tables import accounts, billing, courses, derived, events, lessons, organizations, students
from tests.engine.awkward import DAYS, INSTANTS, LONG, TEXTS

if TYPE_CHECKING:
    from tests.engine.world import World

FIRST, LAST_COURSE = 31, 44
# Codes that are numbers of other courses, or slugs of others, and what must not be taken for a number.
CODES = {31: "3", 32: "0033", 33: "٣٤", 34: "travel-b1", 35: "35", 36: "1234567890123456789", 37: "3１", 38: "99"}
SLUGS = {31: "5", 32: "first-steps", 33: "travel-b1", 34: "100%_é", 35: "99", 36: "-1", 37: "3", 39: "ünï", 40: "a b"}
LANGUAGES = ("en", "en", "fr", "ja", None)
TOPICS = ("travel", "business", "é", None)
PERIODS = (
    datetime.date(1, 1, 2),
    datetime.date(2024, 2, 29),
    datetime.date(2026, 11, 1),
    *[datetime.date(2026, 11, day) for day in (16, 20, 21, 22, 23)],
    datetime.date(9999, 12, 30),
)
# Exactly a minute, a millisecond less and more, none, and days of minutes.
DURATIONS = (0, 1, 59_999, 60_000, 60_001, 119_999, 120_000, 3_600_000, 123_456_789_012)
FLOATS = (0.0, 1.0, 100.0, 50.0, 1 / 3, 200 / 3, 0.1 + 0.2, 1e-07, 99.99999999999999, 0.6)
PAYLOADS: tuple[dict[str, object], ...] = (
    {},
    {"choices": ["a", "é", "\u2028", '"'], "question": None},
    {"speech": "I’d like 👩‍👩‍👧", "rate": 0.75, "big": 1e22, "small": 1e-07, "whole": 1.0},
    {"questions": [{"text": "𠮷", "choices": []}, {"text": "", "choices": [1, -2, 2**53 + 1, True, None]}]},
    {"z": 1, "a": {"b": [[], {}, [[]]]}, 'quo"te\\': "back\\slash", "": "no name", "null": "null"},
    {"text": "line\nbreak\ttab \x01 \x7f", "html": "</script><!--"},
)
LEARNER_PART = 0.3


class Learning:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(2)
        self.day = datetime.timedelta(days=1)
        self.tick = datetime.timedelta(microseconds=1)

    def add(self) -> None:
        """Everything, in an order in which it can be made."""
        for make in (self.make_plans, self.make_courses, self.make_lessons, self.make_achievements):
            make()
        for student in self.world.tables[students.students]:
            self.make_learner(student)
        self.make_events()

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or just here."""
        return self.dice.choice((*INSTANTS, self.now, self.now - self.tick, self.now - self.day))

    def text(self) -> str:
        """Any awkward text."""
        return self.dice.choice(TEXTS)

    def make_plans(self) -> None:
        """The plans, of which one has no price; and tokens of some people."""
        for seq, (code, price) in enumerate((("free", 0), ("pro", 2900), ("enterprise", None))):
            more = {"name": self.text(), "price_minor": price, "currency": "USD", "interval": "month", "seq": seq // 2}
            self.world.add(billing.subscription_plans, code=code, rate_limit_per_minute=None, **more)
        for id_ in range(1, 17):
            name = {"name": self.text(), "digest": bytes([id_]) * 32, "abilities": ["*"] if id_ % 2 else []}
            kept = {"created_at": self.moment(), "expires_at": self.dice.choice((None, self.now)), "last_used_at": None}
            whose = {"user_id": 9 if id_ > 8 else 1 + id_ // 3, "revoked_at": self.now if id_ % 4 == 0 else None}
            self.world.add(accounts.api_tokens, id=id_, **whose, **name, **kept)

    def make_courses(self) -> None:
        """Published long ago, at this very moment, an instant later, in another year, and not at all."""
        now, day = self.now, self.day
        days = (now - day, now, now + self.tick, None, INSTANTS[-1], now + day * 129, now - day * 30)
        for id_ in range(FIRST, LAST_COURSE + 1):
            code = CODES.get(id_, f"E{id_}Ａ")
            names = organizations.named(code=code, name=self.text(), abbreviation=self.text())
            self.world.add(
                courses.courses,
                **names,
                id=id_,
                seq=self.dice.randrange(4),
                origin="talktiko",
                slug=SLUGS.get(id_),
                cefr_level=self.dice.choice((None, *courses.CEFR_LEVELS)),
                language=self.dice.choice(LANGUAGES),
                topic=self.dice.choice(TOPICS),
                description=LONG if id_ == FIRST else self.dice.choice((None, *TEXTS)),
                published_at=days[id_ % len(days)],
                is_demo=self.dice.random() < 0.4,
                subject_key=self.dice.choice((None, "english")),
                updated_at=self.moment(),
            )

    def make_lessons(self) -> None:
        """Lessons with equal seq in most courses of Talktiko and one of Diverse, with items of all types."""
        training = item = 0
        for id_ in range(1, 56):
            course = 2 if id_ % 20 == 0 else self.dice.choice((31, 32, 32, *range(FIRST, LAST_COURSE)))
            lesson = {"course_id": course, "updated_at": self.moment()}
            code = f"{course}-{id_}{self.dice.choice(('', 'é', '%'))}"
            self.world.add(lessons.lessons, id=id_, code=code, name=self.text(), seq=self.dice.randrange(3), **lesson)
            for _ in range(self.dice.randrange(4)):
                training += 1
                inside = {**lesson, "lesson_id": id_, "seq": self.dice.randrange(2)}
                self.world.add(lessons.trainings, id=training, name=self.text(), kind=self.text(), **inside)
                for _ in range(self.dice.randrange(5)):
                    item += 1
                    self.make_item(item, {**inside, "training_id": training, "seq": self.dice.randrange(2)})
        for course_row in self.world.tables[courses.courses]:
            mine = [row for row in self.world.tables[lessons.lessons] if row["course_id"] == course_row["id"]]
            course_row["lessons_count"] = len(mine)

    def make_item(self, id_: int, inside: dict[str, object]) -> None:
        """One training item."""
        shown = {"type": self.dice.choice(lessons.ITEM_TYPES), "skill": self.dice.choice(lessons.SKILLS)}
        payload = self.dice.choice(PAYLOADS)
        self.world.add(lessons.training_items, id=id_, payload=payload, solution={"secret": id_}, **shown, **inside)

    def make_achievements(self) -> None:
        """A few, some of which nobody earned."""
        for seq, code in enumerate(("streak_7", "first_lesson", "é", "none")):
            row = {"code": code, "name": self.text(), "description": self.text(), "seq": seq % 2}
            self.world.add(derived.achievements, **row)

    def make_learner(self, student: dict[str, object]) -> None:
        """What one student achieved: much for the people who ask, and nothing for many others."""
        id_ = student["id"]
        named = isinstance(id_, int) and id_ < 101
        if not named and self.dice.random() > LEARNER_PART:
            return
        if named or self.dice.random() < 0.8:
            self.world.add(derived.learners, student_id=id_, **self.learner())
        for course in sorted(self.dice.sample(range(FIRST, LAST_COURSE), 6 if named else 2)):
            completed = self.dice.choice((None, None, self.moment()))
            row = {"student_id": id_, "course_id": course, "enrolled_at": self.moment(), "completed_at": completed}
            self.world.add(courses.enrollments, **row)
        self.make_lesson_progress(id_, 0.5 if named else 0.1)
        self.make_activity(id_, 0.7 if named else 0.08)
        self.make_skills(id_)

    def learner(self) -> dict[str, object]:
        """The numbers of a learner; streaks end just before, at and just behind this moment."""
        ends = (None, self.now - self.tick, self.now, self.now + self.tick, self.now + self.day)
        streak = self.dice.randrange(9)
        return {
            "xp": self.dice.choice((0, 1, 250, 2**31 - 1)),
            "level": self.dice.randrange(1, 9),
            "streak": streak,
            "streak_until": self.dice.choice(ends),
            "longest_streak": streak + self.dice.randrange(3),
            "last_active_on": self.dice.choice(DAYS),
            "cefr_level": self.dice.choice((None, *courses.CEFR_LEVELS)),
        }

    def make_lesson_progress(self, student: object, share: float) -> None:
        """Lessons in every state, and their trainings."""
        for lesson in self.world.tables[lessons.lessons]:
            if self.dice.random() > share:
                continue
            done = self.dice.choice((None, self.moment()))
            row = {"student_id": student, "lesson_id": lesson["id"], "attempts": self.dice.randrange(4)}
            scored = {"best_score": self.dice.choice((None, *FLOATS)), "completed_at": done}
            more = {"state": self.dice.choice(derived.STATES), "percent": self.dice.choice(FLOATS)}
            moved = {"course_id": lesson["course_id"], "updated_at": self.moment()}
            self.world.add(derived.lesson_progress, **row, **scored, **more, **moved)
            for training in self.world.tables[lessons.trainings]:
                if training["lesson_id"] == lesson["id"]:
                    self.world.add(derived.training_progress, **row, **scored, training_id=training["id"])

    def make_activity(self, student: object, share: float) -> None:
        """Periods of all lengths, of all courses together and of some by itself."""
        for course, granularity, period in product((None, 3, 31, 32, 35), derived.GRANULARITIES, PERIODS):
            if self.dice.random() > share:
                continue
            self.world.add(
                derived.activity,
                student_id=student,
                course_id=course,
                granularity=granularity,
                period=period,
                duration_ms=self.dice.choice(DURATIONS),
                xp=self.dice.randrange(500),
                lessons_completed=self.dice.randrange(3),
                courses_completed=self.dice.randrange(2),
                items_answered=self.dice.randrange(30),
                items_correct=self.dice.randrange(9),
            )

    def make_skills(self, student: object) -> None:
        """Levels in some skills, their changes, and achievements, several on one day."""
        for skill in self.dice.sample(lessons.SKILLS, self.dice.randrange(len(lessons.SKILLS) + 1)):
            row = {"student_id": student, "skill": skill}
            self.world.add(derived.cefr_skills, **row, **self.assessed(self.moment()))
            for moment in self.dice.sample(INSTANTS, self.dice.randrange(3)):
                self.world.add(derived.cefr_changes, **row, **self.assessed(moment))
        for code in self.dice.sample(("streak_7", "first_lesson", "é"), self.dice.randrange(4)):
            earned = self.dice.choice(PERIODS[:3])
            row = {"student_id": student, "achievement_code": code, "earned_on": earned}
            self.world.add(derived.learner_achievements, **row)

    def assessed(self, moment: datetime.datetime) -> dict[str, object]:
        """A level and what is behind it."""
        level, score = self.dice.choice(courses.CEFR_LEVELS), self.dice.choice(FLOATS)
        return {"level": level, "score": score, "assessed_at": moment}

    def make_events(self) -> None:
        """What was done with courses of Talktiko, which no usage feed of lesson packages shows."""
        for lesson in self.world.tables[lessons.lessons][::3]:
            for student in (1, 2, 10):
                subject = {"course_id": lesson["course_id"], "lesson_id": lesson["id"], "student_id": student}
                at = {"occurred_at": self.moment(), "local_day": PERIODS[3], "created_at": self.moment()}
                self.world.add(events.progress_events, **subject, verb="completed", score=0.5, **at)
