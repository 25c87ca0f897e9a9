"""What of a viewer PostgreSQL's policies read, the second wall behind the scopes: the same rules by other means."""

from collections.abc import Iterable

from db.sight import Sight
from resolvers.policy import Operation, Place, Position, Role, Standing, reach_name, reached

# The settings that list organizations, with the operation of which they are the reach.
REACHES = (
    Operation.ORGANIZATIONS,
    Operation.SECTIONS,
    Operation.GROUPS,
    Operation.STUDENTS,
    Operation.WEBHOOKS,
    Operation.XAPI,
    Operation.LTI,
    Operation.BILLING,
    Operation.MEMBERS,
    Operation.SSO,
    Operation.ACCESS_LOG,
    Operation.COMPLIANCE,
)
NO_PLACES = ("{}",) * len(REACHES)

# Whoever comes without a token sees what is public.
SIGHT_OF_NOBODY = Sight(("nobody", "off", "", "", "", "{}", *NO_PLACES))


def sight_of(
    standing: Standing,
    places: frozenset[Place],
    *,
    uid: str,
    roles: Iterable[Role],
    user_id: int | None,
    student_id: int | None,
) -> Sight:
    """The sight of someone who was let in, in the order of db.sight.SETTINGS; who has no position sees nothing."""
    if not standing.positions:
        return Sight(("", "off", "", "", "", "{}", *NO_PLACES))
    is_student = Position.STUDENT in standing.positions
    values = reached(places)
    return Sight(
        (
            "staff" if standing.is_staff else "student",
            "on" if standing.demo else "off",
            written(user_id),
            written(student_id if is_student else None),
            uid,
            array(role.value for role in roles),
            *(
                "all" if standing.everything(operation) else array(map(str, values[reach_name(operation)]))
                for operation in REACHES
            ),
        )
    )


def written(number: int | None) -> str:
    """A number as a setting says it; nothing for none."""
    return "" if number is None else str(number)


def array(items: Iterable[str]) -> str:
    """An array as PostgreSQL reads it, of plain words and numbers."""
    return f"{{{','.join(items)}}}"
