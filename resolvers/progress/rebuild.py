"""Makes everything that is derived of learners anew from their facts (`kakehashi rebuild-progress`)."""

from collections.abc import Callable, Sequence

from db.connections.database import Database
from db.progress import kept
from db.progress.facts import all_facts
from resolvers.progress.derive import derive


async def rebuild(database: Database, student_ids: Sequence[int], progress: Callable[[int], None]) -> None:
    """Rebuild these learners, each in a transaction of its own, so that it can be stopped and gone on with.

    Nothing is told to anyone: the facts are old. `progress` is told how many are done.
    """
    for done, student_id in enumerate(student_ids, 1):
        async with database.writing() as transaction:
            person = await kept.locked_learner(transaction, student_id)
            await kept.forget(transaction, student_id)
            await derive(transaction, person, await all_facts(transaction, student_id))
        progress(done)


async def everyone(database: Database) -> list[int]:
    """The numbers of all students of whom there are facts."""
    return await kept.learners_with_facts(database)
