"""What a web process consists of, made once at its start and shared by all requests."""

from collections.abc import Awaitable
from dataclasses import dataclass

from redis.asyncio import Redis
from starlette.types import Scope

from db.connections.database import Database
from gateway.auth.development import DevelopmentKey
from gateway.auth.platform_keys import PlatformKeys
from gateway.auth.refusals import InvalidToken
from gateway.entrance import Entrance
from gateway.limits.quota import Quota
from gateway.persisted.documents import PersistedDocuments
from gateway.settings import Settings
from gateway.subscriptions.streams import Streams
from resolvers.accesses.log import AccessLog
from resolvers.context import Request
from resolvers.errors import Unauthenticated
from resolvers.exports.store import Store
from schema.execution import Execution


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts; `key` is the development key where tokens are signed by it."""

    settings: Settings
    database: Database
    execution: Execution
    entrance: Entrance
    quota: Quota
    documents: PersistedDocuments
    streams: Streams
    store: Store
    platform_keys: PlatformKeys
    access_log: AccessLog
    key: DevelopmentKey | None
    redis: "Redis | None"

    async def entered(self, scope: Scope, entering: Awaitable[Request]) -> Request:
        """Who asks; a wrong token is counted as a call of somebody without one, so that guessing comes to an end."""
        try:
            return await entering
        except (InvalidToken, Unauthenticated):
            await self.quota.charge(self.entrance.anonymous(scope), scope)
            raise
