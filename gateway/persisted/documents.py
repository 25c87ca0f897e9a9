"""From the document that a request names to the text that is run, or a refusal."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from db.connections.database import Database
from db.documents import every_document
from gateway.persisted.automatic import AutomaticQueries
from gateway.persisted.named import PREFIX, Named, hash_of
from resolvers.context import Viewer
from resolvers.documents import RegisteredDocuments, registered_documents_only
from resolvers.errors import DocumentUnknown
from schema.execution import Execution
from schema.registering import examined

log = logging.getLogger(__name__)
NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Source:
    """What is run: the text, whether it is registered, and its own limit of points where it has one.

    `offered` is the hash under which a client wants the text to be kept.
    """

    text: str
    registered: bool = False
    cost_limit: int | None = None
    offered: str | None = None


class PersistedDocuments:
    """Finds what requests name; with `registered_only` nothing else than registered documents is run for anybody.

    `own` are those of our own pages, by hash: they come with the product, so nobody has to register them.
    """

    def __init__(
        self,
        registered: RegisteredDocuments,
        automatic: AutomaticQueries,
        *,
        registered_only: bool,
        own: Mapping[str, str] = NONE,
    ) -> None:
        self.registered = registered
        self.automatic = automatic
        self.registered_only = registered_only
        self.own = own

    async def source(self, named: Named, viewer: Viewer | None) -> Source:
        """The text to run; nothing is parsed yet.

        Raises DocumentUnknown for an id without a document, Forbidden for a text that is not registered where only
        registered ones are run.
        """
        only = self.registered_only or (viewer is not None and viewer.documents_only)
        sha256 = hash_of(named.query) if only and named.query is not None else named.sha256
        registered = None if sha256 is None else await self.registered.find(sha256)
        if registered is not None:
            return Source(registered.source, registered=True, cost_limit=registered.cost_limit)
        if sha256 is not None and sha256 in self.own:
            return Source(self.own[sha256], registered=True)
        if named.query is not None:
            if only:
                raise registered_documents_only()
            return Source(named.query, offered=named.sha256 if named.automatic else None)
        if sha256 is None or only or not named.automatic:
            raise DocumentUnknown
        text = await self.automatic.find(sha256)
        if text is None:
            raise DocumentUnknown
        return Source(text)

    async def ran(self, source: Source, viewer: Viewer | None) -> None:
        """Keep a text that was offered, after it passed every limit and was run; never for people without a token."""
        if source.offered is not None and viewer is not None:
            await self.automatic.keep(source.offered, source.text, uid=viewer.uid)


async def log_misfits(database: Database, execution: Execution) -> int:
    """Say in the log which registered documents do not fit the graph any more; gives how many.

    Whoever asks for one of them gets the same faults, because a document is validated before it is run.
    """
    misfits = 0
    for document in await every_document(database):
        faults = examined(execution, document.source).faults
        misfits += bool(faults)
        for fault in faults:
            log.error(
                "The registered document %s%s (%s) does not fit the graph and is not run: line %s: %s",
                PREFIX,
                document.sha256,
                document.operation,
                fault.line,
                fault.reason,
            )
    return misfits
