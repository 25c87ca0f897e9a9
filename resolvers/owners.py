"""Owners of what is done later: whoever asked for it, let in anew at the moment it is done."""

from collections.abc import Sequence
from datetime import datetime

from resolvers.accounts import EVERY_PRIVILEGE, Admission, Claimed
from resolvers.context import Viewer
from resolvers.errors import Refusal


async def owner_of(admission: Admission, uid: str, abilities: Sequence[str] | None, now: datetime) -> Viewer | None:
    """The owner as of now, with the abilities of the token that asked; None where there is no entry any more."""
    able = None if abilities is None else frozenset(abilities)
    try:
        return await admission.viewer(Claimed(uid, EVERY_PRIVILEGE, None, abilities=able), now)
    except Refusal:
        return None
