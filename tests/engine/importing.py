"""The part of the world that is imported: files of many organizations, in every state, with rows and errors."""

import datetime
import random
from typing import TYPE_CHECKING, Any

from db.imports.tables import (
    ACTIONS,
    COUNTS,
    ENDED,
    MODES,
    SOURCES,
    STATUSES,
    UNDER_WAY,
    import_errors,
    import_rows,
    imports,
)
from db.tables import organizations
from tests.engine.awkward import INSTANTS, LONG, TEXTS

if TYPE_CHECKING:
    from tests.engine.world import World

# Some organizations have more imports than a page shows, and some imports more rows.
MANY, MOST, MOST_ROWS = 25, 4, 6
CONTENTS: tuple[dict[str, object], ...] = (
    {},
    {"last_name": "ünï", "section_codes": ["A", "é"], "locked": True},
    {'quo"te\\': ["\u2028", {"a": [[], {}]}, 1e-07], "": ""},
)


class Importing:
    """Adds to a world; it has dice of its own, so that the rest of the world stays what it was."""

    def __init__(self, world: "World", now: datetime.datetime) -> None:
        self.world = world
        self.now = now
        self.dice = random.Random(7)

    def add(self) -> None:
        """Imports of every organization, in turns."""
        ids: list[Any] = [row["id"] for row in self.world.tables[organizations.organizations]]
        places = [id_ for id_ in ids for _ in range(MANY if id_ % 7 == 0 else self.dice.randrange(1, MOST))]
        self.dice.shuffle(places)
        for number, place in enumerate(places, 1):
            self.make_import(number, place)
            for row in range(1, 1 + (45 if number % 9 == 0 else self.dice.randrange(MOST_ROWS))):
                self.make_row(number, row)

    def maybe(self, *values: object) -> object:
        """One of these, or nothing."""
        return self.dice.choice((None, *values))

    def moment(self) -> datetime.datetime:
        """Any awkward instant in the past, or just here."""
        return self.dice.choice((*INSTANTS, self.now))

    def make_import(self, id_: int, place: object) -> None:
        """One import; every one has the same columns, so that they are inserted together."""
        status = self.dice.choice(STATUSES)
        total = self.dice.choice((0, 1, 3, 10_000))
        self.world.add(
            imports,
            id=id_,
            organization_id=place,
            owner_id=self.dice.randrange(1, len(self.world.people) + 1),
            abilities=self.maybe(["*"], ["members:write"]),
            source=self.dice.choice(SOURCES),
            mode=self.dice.choice(MODES),
            dry_run=self.dice.random() < 0.5,
            whole_places=self.dice.random() < 0.5,
            encoding=self.dice.choice(("utf-8", "cp932")),
            columns=self.dice.choice(([], ["external_id", "é"])),
            status=status,
            total_rows=total,
            position=self.dice.choice((0, total, total // 3)),
            **{name: self.dice.choice((0, 1, 2**31 - 1)) for name in COUNTS},
            error_count=self.dice.choice((0, 7)),
            active_count=self.maybe(0, 5),
            error=self.maybe(LONG, *TEXTS),
            attempt_count=0,
            next_attempt_at=self.now if status in UNDER_WAY else None,
            created_at=self.moment(),
            planned_at=self.maybe(self.moment()),
            finished_at=self.moment() if status in ENDED else None,
            lease_token=self.maybe("token"),
            lease_until=self.maybe(self.now),
        )

    def make_row(self, import_id: int, number: int) -> None:
        """A row, and sometimes what is wrong with it."""
        self.world.add(
            import_rows,
            id=len(self.world.tables.get(import_rows, ())) + 1,
            import_id=import_id,
            number=number,
            line=self.maybe(number + 1),
            ref=self.maybe(*TEXTS),
            uid=self.maybe("auth0|secret"),
            email=self.maybe("secret@school.example"),
            role=self.maybe("student", "cram_school_owner"),
            content=self.dice.choice(CONTENTS),
            faulty=self.dice.random() < 0.2,
            action=self.maybe(*ACTIONS),
            reason=self.maybe("self"),
            changes=self.maybe({"last_name": ["é", None]}),
            user_id=self.maybe(1, 2),
        )
        if self.dice.random() < 0.5:
            self.world.add(
                import_errors,
                id=len(self.world.tables.get(import_errors, ())) + 1,
                import_id=import_id,
                row_number=self.maybe(number),
                file=self.maybe("users.csv"),
                line=number + 1,
                column=self.maybe("email"),
                code="DATE",
                message=self.dice.choice((LONG, *TEXTS)),
            )
