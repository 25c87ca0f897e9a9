"""An account with the name of the person behind it, who is a student, a member of staff, or both."""

from sqlalchemy import Boolean, func, literal, select

from db.accounts import staff, users
from db.predicates import parameter
from db.students import students

# Whether the viewer sees demo rows only; then the name of a student who is none is not shown.
DEMO = "viewer_demo"

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
    .join(students, (students.c.id == users.c.id) & (students.c.demo | ~parameter(DEMO, Boolean())), isouter=True)
    .join(staff, staff.c.id == users.c.id, isouter=True)
)
