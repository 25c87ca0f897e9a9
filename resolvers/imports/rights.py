"""What an import may do: what whoever asked for it may, at the moment it is done."""

from resolvers.context import Viewer
from resolvers.policy import Operation, Role, role_of


def may_import(viewer: Viewer | None, organization_id: int) -> bool:
    """Whether somebody may import members of an organization still."""
    if viewer is None or viewer.standing.demo or not viewer.standing.may(Operation.MANAGE_MEMBERS):
        return False
    return viewer.standing.everything(Operation.MANAGE_MEMBERS) or organization_id in viewer.reaches(
        Operation.MANAGE_MEMBERS
    )


def may_make_owners(viewer: Viewer, organization_id: int) -> bool:
    """Whether somebody is an owner over an organization, or a system operator."""
    if viewer.standing.everything(Operation.MANAGE_MEMBERS):
        return True
    owned = [place for place in viewer.places if role_of(place.position) is Role.OWNER]
    return any(organization_id in place.reached(Operation.MANAGE_MEMBERS) for place in owned)
