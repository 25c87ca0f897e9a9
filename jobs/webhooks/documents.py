"""Switches off webhooks whose payload document does not fit the graph any more, and says so."""

import logging
from datetime import UTC, datetime

from db import deliveries
from db.connections.database import Database
from schema.execution import Execution
from schema.payload_documents import problems

REASON = "document"

log = logging.getLogger(__name__)


async def switch_off_misfits(database: Database, execution: Execution) -> list[int]:
    """Hold every payload document against the graph, which a new version may have changed; gives who was switched off.

    Nothing is sent that its receiver would not understand: what waits is given up, and can be delivered again later.
    """
    off = []
    async with database.writing() as transaction:
        for webhook_id, document in await deliveries.documents(transaction):
            found = problems(execution.graph.schema, document)
            if found and await deliveries.switch_off(transaction, webhook_id, REASON, datetime.now(UTC)):
                log.error("Webhook %d is switched off: its payload document does not fit. %s", webhook_id, found[0])
                off.append(webhook_id)
    return off
