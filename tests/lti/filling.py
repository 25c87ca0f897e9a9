"""A running app whose sections are filled from a platform, and what stands in them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select, update

from db.accounts import users
from db.connections.database import Database
from db.lti.tables import lti_launches, lti_people, lti_platforms, lti_rosters
from db.organizations import sections
from db.students import student_sections, students
from gateway.settings import Settings
from jobs.lti.rosters import Filler
from jobs.settings import JobSettings
from resolvers.egress.client import Egress
from resolvers.lti.keys import published
from resolvers.lti.services import Services
from tests.accounts.calling import OWNER, Caller, by_auth0
from tests.conftest import Running, running
from tests.lti.membership_service import CLIENT, CONTEXT, Memberships, telling
from tests.webhooks.hooks import HERE, QUICK

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
# Of the demo: an organization, its own section and its child's.
KAKEHASHI, UENO = 2001, 2002
FILL = """mutation ($launch: Int!, $section: Int!) {
  fillSectionFromLti(launchLegacyId: $launch, sectionLegacyId: $section) {
    roster { legacyId status } userErrors { field code }
  }
}"""
STOP = """mutation ($number: Int!, $out: Boolean) {
  stopFillingSection(legacyId: $number, takeOut: $out) { stopped takenOutCount }
}"""
ROSTERS = """{ ltiRosters { totalCount nodes {
  legacyId contextId contextTitle status memberCount createdCount skippedCount removedCount attemptCount
  responseCode error platform { legacyId } section { legacyId }
} } }"""


@dataclass(frozen=True, slots=True)
class Filling:
    """An app, its owner, a platform that launched it, and what fills sections when it is told to."""

    running: Running
    owner: Caller
    service: Memberships
    filler: Filler
    platform: int
    launch: int
    section: int

    @property
    def database(self) -> Database:
        """The app's database."""
        return self.running.database

    async def asked(self, launch: int | None = None, section: int | None = None) -> int:
        """Have a section filled; gives the roster's number."""
        given = {"launch": launch or self.launch, "section": section or self.section}
        told = (await self.owner.data(FILL, given))["fillSectionFromLti"]
        assert told["userErrors"] == []
        assert told["roster"]["status"] == "PENDING"
        return int(told["roster"]["legacyId"])

    async def filled(self) -> dict[str, Any]:
        """One round, to the end of all that it begins; gives the roster as the graph shows it."""
        await self.filler.round()
        await asyncio.gather(*self.filler.tasks)
        return await self.shown()

    async def again(self) -> dict[str, Any]:
        """A day later."""
        await self.set(lti_rosters, next_run_at=NOW)
        return await self.filled()

    async def shown(self) -> dict[str, Any]:
        """The one roster."""
        (one,) = (await self.owner.data(ROSTERS))["ltiRosters"]["nodes"]
        return dict(one)

    async def row(self) -> Any:  # noqa: ANN401  # a row
        """The one roster, as it is kept."""
        (one,) = await self.rows(lti_rosters)
        return one

    async def rows(self, table: Table) -> Sequence[Any]:
        """All rows of a table."""
        async with self.database.engine.connect() as connection:
            return (await connection.execute(select(table))).all()

    async def count(self, table: Table) -> int:
        """How many rows a table has."""
        async with self.database.engine.connect() as connection:
            return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())

    async def subjects(self, section: int | None = None) -> list[str]:
        """Who of the platform's people is in a section, by the platform's names."""
        place = student_sections.c
        found = select(lti_people.c.subject).join(student_sections, place.student_id == lti_people.c.user_id)
        async with self.database.engine.connect() as connection:
            return sorted(
                (await connection.execute(found.where(place.section_id == (section or self.section)))).scalars()
            )

    async def student(self, subject: str) -> Any:  # noqa: ANN401  # a row
        """The student whom the platform calls so."""
        found = select(students).join(lti_people, lti_people.c.user_id == students.c.id)
        async with self.database.engine.connect() as connection:
            return (await connection.execute(found.where(lti_people.c.subject == subject))).one()

    async def set(self, table: Table, **values: object) -> None:
        """Change columns of all rows of a table."""
        await self.executed(update(table).values(**values))

    async def executed(self, *statements: Any) -> None:  # noqa: ANN401  # statements of all kinds
        """Change rows behind the app's back."""
        async with self.database.writing() as transaction:
            for statement in statements:
                await transaction.execute(statement)

    async def launched(self, **more: object) -> int:
        """Another launch; gives its number."""
        async with self.database.writing() as transaction:
            values = launch_values(self.platform, self.service, await owner_id(transaction)) | more
            made = insert(lti_launches).values(**values).returning(lti_launches.c.id)
            return int((await transaction.execute(made)).scalar_one())

    async def put_by_hand(self, *ids: int) -> None:
        """Put students into the section by hand."""
        rows = [{"student_id": id_, "section_id": self.section} for id_ in ids]
        await self.executed(insert(student_sections).values(rows))


