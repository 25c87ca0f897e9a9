"""The log of roster changes: written by triggers of the database, so that no writer can forget it.

A row says that a row of a roster was created, updated or deleted, in which organization it was before and after, and
by what else it was in sight before. `fields` names the columns that changed; only of those that lists are ordered by
it keeps the value before, in `keys`. Among these are the kana of names, where a name was changed, until the log is
pruned. Changes of a student's sections, groups and years are updates of the student.

Where a student's organization changes, or who may see the student, the student's enrollments have a row too.
"""

from sqlalchemy import JSON, Boolean, Column, Index, Table, Text

from db.base import Id, Moment, metadata
from db.horizon import written_by

roster_changes = Table(
    "roster_changes",
    metadata,
    Column("change_no", Id, primary_key=True),
    written_by(),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("row_id", Id, nullable=False),
    Column("organization_before", Id),
    Column("organization_after", Id),
    Column("student_id", Id),
    Column("demo_before", Boolean),
    # Only whether: nobody who reads the log needs to know since when.
    Column("locked_before", Boolean),
    Column("origin_before", Text),
    Column("published_before", Moment),
    Column("fields", JSON, nullable=False),
    Column("keys", JSON, nullable=False),
    Index(None, "transaction_id", "change_no"),
    # What one row was before, for pages that hold while rows change.
    Index(None, "row_id", "change_no"),
    # SQLite would give the number of a pruned row again.
    sqlite_autoincrement=True,
)
