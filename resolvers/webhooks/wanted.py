"""Which events a webhook is told: names of the catalogue, the events of one word (`lesson.*`), or all (`*`)."""

from collections.abc import Sequence

from resolvers.errors import Mistake
from resolvers.events import EventType

EVERY, ANY_OF = "*", ".*"
PING = "ping"
MOST = 50
# Pings are sent whoever asks for them; the REST API names them among the events all the same.
KNOWN = (*sorted(type_.value for type_ in EventType), PING)


def wants(patterns: Sequence[str], type_: str) -> bool:
    """Whether events of a type are told to who asked for these."""
    return any(pattern in (EVERY, type_, f"{type_.partition('.')[0]}{ANY_OF}") for pattern in patterns)


def event_mistakes(patterns: Sequence[str]) -> list[Mistake]:
    """Every pattern names an event that there is; no pattern at all is right: such a webhook is sent pings alone."""
    if len(patterns) > MOST:
        return [Mistake(("events",), "EVENTS_TOO_MANY", f"The events field must not have more than {MOST} items.")]
    unknown = [pattern for pattern in patterns if not is_known(pattern)]
    if not unknown:
        return []
    named = ", ".join(one[:100] for one in unknown[:3])
    return [
        Mistake(("events",), "EVENT_UNKNOWN", f"There is no event {named}. There are {', '.join(KNOWN)}, word.* and *.")
    ]


def is_known(pattern: str) -> bool:
    """Whether a pattern names any event."""
    return pattern == EVERY or any(wants([pattern], type_) for type_ in KNOWN)
