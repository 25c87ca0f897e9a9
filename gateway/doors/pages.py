"""A connection as a REST page needs it: how many rows there are, and the rows as JSON that nobody parses."""

from dataclasses import dataclass

from resolvers.engine.execution import encode
from resolvers.engine.plans import Text

TOTAL, ROWS = b'{"totalCount":', b',"nodes":'


@dataclass(frozen=True, slots=True)
class Page:
    """How many rows the whole list has, and the rows of this page as a JSON array."""

    total: int
    rows: bytes


def page_in(connection: object) -> Page:
    """The page in a connection of which exactly `totalCount nodes { … }` was selected; TypeError for any other.

    The count comes first in the written text, so the first place that can be the rows' key is the rows' key.
    """
    if isinstance(connection, Text) and connection.contents.startswith(TOTAL):
        total, _, rows = connection.contents.partition(ROWS)
        return Page(int(total[len(TOTAL) :]), rows[:-1])
    if isinstance(connection, dict) and list(connection) == ["totalCount", "nodes"]:
        return Page(connection["totalCount"], encode(connection["nodes"]))
    raise TypeError("A page is made of a connection with totalCount and nodes, in this order.")


def connection_in(found: object, name: str) -> object:
    """The connection of this name in an object of which nothing else was selected."""
    if isinstance(found, dict):
        return found[name]
    written, key = encode(found), f'{{"{name}":'.encode()
    if not written.startswith(key):
        raise TypeError(f"Of the object nothing but {name} must be selected.")
    return Text(written[len(key) : -1])
