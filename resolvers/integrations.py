"""What commands on webhooks, xAPI endpoints and exports have in common: who may, of which organization, where to."""

from db.organizations import organizations
from db.predicates import Columns, Condition, everything
from resolvers.access import require
from resolvers.context import Request, Viewer
from resolvers.egress.client import Failed, Refused
from resolvers.errors import Forbidden, Mistake
from resolvers.outside import Outside
from resolvers.policy import Operation
from resolvers.text import text


def allowed(request: Request, operation: Operation, path: str) -> Viewer:
    """The viewer, who may do this; a demo token cannot, for no demo system is told of anything."""
    viewer = require(request.viewer, operation, path)
    if viewer.standing.demo:
        raise Forbidden(f"{path} is not for demo tokens.", reason="demo_token", field=path)
    return viewer


def manageable(viewer: Viewer, operation: Operation, columns: Columns) -> Condition:
    """Rows of the organizations that an operation reaches."""
    if viewer.standing.everything(operation):
        return everything()
    return columns["organization_id"].in_(sorted(viewer.reaches(operation)))


def own_organization(viewer: Viewer, operation: Operation) -> int | None:
    """The organization of what is new: of several the one with the lowest number; system operators have none."""
    if viewer.standing.everything(operation):
        return None
    own = [
        place.organization_id
        for place in viewer.places
        if place.organization_id is not None and place.reached(operation)
    ]
    return min(own)


def meant_organization(viewer: Viewer, operation: Operation, code: str | None) -> Condition | None:
    """The organization with this code that an operation reaches, else the viewer's own one.

    None where neither is said: system operators have none of their own, so that they have to name one.
    """
    if code is None:
        own = own_organization(viewer, operation)
        return None if own is None else organizations.c.id == own
    reach = sorted(viewer.reaches(operation))
    within = everything() if viewer.standing.everything(operation) else organizations.c.id.in_(reach)
    return (organizations.c.code == text(code.strip())) & within


def abilities_of(viewer: Viewer) -> list[str] | None:
    """What the viewer's token can do, as it is kept with what it makes; None for everything."""
    return None if viewer.abilities is None else sorted(viewer.abilities)


def outside_of(request: Request) -> Outside:
    """What reaches the outside, which every request of a web process has."""
    if request.outside is None:
        raise TypeError("This request cannot reach the outside.")
    return request.outside


async def address_mistakes(outside: Outside, url: str) -> list[Mistake]:
    """An address that requests may go to; it is looked at again before each of them."""
    try:
        await outside.egress.check(url)
    except Refused as refused:
        return [Mistake(("url",), "URL_REFUSED", str(refused))]
    except Failed:
        return [Mistake(("url",), "URL_UNKNOWN", "The address cannot be found. Look whether its name is right.")]
    return []
