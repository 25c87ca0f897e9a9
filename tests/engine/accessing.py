"""The part of the world that tells who read what: the access log of most organizations, and their documents."""

import datetime
import random
from typing import TYPE_CHECKING

from db.compliance import KINDS, compliance_documents
from db.tables import accesses, organizations, students
from tests.engine.awkward import INSTANTS, TEXTS

if TYPE_CHECKING:
    from tests.engine.world import World

# Some students were read more often than a page shows, the others less than this.
MANY, MOST, RECORDS = 45, 4, 12
CHANGES, ROLES = ("granted", "changed", "ended"), ("homeroom_teacher", "administrator", "é'")
FIELDS: tuple[list[str], ...] = (["Student.code"], ["Learner.xp", "Student.lastName"], [])


class Accessing:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(7)
        self.id = 0

    def add(self) -> None:
        """What was read of most organizations, whose roles changed, and documents of most kinds."""
        found = self.world.tables[students.students]
        for row in self.world.tables[organizations.organizations]:
            own = [student["id"] for student in found if student["organization_id"] == row["id"]]
            for number in range(self.dice.randrange(RECORDS)):
                self.make(row["id"], self.dice.sample(own, min(len(own), self.dice.randrange(1, MOST))), number)
            if own and row["id"] in (1, 2, 8, 10):
                self.make(row["id"], own, 0)
                for number in range(MANY):
                    self.make(row["id"], own[:2], number)
            self.make_documents(row["id"])
        self.make(None, [], 5)

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or just here."""
        return self.dice.choice((*INSTANTS, self.now))

    def make(self, organization: object, shown: list[object], number: int) -> None:
        """One entry; every fifth one tells of a role."""
        self.id += 1
        is_role = number % 5 == 0 and len(shown) < MOST
        told = {"subject_id": self.id, "subject_uid": self.dice.choice(TEXTS), "subject_name": self.dice.choice(TEXTS)}
        told |= {"role": self.dice.choice(ROLES), "change": self.dice.choice(CHANGES)}
        person = self.dice.choice(self.world.people)
        self.world.add(
            accesses.accesses,
            id=self.id,
            at=self.moment(),
            kind="role_change" if is_role else self.dice.choice(("read", "export")),
            way=self.dice.choice(accesses.WAYS),
            operation=self.dice.choice((None, "", "é", "GET /api/v1/students")),
            document=self.dice.choice((None, "0" * 64)),
            organization_id=organization,
            reader_id=self.dice.choice((None, 1, 2**31 - 1)),
            reader_uid=person.uid,
            reader_name=self.dice.choice(TEXTS),
            token_id=self.dice.choice((None, 1)),
            fields=[] if is_role else self.dice.choice(FIELDS),
            student_count=0 if is_role else len(shown),
            **(told if is_role else dict.fromkeys(told)),
        )
        for student in () if is_role else shown:
            self.world.add(accesses.access_students, student_id=student, access_id=self.id)

    def make_documents(self, organization: object) -> None:
        """Documents of some kinds, some of them nearly over or just over."""
        today = (self.now + datetime.timedelta(hours=9)).date()
        for kind in KINDS:
            if self.dice.random() < 0.7:
                days = self.dice.choice((None, -1, 0, 1, 29, 30, 31, 400))
                url = self.dice.choice((None, "https://example.jp/é?a=\"b'"))
                until = None if url is None or days is None else today + datetime.timedelta(days=days)
                self.world.add(
                    compliance_documents,
                    organization_id=organization,
                    kind=kind,
                    url=url,
                    valid_until=until,
                    updated_at=self.moment(),
                )
