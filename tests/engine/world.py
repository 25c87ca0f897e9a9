"""A small world that is awkward on purpose: every row of every table, the same for each database and each run."""

import asyncio
import datetime
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import Table, text

from db.connections.database import Database, Transaction, connect
from db.migrate import upgrade
from db.tables import accounts, courses, events, metadata, notices, organizations, students
from tests.engine.accessing import Accessing
from tests.engine.awkward import DAYS, INSTANTS, KANA, LAST, LONG, TEXTS
from tests.engine.collecting import Collecting
from tests.engine.describing import Describing
from tests.engine.exporting import Exporting
from tests.engine.forwarding import Forwarding
from tests.engine.importing import Importing
from tests.engine.launching import Launching
from tests.engine.learning import Learning
from tests.engine.signing_on import SigningOn
from tests.engine.subscribing import Subscribing
from tests.engine.telling import Telling

UTC = datetime.UTC
NOW = datetime.datetime(2026, 11, 23, 3, 4, 5, 678901, tzinfo=UTC)
# The last instant of the academic year 2026 in Japan, and the first of 2027.
YEAR_END = datetime.datetime(2027, 3, 31, 14, 59, 59, 999999, tzinfo=UTC)
YEAR_START = datetime.datetime(2027, 3, 31, 15, 0, tzinfo=UTC)
TICK = datetime.timedelta(microseconds=1)
DAY = datetime.timedelta(days=1)

