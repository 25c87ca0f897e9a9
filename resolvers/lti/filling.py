"""Whom a roster puts into its section, page by page, and whom it takes out when all of it was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.connections.database import Transaction
from db.japan import academic_year
from db.lti import roster_members
from db.lti.rosters import Held
from db.newcomers import keep_year
from db.students import roster
from resolvers.lti.people import Policy, Told, person_of

# A run may take out so many, and half of those whom the roster has put in: what is more may be a mistake over there.
FEW = 5


class TooManyGone(Exception):
    """A run would take out so many that somebody has to ask for it."""

    def __init__(self, gone: int, placed: int) -> None:
        super().__init__(
            f"The platform no longer tells of {gone} of the {placed} learners whom it has put into the section. That is"
            " too many to be taken out unasked: ask for the section to be filled again, and they are."
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """How many accounts were made, and how many learners were not put in because they are nobody here."""

    made: int
    skipped: int


async def filled(transaction: Transaction, held: Held, learners: Sequence[Told], now: datetime) -> Filled:
    """Put learners into the section of a roster, in one transaction."""
    known = await roster_members.known_among(transaction, held.platform_id, [one.subject for one in learners])
    year = academic_year(now)
    await keep_year(transaction, sorted(known.values()), year, roster([year]), now)
    policy = Policy(held.platform_id, held.organization_id, held.matching, held.creates_accounts)
    made = 0
    # In one order, so that two who do so at the same time wait for each other, and not crosswise.
    for one in sorted(learners, key=lambda one: one.subject):
        if one.subject not in known and (person := await person_of(transaction, policy, one, now)) is not None:
            known[one.subject] = person.user_id
            made += person.created
    near = await roster_members.put_in(transaction, held, sorted(set(known.values())))
    return Filled(made, sum(known.get(one.subject) not in near for one in learners))


async def emptied(transaction: Transaction, held: Held) -> int:
    """Take out those of whom a whole run has not told; gives how many. TooManyGone where that is not to be done."""
    gone = await roster_members.count_gone(transaction, held)
    if gone > FEW and gone * 2 > held.placed and not held.may_remove_many:
        raise TooManyGone(gone, held.placed)
    return await roster_members.take_out(transaction, held)
