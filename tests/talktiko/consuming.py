"""LTI platforms that the shared database has beside the demo, and a launch: one to be shown, others take commands."""

from sqlalchemy import insert, select

from db.demo.numbering import advance
from db.lti.tables import lti_launches, lti_platforms
from db.organizations import organizations
from tests.talktiko.asking import OWNER, STUDENT, Api
from tests.talktiko.telling import when

# Written so that nobody has to look a name up; nothing is ever asked there.
LMS, REFUSED_LMS = "https://93.184.216.34", "https://127.0.0.1"
SHOWN_PLATFORM, USED_PLATFORM = 8001, 8002
# A learner's, which takes grades.
USED_LAUNCH = 8101
NEW_PLATFORM = {
    "name": "LMS",
    "issuer": LMS,
    "client_id": "new",
    "auth_login_url": f"{LMS}/auth",
    "auth_token_url": f"{LMS}/token",
    "jwks_url": f"{LMS}/jwks",
    "deployment_ids": ["1"],
}


async def consume(api: Api) -> None:
    """Add the platforms, of the organization and in the name of its owner, and a learner's launch from one of them."""
    (found,) = await api.rows_of(select(organizations.c.id).where(organizations.c.code == "kakehashi"))
    same = {"organization_id": int(found[0]), "owner_id": await api.id_of(OWNER), "name": "LMS", "issuer": LMS}
    same |= {"auth_login_url": f"{LMS}/auth", "token_url": f"{LMS}/token", "jwks_url": f"{LMS}/jwks"}
    same |= {"matching": "nothing", "creates_accounts": True, **when(0, "created_at", "updated_at")}
    rows = [
        {"id": SHOWN_PLATFORM, "client_id": "shown", "deployment_ids": ["1", "2"], **same},
        {"id": USED_PLATFORM, "client_id": "used", "deployment_ids": ["1"], **same},
    ]
    student = await api.id_of(STUDENT)
    launch = {
        "id": USED_LAUNCH,
        "platform_id": USED_PLATFORM,
        "organization_id": same["organization_id"],
        "deployment_id": "1",
        "message_type": "resource_link",
        "subject": "u1",
        "user_id": student,
        "student_id": student,
        "roles": [],
        "resource_link_id": "link-1",
        "line_item_url": f"{LMS}/lines/1",
        "ags_scopes": [],
        "has_grade_service": True,
        "has_roster": False,
        **when(0, "launched_at"),
    }
    async with api.running.database.writing() as transaction:
        await transaction.execute(insert(lti_platforms), rows)
        await transaction.execute(insert(lti_launches).values(**launch))
        await advance(transaction, lti_platforms, lti_launches)