async def owner_id(transaction: Any) -> int:  # noqa: ANN401  # SQLAlchemy's connection
    """The number of the owner."""
    found = await transaction.execute(select(users.c.id).where(users.c.uid == OWNER))
    return int(found.scalar_one())


def platform_values(service: Memberships, owner: int, **more: object) -> dict[str, Any]:
    """A platform of the owner's organization."""
    values = {
        "organization_id": KAKEHASHI,
        "owner_id": owner,
        "name": "LMS",
        "issuer": "https://lms.example.jp",
        "client_id": CLIENT,
        "deployment_ids": ["1"],
        "auth_login_url": "https://lms.example.jp/auth",
        "token_url": service.token_url,
        "jwks_url": "https://lms.example.jp/jwks",
        "matching": "nothing",
        "creates_accounts": True,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return values | more


def launch_values(platform: int, service: Memberships, owner: int) -> dict[str, Any]:
    """A teacher's launch that offers the roster of the course."""
    return {
        "platform_id": platform,
        "organization_id": KAKEHASHI,
        "deployment_id": "1",
        "message_type": "resource_link",
        "subject": "teacher",
        "user_id": owner,
        "roles": [],
        "context_id": CONTEXT,
        "context_title": "English",
        "ags_scopes": [],
        "has_grade_service": False,
        "memberships_url": service.url,
        "has_roster": True,
        "launched_at": NOW,
    }


@asynccontextmanager
async def filling(url: str, data_dir: Path, **policy: object) -> AsyncIterator[Filling]:
    """An app without a worker, a platform that has launched it, and a filler of its own."""
    settings = Settings(database_url=url, data_dir=data_dir, egress_allow=HERE)
    async with telling(Memberships()) as service, running(settings) as started:
        database, egress = started.database, Egress(HERE)
        sealer = settings.sealer()
        service.keys = lambda: published(database, sealer)
        async with database.writing() as transaction:
            owner = await owner_id(transaction)
            made = insert(lti_platforms).values(**platform_values(service, owner, **policy))
            platform = int((await transaction.execute(made.returning(lti_platforms.c.id))).scalar_one())
            launch = insert(lti_launches).values(**launch_values(platform, service, owner))
            number = int((await transaction.execute(launch.returning(lti_launches.c.id))).scalar_one())
            place = select(sections.c.id).where(sections.c.organization_id == KAKEHASHI).order_by(sections.c.id)
            section = (await transaction.execute(place.limit(1))).scalar_one()
        filler = Filler(database, Services(database, egress, sealer), delays=(30, 300), interval_s=86_400)
        try:
            yield Filling(started, await by_auth0(started, OWNER), service, filler, platform, number, section)
        finally:
            await filler.aclose()
            await egress.aclose()


def other_filler(of: Filling) -> Filler:
    """What fills sections in another process; it asks for its own token."""
    return Filler(
        of.database,
        Services(of.database, of.filler.services.egress, of.filler.services.sealer),
        delays=(),
        interval_s=86_400,
    )


def worker(of: Filling, **more: Any) -> JobSettings:  # noqa: ANN401  # values of all kinds
    """The settings of a worker beside an app."""
    given: Mapping[str, Any] = {"lti_roster_retry_delays": QUICK, **more}
    settings = of.running.settings
    return JobSettings(database_url=settings.database_url, data_dir=settings.data_dir, egress_allow=HERE, **given)