STUDENTS = 300
COURSES = 30
TAG_KEYS = ("emergency", "importance", "maintenance", "material", "entrace_exam_info", "others", "quo'te")
SUBJECT_KEYS = ("english", "mathematics", "kobun", "others", "ünï")
LEVEL_KEYS = ("entrance_exam_special", "pre_entrance_exam", "other")

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with profiles: as a student in an organization, as staff by (role, organization)."""

    uid: str
    student_of: int | None = None
    memberships: tuple[tuple[str, int | None], ...] = ()
    demo: bool = False
    staff_locked: bool = False
    staff_over: bool = False


# Organizations 1 to 8 are parents; 9 and on are children of 1 + (id - 9) % 7, so 8 has none.
PEOPLE = (
    Person("auth0|student", 9),
    Person("auth0|student-of-parent", 1, demo=True),
    Person("auth0|coach-child", None, (("homeroom_teacher", 9),)),
    Person("auth0|coach-parent", None, (("homeroom_teacher", 1),)),
    Person("auth0|owner-child", None, (("cram_school_owner", 10),)),
    Person("auth0|owner-parent", None, (("cram_school_owner", 2),)),
    Person("auth0|clerk-child", None, (("cram_school_clerk", 11),)),
    Person("auth0|clerk-parent", None, (("cram_school_clerk", 3),)),
    Person("auth0|administrator", None, (("administrator", None),)),
    Person("auth0|student-and-coach", 9, (("homeroom_teacher", 18),)),
    Person("auth0|student-and-administrator", 12, (("administrator", None),)),
    Person("auth0|student-and-locked-coach", 9, (("homeroom_teacher", 1),), staff_locked=True),
    Person("auth0|student-and-former-owner", 10, (("cram_school_owner", 3),), staff_over=True),
    Person(
        "auth0|many",
        None,
        (("homeroom_teacher", 9), ("homeroom_teacher", 3), ("cram_school_clerk", 20), ("cram_school_owner", 8)),
    ),
    Person("auth0|owner-and-coach", None, (("cram_school_owner", 1), ("homeroom_teacher", 19))),
    Person("auth0|parent-and-own-child", None, (("cram_school_owner", 4), ("homeroom_teacher", 12))),
    Person("auth0|owner-childless", None, (("cram_school_owner", 8),)),
)


@dataclass(slots=True)
class World:
    """All rows by table, and the dice by which they fell.

    Of the `parents` the first `families` have children, in turns.
    """

    seed: int = 1
    parents: int = 8
    families: int = 7
    organizations: int = 34
    people: Sequence[Person] = PEOPLE
    tables: dict[Table, list[Row]] = field(default_factory=dict)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        for make in (self.make_organizations, self.make_references, self.make_people, self.make_courses):
            make()
        for make in (self.make_progress, self.make_notices):
            make()
        Learning(self, NOW).add()
        Telling(self, NOW).add()
        Exporting(self, NOW).add()
        Collecting(self, NOW).add()
        Forwarding(self, NOW).add()
        Launching(self, NOW).add()
        Subscribing(self, NOW).add()
        Importing(self, NOW).add()
        SigningOn(self, NOW).add()
        Accessing(self, NOW).add()

    def add(self, table: Table, **row: object) -> Row:
        """Keep one row."""
        self.tables.setdefault(table, []).append(row)
        return row

    def text(self) -> str:
        """Any awkward text."""
        return self.dice.choice(TEXTS)

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past."""
        return self.dice.choice((*INSTANTS, NOW - DAY * self.dice.randrange(1, 900), NOW - TICK))

    def named(self, code: str) -> Row:
        """The names of an organization, section or group."""
        name, abbreviation = self.text(), self.text()
        return organizations.named(code=code, name=name, abbreviation=abbreviation, updated_at=NOW)

    def make_organizations(self) -> None:
        """A tree of two levels, and units whose codes are the same in several organizations."""
        codes = [f"org{number:02}{self.dice.choice(('', 'é', chr(0x20BB7), 'ア', '_', '%'))}" for number in range(40)]
        self.dice.shuffle(codes)
        for id_ in range(1, self.organizations + 1):
            parent = None if id_ <= self.parents else 1 + (id_ - self.parents - 1) % self.families
            attractor = self.dice.random() < 0.5
            row = {**self.named(codes[id_]), "mindless_attractor": attractor, **contract(id_)}
            self.add(organizations.organizations, id=id_, parent_id=parent, **row)
        for table, prefix in ((organizations.sections, "sec"), (organizations.groups, "grp")):
            self.make_units(table, prefix)
        Describing(self, NOW).add()

    def make_units(self, table: Table, prefix: str) -> None:
        """Units of every organization but each fifth one, some with equal seq."""
        id_ = 0
        for organization in range(1, self.organizations + 1):
            for number in range(0 if organization % 5 == 0 else self.dice.randrange(1, 5)):
                id_ += 1
                row = self.named(f"{prefix}{number}{'か' if number == 2 else ''}")
                self.add(table, id=id_, organization_id=organization, seq=self.dice.randrange(-1, 3), **row)

    def make_references(self) -> None:
        """Prefectures, schools, grades, and the names of subjects, levels and tags."""
        for code in ("1", "13", "27", "47"):
            self.add(students.prefectures, code=code, name=self.text())
        for number in range(24):
            row = students.school(code=f"{number:02}{self.dice.choice('AKé')}", name=self.text())
            kind = self.dice.choice(("national", "public", "private"))
            prefecture = self.dice.choice(("1", "13", "27"))
            kana = LONG if number == 7 else self.text()
            more = {"name_kana": kana, "establishment_type": kind, "prefecture_code": prefecture, "updated_at": NOW}
            self.add(students.schools, **row, **more)
        for value, name in enumerate(("その他", "中1", "中2", "中3", "高1", "高2", "高3")):
            self.add(students.school_grades, value=value, name=name)
        tables = ((courses.subjects, SUBJECT_KEYS), (courses.levels, LEVEL_KEYS), (notices.information_tags, TAG_KEYS))
        for table, keys in tables:
            for key in keys:
                self.add(table, key=key, name=self.text(), seq=self.dice.randrange(3))

    def make_people(self) -> None:
        """Named people first, then students all over, some of them where they do not belong."""
        for index, person in enumerate(self.people, 1):
            self.add(accounts.users, id=index, uid=person.uid, email=f"{index}é@example.com", created_at=NOW)
            if person.student_of is not None:
                self.make_student(index, person.uid, person.student_of, named=person)
            if person.memberships:
                self.make_staff(index, person)
        for id_ in range(101, 101 + STUDENTS):
            uid = f"auth0|{id_}{self.dice.choice(('', 'é', chr(0x20BB7), ' ', chr(39), chr(92)))}"
            self.add(accounts.users, id=id_, uid=uid, created_at=NOW)
            self.make_student(id_, uid, self.dice.randrange(1, self.organizations + 1))

    def make_student(self, id_: int, uid: str, organization: int, named: Person | None = None) -> None:
        """One student with years and places."""
        kana, dice = self.dice.choice(KANA), self.dice
        years = [year for year in range(2024, 2029) if dice.random() < (0.85 if year == 2026 else 0.4)]
        row = students.student(
            uid=uid,
            code=f"{dice.choice(TEXTS)[:9]}{dice.randrange(5)}",
            external_id=self.text()[:20],
            names=(self.text(), self.text(), *kana),
            years=years,
        )
        start, end = (NOW - DAY, LAST) if named else self.period()
        school = self.tables[students.schools][dice.randrange(24)]["code"] if dice.random() < 0.75 else None
        self.add(
            students.students,
            **row,
            id=id_,
            organization_id=organization,
            start_at=start,
            end_at=end,
            locked_at=NOW if named is None and dice.random() < 0.1 else None,
            demo=named.demo if named else dice.random() < 0.2,
            date_of_birth=dice.choice(DAYS),
            school_code=school,
            updated_at=NOW,
        )
        for year in years:
            grade = dice.randrange(7)
            self.add(students.student_years, student_id=id_, academic_year=year, school_grade_value=grade)
        self.place(id_, organization)

    def period(self) -> tuple[datetime.datetime, datetime.datetime]:
        """A period of use that mostly holds now, or begins or ends just here."""
        begins = self.dice.choice((self.moment(), self.moment(), self.moment(), NOW, NOW + TICK, YEAR_END))
        return begins, self.dice.choice((LAST, LAST, NOW + DAY * 400, NOW + DAY * 200, YEAR_END, NOW, NOW - TICK))

    def place(self, id_: int, organization: int) -> None:
        """Put a student in units, of the own organization mostly."""
        pairs = (
            (students.student_sections, organizations.sections, "section_id"),
            (students.student_groups, organizations.groups, "group_id"),
        )
        for table, units, column in pairs:
            own = [unit["id"] for unit in self.tables[units] if unit["organization_id"] == organization]
            foreign = self.dice.choice(self.tables[units])["id"]
            chosen = {unit for unit in own if self.dice.random() < 0.6} | (
                {foreign} if self.dice.random() < 0.2 else set()
            )
            for unit in sorted(chosen, key=str):
                self.add(table, **{"student_id": id_, column: unit})

    def make_staff(self, id_: int, person: Person) -> None:
        """One member of staff with memberships and sections."""
        first, second = self.dice.choice(KANA)
        row: Row = {
            "id": id_,
            "uid": person.uid,
            "code": self.text(),
            "external_id": self.text(),
            "first_name": self.text(),
            "last_name": self.text(),
            "first_name_kana": second,
            "last_name_kana": first,
            "start_at": self.dice.choice(INSTANTS),
            "end_at": NOW - TICK if person.staff_over else LAST,
            "locked_at": NOW if person.staff_locked else None,
            "demo": person.demo,
            "updated_at": NOW,
        }
        self.add(accounts.staff, **row, search_key=accounts.staff_key(row))
        for place, (role, organization) in enumerate(person.memberships):
            # Roles that are held begin and end around this instant, or at it.
            start, end = ((None, None), (NOW, None), (None, NOW), (NOW - DAY, NOW + DAY))[(id_ + place) % 4]
            self.add_role(id_, organization, role, start, end)
        if person.memberships and person.memberships[0][1] is not None:
            self.make_other_times(id_, *person.memberships[0])
        for section in self.dice.sample(self.tables[organizations.sections], 12):
            self.add(accounts.staff_sections, staff_id=id_, section_id=section["id"])

    def make_other_times(self, id_: int, role: str, organization: int | None) -> None:
        """Roles where they are not held now, there and elsewhere: they give nothing."""
        for start, end in ((None, NOW - TICK), (NOW + TICK, NOW + DAY), (NOW + DAY, None)):
            self.add_role(id_, 5, role, start, end)
        self.add_role(id_, organization, "cram_school_owner", NOW - DAY * 400, NOW - TICK)
        self.add_role(id_, organization, "cram_school_owner", NOW + TICK, LAST)

    def add_role(
        self,
        staff_id: int,
        organization: int | None,
        role: str,
        start_at: datetime.datetime | None,
        end_at: datetime.datetime | None,
    ) -> None:
        """One role in one period."""
        number = len(self.tables.get(accounts.memberships, ())) + 1
        place = {"id": number, "staff_id": staff_id, "organization_id": organization, "role": role}
        source = accounts.SOURCES[number % len(accounts.SOURCES)]
        self.add(accounts.memberships, **place, start_at=start_at, end_at=end_at, source=source)

    def make_courses(self) -> None:
        """Courses and packages with equal seq, and who takes them; some packages without their course."""
        dice, package = self.dice, 0
        for id_ in range(1, COURSES + 1):
            row = organizations.named(code=f"{dice.randrange(3)}{id_:02}Ａ", name=self.text(), abbreviation=self.text())
            start, end = dice.choice(DAYS), dice.choice(DAYS)
            self.add(
                courses.courses,
                **row,
                id=id_,
                seq=dice.randrange(4),
                category=dice.choice(courses.CATEGORIES),
                is_demo=dice.random() < 0.3,
                subject_key=dice.choice((None, *SUBJECT_KEYS)),
                level_key=dice.choice((None, *LEVEL_KEYS)),
                start_date=start,
                end_date=end,
                updated_at=NOW,
            )
            for number in range(dice.randrange(5)):
                package += 1
                names = {"code": f"{row['code']}P{number}", "name": self.text(), "seq": dice.randrange(2)}
                self.add(courses.lesson_packages, id=package, course_id=id_, updated_at=NOW, **names)
        for student in self.tables[students.students]:
            self.enroll(student["id"])

    def enroll(self, student: object) -> None:
        """The courses and packages of one student."""
        taken = set(self.dice.sample(range(1, COURSES + 1), self.dice.choice((0, 0, 1, 2, 3, 5))))
        for course in sorted(taken):
            self.add(courses.enrollments, student_id=student, course_id=course, enrolled_at=self.moment())
        for package in self.tables[courses.lesson_packages]:
            if self.dice.random() < (0.7 if package["course_id"] in taken else 0.01):
                self.add(courses.student_lesson_packages, student_id=student, lesson_package_id=package["id"])

    def make_progress(self) -> None:
        """Events, often several at one instant."""
        for has in self.tables[courses.student_lesson_packages]:
            for _ in range(self.dice.choice((0, 0, 1, 2, 3))):
                at = self.dice.choice((NOW - DAY, NOW - DAY, self.moment()))
                self.add(events.progress_events, verb=self.text(), created_at=at, **has)

    def make_notices(self) -> None:
        """Notices to all kinds of addresses, many at one instant."""
        dice = self.dice
        roles = (*accounts.STAFF_ROLES, "student")
        for id_ in range(1, 61):
            opened = dice.choice((self.moment(), NOW - DAY, NOW, NOW + TICK))
            closed = dice.choice((None, None, NOW, NOW + TICK, LAST))
            content = LONG if id_ == 3 else self.text()
            self.add(notices.informations, id=id_, title=self.text(), content=content, open_at=opened, close_at=closed)
            kinds: tuple[tuple[Table, str, Sequence[object], int], ...] = (
                (notices.information_systems, "system", notices.SYSTEMS, 3),
                (notices.information_organizations, "organization_id", range(1, 13), dice.choice((0, 0, 4))),
                (notices.information_roles, "role", roles, dice.choice((0, 0, 2))),
                (notices.information_tagged, "tag_key", TAG_KEYS, dice.randrange(4)),
            )
            for table, column, values, most in kinds:
                for value in dice.sample(values, dice.randrange(min(most, len(values)) + 1)):
                    self.add(table, **{"information_id": id_, column: value})
            for number in range(dice.randrange(3)):
                seq = dice.randrange(2)
                self.add(
                    notices.information_attachments, information_id=id_, name=self.text(), url=f"u{number}", seq=seq
                )

    def rows(self) -> Iterator[tuple[Table, list[Row]]]:
        """Tables in the order in which foreign keys allow them, each with its rows."""
        for table in metadata.sorted_tables:
            if table in self.tables:
                yield table, self.tables[table]


