"""Sessions: the page of a launch changes its code for an API token, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from db.lti import launches as rows
from db.lti.launches import Waiting
from resolvers.abilities import Ability
from resolvers.api_tokens import LONGEST_NAME, made
from resolvers.context import Request, Viewer
from resolvers.digests import digest
from resolvers.lti.reasons import Reason

LASTS = timedelta(hours=2)
# A teacher in an LMS is not trusted with other people's children: what is to be seen of these is seen by signing in.
OF_STAFF = (Ability.COURSES_READ,)
OF_LEARNER = (Ability.COURSES_READ, Ability.PROGRESS_READ, Ability.PROGRESS_WRITE, Ability.LTI_READ)


@dataclass(frozen=True, slots=True)
class Session:
    """A session: the token, how long it lasts, and the number of the launch."""

    token: str
    expires_at: datetime
    launch_id: int


async def session(request: Request, code: str) -> Session:
    """The session of the launch that gave out this code; refused for any other code, and for who may not come in now.

    The token is one of its person, with few abilities and two hours to live.
    """
    if request.desk is None:
        raise TypeError("There is nowhere to come in.")
    launch = await rows.with_code(request.database, digest(code))
    if launch is None:
        raise Reason.CODE_UNKNOWN.refusal()
    if not launch.platform_is_active:
        raise Reason.PLATFORM_INACTIVE.refusal()
    viewer = await request.desk.viewer(launch.uid, request.now)
    abilities = [ability.value for ability in abilities_of(launch, viewer)]
    name, ends_at = f"LTI: {launch.platform_name}"[:LONGEST_NAME], request.now + LASTS
    async with request.writing() as transaction:
        if not await rows.spend_code(transaction, digest(code)):
            raise Reason.CODE_UNKNOWN.refusal()
        token = await made(transaction, launch.user_id, name, abilities, ends_at, request.now)
        await rows.keep_token(transaction, launch.id, token.id)
    return Session(token.plain_text, ends_at, launch.id)


def abilities_of(launch: Waiting, viewer: Viewer) -> tuple[Ability, ...]:
    """What the session may do: a learner's own progress, which staff's accounts would show of everybody in reach."""
    is_learner = launch.student_id is not None and viewer.student_id is not None and viewer.staff_id is None
    return OF_LEARNER if is_learner else OF_STAFF
