"""What a user can mend in a change, as every mutation answers it."""

from collections.abc import Sequence

import strawberry

from resolvers.errors import Mistake


@strawberry.type(description="A mistake in a change that its user can mend.")
class UserError:
    field: list[str] = strawberry.field(description="The argument that is wrong, from the outside in.")
    code: str = strawberry.field(description="A stable code, such as SCHOOL_UNKNOWN.")
    message: str = strawberry.field(description="What is wrong, for people.")


def user_errors(mistakes: Sequence[Mistake]) -> list[UserError]:
    """Mistakes as the graph shows them."""
    return [UserError(field=list(one.field), code=one.code, message=one.message) for one in mistakes]
