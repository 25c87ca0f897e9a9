"""LTI platforms that the shared database has beside the demo: one to be shown, one to take commands."""

from sqlalchemy import insert, select

from db.demo.numbering import advance
from db.lti.tables import lti_platforms
from db.organizations import organizations
from tests.talktiko.asking import OWNER, Api
from tests.talktiko.telling import when

# Written so that nobody has to look a name up; nothing is ever asked there.
LMS, REFUSED_LMS = "https://93.184.216.34", "https://127.0.0.1"
SHOWN_PLATFORM, USED_PLATFORM = 8001, 8002
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
    """Add the platforms, of the organization and in the name of its owner."""
    (found,) = await api.rows_of(select(organizations.c.id).where(organizations.c.code == "kakehashi"))
    same = {"organization_id": int(found[0]), "owner_id": await api.id_of(OWNER), "name": "LMS", "issuer": LMS}
    same |= {"auth_login_url": f"{LMS}/auth", "token_url": f"{LMS}/token", "jwks_url": f"{LMS}/jwks"}
    same |= {"matching": "nothing", "creates_accounts": True, **when(0, "created_at", "updated_at")}
    rows = [
        {"id": SHOWN_PLATFORM, "client_id": "shown", "deployment_ids": ["1", "2"], **same},
        {"id": USED_PLATFORM, "client_id": "used", "deployment_ids": ["1"], **same},
    ]
    async with api.running.database.writing() as transaction:
        await transaction.execute(insert(lti_platforms), rows)
        await advance(transaction, lti_platforms)
