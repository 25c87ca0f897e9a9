"""xAPI endpoints that the shared database has beside the demo: one to be shown that fails, one to take commands."""

from sqlalchemy import insert, select

from db.demo.numbering import advance
from db.organizations import organizations
from db.xapi.tables import xapi_endpoints
from tests.talktiko.asking import OWNER, Api
from tests.talktiko.telling import when

# Written so that nobody has to look a name up; nothing is ever sent there.
STORE, REFUSED_STORE = "https://93.184.216.34/xapi", "https://127.0.0.1/xapi"
SHOWN_ENDPOINT, USED_ENDPOINT = 8001, 8002


async def forward(api: Api) -> None:
    """Add the endpoints, of the organization and in the name of its owner."""
    (found,) = await api.rows_of(select(organizations.c.id).where(organizations.c.code == "kakehashi"))
    same = {"organization_id": int(found[0]), "owner_id": await api.id_of(OWNER), "name": "LRS", "url": STORE}
    same |= {"auth_type": "basic", "has_credentials": False, "version": "1.0.3", "verbs": ["completed"]}
    same |= {"home": "https://kakehashi.localhost", **when(0, "created_at", "updated_at")}
    failing = {"failing": True, **when(1, "failing_since", "last_delivered_at", "next_attempt_at")}
    failing |= {"response_code": 503, "error": "busy", "attempt_count": 3}
    async with api.running.database.writing() as transaction:
        await transaction.execute(insert(xapi_endpoints).values(id=SHOWN_ENDPOINT, **same, **failing))
        await transaction.execute(insert(xapi_endpoints).values(id=USED_ENDPOINT, **same))
        await advance(transaction, xapi_endpoints)
