"""Queues the grades that follow from what learners did."""

from collections.abc import Sequence

from db.connections.database import Transaction
from db.outbox import Told
from resolvers.lti.grades import queue_after

READER = "lti"


async def queue(transaction: Transaction, told: Sequence[Told]) -> bool:
    """Queue what some events lead to; whether there is anything."""
    return await queue_after(transaction, told)
