"""The part of the world that is written to files: exports of many people, in every state and just before their end."""

import datetime
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from db.exports import ENCODINGS, STATUSES, TYPES, exports
from db.tables import organizations, students
from tests.engine.awkward import INSTANTS, LONG, TEXTS

if TYPE_CHECKING:
    from tests.engine.world import World

DOCUMENTS = ("{ students { nodes { uid } } }", "query($é: String) { courses { nodes { code } } } # é\n\t\u2028")
VARIABLES: tuple[dict[str, object], ...] = (
    {},
    {"since": "2026-11-01", "until": None, "course": "ünï"},
    {"organization": 9, 'quo"te\\': ["\u2028", {"a": [[], {}]}, True, 1e-07, 2**53 + 1], "": ""},
)
# How many rows are written, of how many that were counted: nothing yet, none at all, some, all, and more than these.
COUNTS = ((0, None), (0, 0), (0, 3), (1, 3), (2, 3), (3, 3), (7, 3), (999_999, 2**31 - 1), (5, 0))
# Some people have more exports than a page shows, the others less than this.
MANY, MOST = 45, 9
STUDENTS = 5


class Exporting:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(4)
        self.tick = datetime.timedelta(microseconds=1)

    def add(self) -> None:
        """Exports of everyone who asks, and of students who may see none, in turns."""
        owners = list[object]()
        for id_ in range(1, len(self.world.people) + 1):
            owners += [id_] * (MANY if id_ % 3 == 0 else self.dice.randrange(3, MOST))
        found = [row["id"] for row in self.world.tables[students.students]]
        owners += [id_ for id_ in found if id_ not in owners][:STUDENTS]
        self.dice.shuffle(owners)
        for id_, owner in enumerate(owners, 1):
            self.make_export(id_, owner)

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or just here."""
        return self.dice.choice((*INSTANTS, self.now, self.now - self.tick))

    def maybe(self, *values: object) -> object:
        """One of these, or nothing."""
        return self.dice.choice((None, *values))

    def make_export(self, id_: int, owner: object) -> None:
        """One export; every export has the same columns, so that they are inserted together."""
        type_, status = self.dice.choice(TYPES), self.dice.choice((*STATUSES, "completed", "completed"))
        ids = [row["id"] for row in self.world.tables[organizations.organizations]]
        self.world.add(
            exports,
            id=id_,
            # Whose it is decides who sees it, and nothing else: some stand where their owners never were.
            organization_id=self.maybe(*ids),
            owner_id=owner,
            abilities=self.maybe(["*"], ["exports:read"]),
            type=type_,
            document=self.dice.choice(DOCUMENTS) if type_ == "document" else None,
            variables=self.dice.choice(VARIABLES),
            format=self.dice.choice(("csv", "jsonl")),
            encoding=self.dice.choice(ENCODINGS),
            status=status,
            attempt_count=self.dice.randrange(4),
            created_at=self.moment(),
            **self.waiting(status),
            **self.made(id_, status),
        )

    def waiting(self, status: str) -> dict[str, object]:
        """When it is begun, and by whom it is made."""
        held = status == "processing"
        return {
            "next_attempt_at": self.now if status in {"pending", "processing"} else None,
            "started_at": self.moment() if held else self.maybe(self.moment()),
            "lease_token": f"token {self.dice.randrange(9)}" if held else None,
            "lease_until": self.now if held else None,
        }

    def made(self, id_: int, status: str) -> dict[str, object]:
        """What came of it; a file's time ends an instant ago, now, in an instant, in the next year, and never."""
        rows, total = self.dice.choice(COUNTS)
        whole = status in {"completed", "expired"}
        ends = (self.now - self.tick, self.now, self.now + self.tick, self.now + datetime.timedelta(days=129), None)
        finished = status not in {"pending", "processing"}
        return {
            "row_count": rows,
            "total_rows": rows if whole else total,
            "error": self.dice.choice((LONG, *TEXTS)) if status == "failed" else None,
            "file_name": f"{id_}-é.csv" if status == "completed" else None,
            "file_size": self.dice.choice((0, 3, 2**31 - 1)) if whole else None,
            "sha256": f"{id_:064x}" if whole else None,
            "finished_at": self.moment() if finished else None,
            "expires_at": self.dice.choice(self.ended() if status == "expired" else ends) if whole else None,
        }

    def ended(self) -> Sequence[datetime.datetime]:
        """When a file was let go."""
        return (self.now - self.tick, self.now)
