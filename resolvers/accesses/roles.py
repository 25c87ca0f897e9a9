"""Changes of roles in the access log: written in the transaction that changes the role, or not at all."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime

from db import accesses as rows
from db.connections.database import Transaction
from resolvers.context import Request
from resolvers.witness import Way

NOBODY_UID, NOBODY_NAME = "system", "Kakehashi"


class RoleChange(enum.Enum):
    """What became of a role."""

    GRANTED = "granted"
    CHANGED = "changed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ChangedRole:
    """Whose role in which organization was changed, and how: `role` as memberships have it.

    `organization_id` is None for a role over everything.
    """

    subject_id: int
    subject_uid: str
    organization_id: int | None
    role: str
    change: RoleChange


async def record_role_change(transaction: Transaction, request: Request | None, changed: ChangedRole) -> None:
    """Write who changed whose role, in the transaction that changes it.

    The request is the one that asked for it; None where the product does it by itself, as when it imports a roster.
    """
    viewer = None if request is None else request.viewer
    reader_id = None if viewer is None else viewer.user_id
    names = await rows.names_of(transaction, {changed.subject_id, *([] if reader_id is None else [reader_id])})
    uid = NOBODY_UID if viewer is None else viewer.uid
    way = Way.SYSTEM if request is None or viewer is None else request.manner.way
    await rows.add_role_change(
        transaction,
        {
            "at": datetime.now(UTC) if request is None else request.now,
            "way": way.value,
            "operation": None if request is None else request.manner.operation,
            "organization_id": changed.organization_id,
            "reader_id": reader_id,
            "reader_uid": uid,
            "reader_name": NOBODY_NAME if viewer is None else names.get(reader_id or 0, uid),
            "token_id": None if viewer is None else viewer.token_id,
            "subject_id": changed.subject_id,
            "subject_uid": changed.subject_uid,
            "subject_name": names.get(changed.subject_id, changed.subject_uid),
            "role": changed.role,
            "change": changed.change.value,
        },
    )
