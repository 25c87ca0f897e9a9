"""Changes of roles in the access log: written in the transaction that changes the role, or not at all."""

import enum
from collections.abc import Sequence
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
    organization_id: int | None
    role: str
    change: RoleChange


async def record_role_changes(
    transaction: Transaction, request: Request | None, changes: Sequence[ChangedRole], *, by: str | None = None
) -> None:
    """Write who changed whose roles, in the transaction that changes them.

    The request is the one that asked for it; None where the product does it by itself, and then `by` says for what
    reason, such as `import`.
    """
    if not changes:
        return
    viewer = None if request is None else request.viewer
    reader_id = None if viewer is None else viewer.user_id
    people = {changed.subject_id for changed in changes} | ({reader_id} if reader_id is not None else set())
    names, uids = await rows.names_of(transaction, people), await rows.uids_of(transaction, people)
    who = {
        "at": datetime.now(UTC) if request is None else request.now,
        "way": (Way.SYSTEM if request is None or viewer is None else request.manner.way).value,
        "operation": by if request is None else request.manner.operation,
        "reader_id": reader_id,
        "reader_uid": NOBODY_UID if viewer is None else viewer.uid,
        "reader_name": NOBODY_NAME if viewer is None else names.get(reader_id or 0, viewer.uid),
        "token_id": None if viewer is None else viewer.token_id,
    }
    await rows.add_role_changes(
        transaction,
        [
            {
                **who,
                "organization_id": changed.organization_id,
                "subject_id": changed.subject_id,
                "subject_uid": uids[changed.subject_id],
                "subject_name": names.get(changed.subject_id, uids[changed.subject_id]),
                "role": changed.role,
                "change": changed.change.value,
            }
            for changed in changes
        ],
    )
