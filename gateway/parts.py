"""What a web process consists of, made once at its start and shared by all requests."""

from dataclasses import dataclass

from redis.asyncio import Redis

from db.connections.database import Database
from gateway.auth.development import DevelopmentKey
from gateway.entrance import Entrance
from gateway.limits.quota import Quota
from gateway.persisted.documents import PersistedDocuments
from gateway.settings import Settings
from gateway.subscriptions.streams import Streams
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
    key: DevelopmentKey | None
    redis: "Redis | None"
