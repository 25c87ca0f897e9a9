"""Sections that are filled from the rosters of LTI platforms, in the graph."""

import datetime
import enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from db.lti import tables as rows
from resolvers import scopes
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.errors import Mistake
from resolvers.lti.filters import ROSTER_FILTERS, ROSTERS_FILTERS
from resolvers.lti.rosters import fill_section, stop_filling
from resolvers.policy import Operation
from schema.declare import Argument, column, connection, extends, global_id, mapped, needs, one, root_connection
from schema.lti.platforms import LtiPlatform
from schema.mistakes import UserError, user_errors
from schema.nodes import Node
from schema.organizations import Section
from schema.pages import Connection


@strawberry.enum(description="How the last reading of a roster went.")
class LtiRosterStatus(enum.Enum):
    PENDING = strawberry.enum_value("pending", description="It is to be read, or to be tried again.")
    COMPLETED = strawberry.enum_value("completed", description="The section is as the roster was then.")
    FAILED = strawberry.enum_value("failed", description="It could not be read, and is tried again the next day.")


STATUS = Argument("status", LtiRosterStatus | None, "With this status.")


@mapped(
    rows.lti_rosters,
    scope=scopes.lti_rows,
    node=Reading(Operation.LTI),
    description="A section (所属) that is filled from the roster of a course of an LTI platform, once a day.",
)
class LtiRoster(Node):
    id: strawberry.ID = global_id("LtiRoster")
    legacy_id: int = column("Its number.", "id")
    context_id: str = column("The id of the platform's own course.")
    context_title: str | None = column("The title of the platform's own course.")
    status: LtiRosterStatus = column("How the last reading went.")
    member_count: int = column("How many active learners the roster had when it was last read to its end.")
    created_count: int = column("For how many of them an account was made then.")
    skipped_count: int = column("How many of them are nobody here, and were not put in.")
    removed_count: int = column("How many students were taken out of the section then.")
    attempt_count: int = column("How often it failed in a row; 0 where it is given up until the next day.")
    last_run_at: datetime.datetime | None = column("When it was last read to its end.")
    next_run_at: datetime.datetime = column("When it is read next.")
    response_code: int | None = column("The status that was answered last; null while all is well, or nothing came.")
    error: str | None = column("What went wrong last; null while all is well.")
    created_at: datetime.datetime = column("When the section was first to be filled from it.")
    updated_at: datetime.datetime = column("When that was last asked for.")
    platform: LtiPlatform | None = one("The platform.", key="platform_id", operation=Operation.LTI)
    section: Section | None = one("The section.", key="section_id", operation=Operation.SECTIONS)


@extends(LtiPlatform)
class LtiPlatformRosters:
    rosters: Connection[LtiRoster] = connection(
        "The sections that are filled from there, the newest first.",
        match="platform_id",
        order=("-id",),
        filters=ROSTER_FILTERS,
        arguments=(STATUS,),
        operation=Operation.LTI,
    )


@strawberry.type(description="What came of having a section filled.")
class FillSectionPayload:
    roster_id: strawberry.Private[int | None]
    roster: LtiRoster | None = one("The roster; null where there is a mistake.", key="roster_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


@strawberry.type(description="What came of ending that.")
class StopFillingPayload:
    stopped: bool = strawberry.field(description="Whether there was such a roster within your reach.")
    taken_out_count: int = strawberry.field(description="How many students were taken out of the section.")


@strawberry.type
class LtiRosterQueries:
    lti_rosters: Connection[LtiRoster] = root_connection(
        "The sections within your reach that are filled from rosters of LTI platforms, the oldest first.",
        filters=ROSTERS_FILTERS,
        arguments=(STATUS, Argument("section_legacy_id", int | None, "Of this section.")),
        operation=Operation.LTI,
    )


@strawberry.type
class LtiRosterMutations:
    @strawberry.mutation(
        description="Fill a section (所属) from the roster of the platform's course, at once and then each day. Who is"
        " a learner there is put into it; whoever was put into it so and is none any more is taken out. Who was in it"
        " before stays. Where it is filled from there already, the roster is read anew; if the last reading stopped"
        " because too many would have been taken out, they are now.",
        metadata=needs(Operation.MANAGE_LTI),
    )
    async def fill_section_from_lti(
        self,
        info: Info[Request, None],
        launch_legacy_id: Annotated[
            int, strawberry.argument(description="The number of a launch from that course, with `hasRoster`.")
        ],
        section_legacy_id: Annotated[
            int, strawberry.argument(description="The number of a section of the launch's organization.")
        ],
    ) -> FillSectionPayload:
        made = await fill_section(info.context, launch_legacy_id, section_legacy_id)
        return payload(made)

    @strawberry.mutation(
        description="Fill a section no longer from a roster. Whom it has put there stays, like whoever was put there by"
        " hand.",
        metadata=needs(Operation.MANAGE_LTI),
    )
    async def stop_filling_section(
        self,
        info: Info[Request, None],
        legacy_id: Annotated[int, strawberry.argument(description="The number of the roster.")],
        take_out: Annotated[
            bool | None, strawberry.argument(description="Take out of it whom the roster alone has put there.")
        ] = None,
    ) -> StopFillingPayload:
        ended = await stop_filling(info.context, legacy_id, take_out=bool(take_out))
        return StopFillingPayload(stopped=ended.stopped, taken_out_count=ended.taken_out)


def payload(made: int | list[Mistake]) -> FillSectionPayload:
    """What came of it."""
    if isinstance(made, list):
        return FillSectionPayload(roster_id=None, user_errors=user_errors(made))
    return FillSectionPayload(roster_id=made, user_errors=[])
