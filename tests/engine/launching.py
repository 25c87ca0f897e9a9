"""The part of the world that platforms launch: LTI platforms, launches from there, grades that go back, and rosters."""

import datetime
import random
from typing import TYPE_CHECKING

from db.tables import accounts, courses, lessons, lti, organizations, students
from tests.engine.awkward import INSTANTS, LONG, TEXTS
from tests.engine.learning import FLOATS

if TYPE_CHECKING:
    from tests.engine.world import World

ROLES: tuple[list[str], ...] = (
    [],
    ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor", "é", "", '"\\', "\u2028"],
)
DEPLOYMENTS: tuple[list[str], ...] = ([], ["1"], ["é", "", '"\\', "\u2028"])
CHOICES: tuple[dict[str, object], ...] = (
    {},
    {"return_url": "https://example.com/é", "data": None, 'quo"te': ["\u2028"]},
)
# Some platforms launched, and some launches were graded, more often than a page shows, the others less than this.
MANY, MOST, GRADED, FILLED = 45, 7, 4, 5
OWN = 12
# What is counted of a roster.
COUNTS = ("member_count", "created_count", "removed_count", "skipped_count", "run_no", "made_count", "attempt_count")
# Every so many launches are of staff, of no course, and where they do not belong.
STAFF, NOTHING, FOREIGN = 0.2, 0.1, 0.05


