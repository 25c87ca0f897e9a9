"""Whose rows a connection of the graph shows: settings of its session, which the policies of PostgreSQL read."""

from dataclasses import dataclass

# The role as which the graph reads. It owns nothing, cannot log in, and sees what policies show it.
ROLE = "kakehashi_graph"

SETTINGS = (
    *("standing", "demo", "user", "student", "uid", "roles"),
    *("organizations", "sections", "groups", "students", "webhooks", "xapi", "lti", "billing", "members", "sso"),
    *("accesses", "compliance"),
)
LOOK = "select " + ", ".join(
    f"set_config('kakehashi.{name}', ${index}, false)" for index, name in enumerate(SETTINGS, 1)
)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The value of each of SETTINGS for one viewer; connections remember one by its identity, so make it once.

    `standing` is nobody, student or staff; `demo` on or off; ids and texts as they are; lists as arrays of PostgreSQL,
    or `all` where everything is in reach. An empty text shows nothing.
    """

    settings: tuple[str, ...]


# Nobody said who looks: nothing is shown.
BLIND = Sight(("",) * len(SETTINGS))
