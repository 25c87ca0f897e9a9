"""Rules by which the system is run: maintenance mode switches changes off, and nothing else."""

from db.maintenance import maintenance
from resolvers.context import Request
from resolvers.errors import Maintenance

RETRY_S = 300


async def refuse_in_maintenance(request: Request) -> None:
    """Raise Maintenance, with the operator's own message, while maintenance mode is on."""
    state = await maintenance(request.database)
    if state is not None and state.enabled:
        raise Maintenance(state.message, retry_after_s=RETRY_S)
