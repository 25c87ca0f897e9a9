"""Access tokens for people in a development database, as Auth0 would give them."""

import time

from db.connections.database import Database
from gateway.auth.development import DevelopmentKey
from gateway.settings import Settings
from resolvers.accounts import Admission


class NoSuchPerson(Exception):
    """The database knows nobody with this uid."""


async def token_for(settings: Settings, database: Database, uid: str, *, hours: int) -> str:
    """A signed token that names a person's own privileges; raises NoSuchPerson for an unknown uid."""
    (grants,) = await Admission(database).grants([uid])
    if not grants:
        raise NoSuchPerson(f"Nobody has the uid {uid}. `kakehashi seed` brings the demo people.")
    key = DevelopmentKey.load_or_create(settings.data_dir)
    return key.token(
        uid,
        sorted({grant.role for grant in grants if grant.role is not None}),
        demo=any(grant.demo for grant in grants),
        issuer=settings.issuer,
        audience=settings.auth0_audience,
        lifetime_s=hours * 3600,
        now=time.time(),
    )