class Launching:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(6)
        self.tick = datetime.timedelta(microseconds=1)
        self.launch = self.score = self.roster = 0
        self.lessons: dict[object, list[object]] = {}

    def add(self) -> None:
        """Platforms of most organizations, more of those whose owners ask; and what named students launched."""
        found = self.world.tables[accounts.memberships]
        owners = {row["organization_id"]: row["staff_id"] for row in found if row["role"] == "cram_school_owner"}
        for lesson in self.world.tables[lessons.lessons]:
            self.lessons.setdefault(lesson["course_id"], []).append(lesson["id"])
        ids = self.ids()
        places = [id_ for id_ in ids if self.dice.random() < 0.7] + [*owners] * 3
        self.dice.shuffle(places)
        for id_, organization in enumerate(places, 1):
            self.make_platform(id_, organization, owners.get(organization, 1))
            for number in range(MANY if id_ % 7 == 0 else self.dice.randrange(MOST)):
                self.make_launch(id_, organization, self.learner(organization, number))
        # Whoever asks has launched something, of the own organization or of any other one.
        for row in self.world.tables[students.students]:
            for number in range(OWN if self.is_named(row) else 0):
                platform = self.dice.randrange(1, len(places) + 1)
                self.make_launch(platform, row["organization_id"] if number % 3 else places[platform - 1], row["id"])
        for id_, organization in enumerate(places, 1):
            for number in range(FILLED * 6 if id_ % 5 == 0 else self.dice.randrange(FILLED)):
                self.make_roster(id_, organization, number)

    def ids(self) -> list[object]:
        """All organizations."""
        return [row["id"] for row in self.world.tables[organizations.organizations]]

    def is_named(self, student: dict[str, object]) -> bool:
        """Whether a student is one of those who ask."""
        return isinstance(student["id"], int) and student["id"] <= len(self.world.people)

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or just here."""
        return self.dice.choice((*INSTANTS, self.now, self.now - self.tick))

    def text(self) -> str:
        """Any awkward text."""
        return self.dice.choice(TEXTS)

    def maybe(self, *values: object) -> object:
        """One of these, or nothing."""
        return self.dice.choice((None, *values))

    def learner(self, organization: object, number: int) -> object:
        """A student of an organization, mostly; sometimes of another one, and for staff none."""
        if self.dice.random() < STAFF:
            return None
        found = self.world.tables[students.students]
        own = [row["id"] for row in found if row["organization_id"] == organization]
        return self.dice.choice(own if own and number % 9 else [row["id"] for row in found])

    def make_platform(self, id_: int, organization: object, owner: object) -> None:
        """One platform; every third one is switched off."""
        self.world.add(
            lti.lti_platforms,
            id=id_,
            organization_id=organization,
            owner_id=owner,
            name=LONG if id_ == 1 else self.text(),
            issuer=f"https://lms.example/{self.text()}",
            client_id=f"{self.text()}{id_}",
            deployment_ids=self.dice.choice(DEPLOYMENTS),
            auth_login_url=f"https://lms.example/{self.text()}",
            token_url=f"https://lms.example/token?{self.text()}",
            token_audience=self.maybe("", "https://lms.example/é"),
            jwks_url=f"https://lms.example/jwks#{self.text()}",
            matching=self.dice.choice(lti.MATCHINGS),
            creates_accounts=self.dice.random() < 0.5,
            is_active=id_ % 3 != 0,
            created_at=self.moment(),
            updated_at=self.moment(),
        )

    def subject(self) -> tuple[object, object]:
        """The course and the lesson that are launched: none, a course, a lesson of it, or one of another course."""
        if self.dice.random() < NOTHING:
            return None, None
        course = self.dice.choice((2, 31, 32, 32, *[row["id"] for row in self.world.tables[courses.courses]]))
        if self.dice.random() < 0.4:
            return course, None
        return course, self.dice.choice(self.lessons.get(course, [1])) if self.dice.random() < 0.9 else 1

    def make_launch(self, platform: int, organization: object, student: object) -> None:
        """One launch with its grades, of a student or of somebody of staff."""
        self.launch += 1
        course, lesson = self.subject()
        foreign, deep = self.dice.random() < FOREIGN, self.dice.random() < 0.2
        line, waiting = self.maybe(f"https://lms.example/line/{self.launch}?a=é"), self.dice.random() < 0.1
        self.world.add(
            lti.lti_launches,
            id=self.launch,
            platform_id=platform,
            # Some launches are where they do not belong: each is shown by its own organization.
            organization_id=self.dice.choice(self.ids()) if foreign else organization,
            deployment_id=self.text(),
            message_type="deep_linking" if deep else "resource_link",
            subject=f"{self.text()}{student}",
            user_id=1 + self.dice.randrange(len(self.world.people)) if student is None else student,
            student_id=student,
            roles=self.dice.choice(ROLES),
            context_id=self.maybe(*TEXTS[:9]),
            context_title=self.maybe(LONG, *TEXTS),
            resource_link_id=self.maybe(*TEXTS[:9]),
            resource_link_title=self.maybe(*TEXTS),
            course_id=course,
            lesson_id=lesson,
            line_item_url=line,
            line_items_url=self.maybe("https://lms.example/lines"),
            ags_scopes=["https://purl.imsglobal.org/spec/lti-ags/scope/score"] if line else [],
            has_grade_service=line is not None,
            memberships_url=self.maybe("https://lms.example/members"),
            has_roster=self.dice.random() < 0.5,
            deep_linking=self.dice.choice(CHOICES) if deep else None,
            answered_at=self.maybe(self.moment()) if deep else None,
            code_digest=f"{self.launch:032}".encode() if waiting else None,
            code_expires_at=self.now + self.tick if waiting else None,
            token_id=self.maybe(*range(1, 17)),
            launched_at=self.moment(),
        )
        for number in range(MANY if self.launch % 50 == 0 else self.dice.randrange(GRADED)):
            self.make_score(platform, organization, student, number)

    def make_score(self, platform: int, organization: object, student: object, number: int) -> None:
        """One grade of the last launch, in any state."""
        self.score += 1
        maximum, status = self.maybe(*FLOATS), self.dice.choice(lti.SCORE_STATUSES)
        named = [row["id"] for row in self.world.tables[students.students] if self.is_named(row)]
        self.world.add(
            lti.lti_scores,
            id=self.score,
            launch_id=self.launch,
            platform_id=platform,
            # Some grades are where they do not belong, or of somebody else: each is shown by what it says itself.
            organization_id=self.dice.choice(self.ids()) if self.dice.random() < FOREIGN else organization,
            student_id=self.dice.choice(named) if self.dice.random() < FOREIGN else student,
            subject=f"{self.text()}{student}",
            line=f"{self.launch}-{number}",
            score_given=None if maximum is None else self.maybe(*FLOATS),
            score_maximum=maximum,
            comment=self.maybe(LONG, *TEXTS),
            activity_progress=self.dice.choice(lti.ACTIVITY_STATES),
            grading_progress=self.dice.choice(lti.GRADING_STATES),
            scored_at=self.moment(),
            source=self.dice.choice(lti.SOURCES),
            status=status,
            attempt_count=self.dice.choice((0, 1, 2**31 - 1)),
            next_attempt_at=self.moment() if status == "pending" else None,
            response_code=self.maybe(200, 409, 503),
            error=self.maybe(LONG, *TEXTS),
            created_at=self.moment(),
            finished_at=None if status == "pending" else self.moment(),
            lease_token=self.maybe("é") if status == "pending" else None,
            lease_until=None,
        )

    def make_roster(self, platform: int, organization: object, number: int) -> None:
        """One roster, in any state, of a section of the organization or, by mistake, of any other one."""
        self.roster += 1
        found = self.world.tables[organizations.sections]
        own = [row["id"] for row in found if row["organization_id"] == organization] or [found[0]["id"]]
        foreign, error = self.dice.random() < FOREIGN, self.maybe(LONG, *TEXTS)
        self.world.add(
            lti.lti_rosters,
            id=self.roster,
            platform_id=platform,
            organization_id=self.dice.choice(self.ids()) if foreign else organization,
            section_id=self.dice.choice([row["id"] for row in found] if foreign else own),
            context_id=f"{self.text()}{number}",
            context_title=self.maybe(LONG, *TEXTS),
            memberships_url="https://lms.example/members?é",
            status=self.dice.choice(lti.ROSTER_STATUSES),
            **{name: self.dice.choice((0, 1, 2**31 - 1)) for name in COUNTS},
            removals=self.maybe(*lti.REMOVALS),
            next_run_at=self.moment(),
            last_run_at=self.maybe(self.moment()),
            response_code=self.maybe(200, 401, 503),
            error=error,
            created_at=self.moment(),
            updated_at=self.moment(),
            lease_token=self.maybe("é"),
            lease_until=None,
        )