def contract(organization: int) -> Row:
    """The plan of an organization: its own, or none, so that its parent's is meant; some have a limit or a trial."""
    plan = (None, "free", "pro", None, "enterprise")[organization % 5]
    trial = NOW - DAY if organization % 4 == 0 else None
    limit = 250 if organization % 10 == 4 else None
    return {"plan": plan, "rate_limit_per_minute": limit, "trial_started_at": trial, "trial_ends_at": trial}


async def stop_clock(connection: Transaction, now: datetime.datetime) -> None:
    """Let the policies of a PostgreSQL database take this for now, on every connection that is opened from here on."""
    if connection.dialect.name == "postgresql":
        name = await connection.scalar(text("select quote_ident(current_database())"))
        await connection.execute(text(f"alter database {name} set kakehashi.now = '{now.isoformat()}'"))


async def fill(url: str, world: World) -> None:
    """Migrate an empty database and put the world in."""
    await asyncio.to_thread(upgrade, url)
    database = connect(url)
    async with database.writing() as connection:
        for table, rows in world.rows():
            for _, alike in groupby(rows, tuple):
                await connection.execute(table.insert(), list(alike))
        await stop_clock(connection, NOW)
    await tidy(database)
    await database.engine.dispose()


async def tidy(database: Database) -> None:
    """Clean up after so many new rows, as PostgreSQL would do later by itself, in transactions in the midst of a test.

    A cursor holds which transactions there were, so that two answers would differ in it.
    """
    if database.dialect.name == "postgresql":
        async with database.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text("vacuum (analyze)"))
