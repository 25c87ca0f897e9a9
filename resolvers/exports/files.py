"""Where the file of an export lies, for whoever may fetch it."""

from db.exports import File, file_statement
from resolvers.access import require
from resolvers.context import Request
from resolvers.policy import USER_ID, Operation


async def stored_file(request: Request, id_: int) -> File | None:
    """The file of one of one's own exports; None where there is none, or not any more."""
    require(request.viewer, Operation.EXPORTS, "Export.downloadPath")
    values = {"id": id_, "now": request.now, USER_ID: request.parameters()[USER_ID]}
    # The request is answered by now, and what runs for it has ended; this is for what goes out beside the answer.
    found = await request.database.fetch(file_statement(request.database.dialect, USER_ID), values)
    return File(*found[0]) if found else None
