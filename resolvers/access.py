"""Whether a viewer may do an operation at all: the roles must have it, and a token must have the ability for it."""

from collections.abc import Iterable

from resolvers.abilities import ABILITIES
from resolvers.context import Viewer
from resolvers.errors import Forbidden, Unauthenticated
from resolvers.policy import Operation, Standing

Needs = Iterable[tuple[str, Operation]]


def require(viewer: Viewer | None, operation: Operation, path: str) -> Viewer:
    """The viewer, who may do the operation; raises Unauthenticated or Forbidden, naming what asked for it."""
    if viewer is None:
        raise token_missing()
    refuse_roles([(path, operation)], viewer.standing)
    refuse_abilities([(path, operation)], viewer)
    return viewer


def refuse_roles(needs: Needs, standing: Standing) -> None:
    """Refuse when any of the operations is none of the viewer's roles': closed by default."""
    for path, operation in needs:
        if not standing.may(operation):
            roles = ", ".join(sorted(position.value for position in standing.positions))
            raise Forbidden(
                f"{path} needs the operation {operation.value}, which your role does not have ({roles}).",
                reason="operation_not_allowed",
                field=path,
            )


def refuse_abilities(needs: Needs, viewer: Viewer | None) -> None:
    """Refuse when the viewer came by an API token that lacks the ability for any of the operations."""
    if viewer is None or viewer.abilities is None:
        return
    for path, operation in needs:
        ability = ABILITIES[operation]
        if ability is not None and ability.value not in viewer.abilities:
            raise Forbidden(
                f"{path} needs the ability {ability.value}, which this token does not have.",
                reason="ability_missing",
                field=path,
            )


def token_missing() -> Unauthenticated:
    """Nobody can be asked for who has not said who they are."""
    return Unauthenticated("Send an access token in the Authorization header.", reason="token_missing")
