"""An account with the name of the person behind it, who is a student, a member of staff, or both."""

from sqlalchemy import func, literal, select

from db.accounts import staff, users
from db.students import students

account_rows = (
    select(
        users.c.id.label("user_id"),
        users.c.uid,
        users.c.email,
        users.c.locale,
        users.c.time_zone,
        func.coalesce(
            students.c.last_name + literal(" ") + students.c.first_name,
            staff.c.last_name + literal(" ") + staff.c.first_name,
            users.c.uid,
        ).label("name"),
    )
    .select_from(users)
    .join(students, students.c.id == users.c.id, isouter=True)
    .join(staff, staff.c.id == users.c.id, isouter=True)
)
