"""Commands on organizations: make and change one."""

from dataclasses import replace

from db import institutions as rows
from db.connections.database import Transaction
from db.institutions import Kept
from db.organizations import organizations
from db.predicates import Condition, everything
from db.sso.configurations import domains_in_use
from resolvers.context import Request, Viewer
from resolvers.errors import Mistake
from resolvers.institutions.wanted import Wanted, code_mistakes, domains_in, in_use, plain, taken
from resolvers.integrations import allowed
from resolvers.policy import Operation

PARENT = ("parentLegacyId",)
CODE_TAKEN = Mistake(("code",), "CODE_TAKEN", "There is an organization with this code.")
PARENT_NEEDED = Mistake(PARENT, "PARENT_NEEDED", "Say below which organization it stands: only operators make parents.")
PARENT_UNKNOWN = Mistake(PARENT, "PARENT_UNKNOWN", "There is no such organization within your reach.")
PARENT_IS_CHILD = Mistake(PARENT, "PARENT_IS_CHILD", "This organization stands below another one itself.")
PLAN_REFUSED = Mistake(("plan",), "PLAN_REFUSED", "Only operators choose plans. Without one it has its parent's.")


class Undone(Exception):
    """What was written has to be undone; for what mistakes."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


async def create_organization(
    request: Request, code: str, wanted: Wanted, *, parent_id: int | None, plan: str | None
) -> int | list[Mistake]:
    """Make an organization, a child of one within reach; operators also make parents. Gives the mistakes, if any."""
    viewer = allowed(request, Operation.MANAGE_INSTITUTIONS, "Mutation.createOrganization")
    mistakes = [*code_mistakes(code), *wanted.mistakes()]
    if not viewer.standing.everything(Operation.MANAGE_INSTITUTIONS):
        mistakes += [PARENT_NEEDED] if parent_id is None else []
        mistakes += [] if plan is None else [PLAN_REFUSED]
    if mistakes:
        return mistakes
    try:
        async with request.writing() as transaction:
            added = await made(request, transaction, viewer, code, wanted, parent_id, plan)
    except Undone as undone:
        return undone.mistakes
    request.enter(reaching(viewer, parent_id, added))
    return added


def reaching(viewer: Viewer, parent_id: int | None, added: int) -> Viewer:
    """The viewer, who was let in before there was this child."""
    if parent_id is None:
        return viewer
    grown = {place for place in viewer.places if place.organization_id == parent_id}
    found = {replace(place, children=place.children | {added}) for place in grown}
    return replace(viewer, places=(viewer.places - grown) | found)


async def made(
    request: Request,
    transaction: Transaction,
    viewer: Viewer,
    code: str,
    wanted: Wanted,
    parent_id: int | None,
    plan: str | None,
) -> int:
    """The number of the organization that was made; raises Undone."""
    if parent_id is not None:
        parent = await rows.organization_of(transaction, numbered(parent_id) & within(viewer))
        if parent is None or parent.parent_id is not None:
            raise Undone([PARENT_UNKNOWN if parent is None else PARENT_IS_CHILD])
    name = plain(wanted.name) or code
    called = {"code": code, "name": name, "abbreviation": plain(wanted.abbreviation) or name}
    added = await rows.add_organization(transaction, {**called, "parent_id": parent_id, "plan": plan}, request.now)
    if added is None:
        raise Undone([CODE_TAKEN])
    await furnish(request, transaction, added, wanted)
    return added


async def update_organization(request: Request, number: int, wanted: Wanted) -> int | list[Mistake] | None:
    """Change an organization within reach, None where there is none. Gives the mistakes, and then nothing changed."""
    viewer = allowed(request, Operation.MANAGE_INSTITUTIONS, "Mutation.updateOrganization")
    if mistakes := wanted.mistakes():
        return mistakes
    try:
        async with request.writing() as transaction:
            kept = await rows.organization_of(transaction, numbered(number) & within(viewer))
            if kept is not None:
                await change(request, transaction, kept, wanted)
            return None if kept is None else kept.id
    except Undone as undone:
        return undone.mistakes


async def change(request: Request, transaction: Transaction, kept: Kept, wanted: Wanted) -> None:
    """Write what is to be otherwise; raises Undone."""
    name = plain(wanted.name) or kept.name
    abbreviation = plain(wanted.abbreviation) or kept.abbreviation
    await rows.rename(transaction, kept, name=name, abbreviation=abbreviation, now=request.now)
    await furnish(request, transaction, kept.id, wanted)


async def furnish(request: Request, transaction: Transaction, number: int, wanted: Wanted) -> None:
    """Give an organization its domains and its looks; raises Undone."""
    if wanted.domains is not None:
        domains = domains_in(wanted.domains)
        if used := sorted(set(await domains_in_use(transaction, number)) - set(domains)):
            raise Undone(in_use(used))
        lost = await rows.set_domains(transaction, number, domains, request.now)
        if lost:
            raise Undone(taken(lost))
    await rows.set_branding(transaction, number, wanted.look.values(), request.now)


def numbered(number: int) -> Condition:
    """The organization with this number."""
    return organizations.c.id == number


def within(viewer: Viewer) -> Condition:
    """Organizations that the viewer looks after."""
    if viewer.standing.everything(Operation.MANAGE_INSTITUTIONS):
        return everything()
    return organizations.c.id.in_(sorted(viewer.reaches(Operation.MANAGE_INSTITUTIONS)))
